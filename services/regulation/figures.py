"""Every number of the rule, once, with its clause, its unit and the day from which it holds."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

Number = int | Fraction


@dataclass(frozen=True)
class Figure:
    """One number of the rule and the dated values it has had, oldest first."""

    name: str
    clause: str
    unit: str
    values: tuple[tuple[date, Number], ...]

    def on(self, day: date) -> Number:
        """Return the value in force on ``day``; before the first known date, the first known value.

        The wording of point 7 before 113-07-01 is not known here, so an earlier day gets the oldest
        value there is; `known_on` tells a page when it has to say so.
        """
        in_force = [value for since, value in self.values if since <= day]
        return in_force[-1] if in_force else self.values[0][1]

    def since(self, day: date) -> date:
        """Return the day from which the value that `on` gives for ``day`` is in force."""
        return max((since for since, _ in self.values if since <= day), default=self.values[0][0])

    def known_on(self, day: date) -> bool:
        """Whether the wording in force on ``day`` is among the dated values."""
        return self.values[0][0] <= day


RULE_MADE = date(2021, 2, 22)
POINT_7_AMENDED = date(2024, 7, 1)


def _figure(name: str, clause: str, unit: str, since: date, value: Number) -> Figure:
    return Figure(name, clause, unit, ((since, value),))


UNIT_RECORDS_THRESHOLD = _figure("單位每季筆數門檻", "7.1.1", "筆", POINT_7_AMENDED, 30_000)
UNIT_RECORDS_AT_THRESHOLD = _figure("達門檻應稽核筆數", "7.1.1", "筆", POINT_7_AMENDED, 300)
UNIT_RECORDS_RATE = _figure(
    "未達門檻應稽核筆數比率", "7.1.1", "比率", POINT_7_AMENDED, Fraction(1, 100)
)
UNIT_RECORDS_MINIMUM = _figure("應稽核筆數下限", "7.1.1", "筆", POINT_7_AMENDED, 5)
UNIT_PEOPLE_RATE = _figure("單位應稽核人數比率", "7.1.1", "比率", POINT_7_AMENDED, Fraction(1, 2))
AGENCY_PEOPLE_RATE = _figure("機關應稽核人數比率", "7.1.2", "比率", POINT_7_AMENDED, Fraction(1, 2))
AGENCY_RECORDS_RATE = _figure(
    "機關應稽核筆數比率", "7.1.2", "比率", POINT_7_AMENDED, Fraction(1, 2)
)
RETENTION_YEARS = _figure("紀錄保存年限", "7.1.5", "年", POINT_7_AMENDED, 3)
REVIEW_MONTHS = _figure("權限清查週期", "6.2", "月", RULE_MADE, 6)
FORM_YEARS_AFTER_CANCELLATION = _figure("註銷後文件保管年限", "6.1", "年", RULE_MADE, 1)

ALL_FIGURES = (
    UNIT_RECORDS_THRESHOLD,
    UNIT_RECORDS_AT_THRESHOLD,
    UNIT_RECORDS_RATE,
    UNIT_RECORDS_MINIMUM,
    UNIT_PEOPLE_RATE,
    AGENCY_PEOPLE_RATE,
    AGENCY_RECORDS_RATE,
    RETENTION_YEARS,
    REVIEW_MONTHS,
    FORM_YEARS_AFTER_CANCELLATION,
)
