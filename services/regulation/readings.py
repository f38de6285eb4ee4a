"""Where the rule can be read two ways: the choices, the default, and the words a screen shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """One question of interpretation; ``options`` maps each value to how a screen names it."""

    key: str
    clause: str
    question: str
    options: dict[str, str]
    default: str


PEOPLE_COUNTED = Reading(
    key="people_counted",
    clause="7.1.1",
    question="總使用人數如何計算",
    options={
        "with_records": "當季有使用紀錄的人數",
        "valid_accounts": "當季所有有效帳號的人數",
    },
    default="with_records",
)

AGENCY_PEOPLE_COUNTED = Reading(
    key="agency_people_counted",
    clause="7.1.2",
    question="單位稽核的總人數如何計算",
    options={
        "sums": "各單位兩季稽核人數相加（同一人兩季都被稽核算兩次）",
        "distinct": "半年內被稽核的人，同一人只算一次",
    },
    default="sums",
)

ALL_READINGS = (PEOPLE_COUNTED, AGENCY_PEOPLE_COUNTED)
