"""A list of people read from its file and held against what is stored; nothing is written."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from data.engine import reading
from services.actor import Actor
from services.applications.bulk.columns import COLUMNS, find_head, is_head
from services.applications.bulk.rows import Fate, Row, RowFate, Units, read_row, repeated
from services.applications.checks import Hindrance, hindrances
from services.errors import Invalid, Refused
from services.identity.guard import guarded
from services.identity.organisation import units_within
from services.identity.permissions import Action, Reach, reach
from services.regulation.roles import MANAGES, Role
from services.usage.importing.readers import fingerprint, open_table
from services.usage.importing.workbook import HEAD_ROWS

MOST_ROWS = 1_000
MOST_BYTES = 5_000_000
_MOST_LINES = 20_000
"""Blank lines are no rows, but a file is not read on for ever."""


@dataclass(frozen=True)
class PeoplePreview:
    """What sending in a list would do, row by row."""

    sha256: str
    kind: str
    rows: tuple[RowFate, ...]

    @property
    def counts(self) -> Counter[Fate]:
        """How many rows meet each fate."""
        return Counter(row.fate for row in self.rows)

    @property
    def good(self) -> tuple[int, ...]:
        """The numbers of the rows that would be sent in: what the person has seen and agrees to."""
        return tuple(one.row.number for one in self.rows if one.fate is Fate.SEND)


def may_import(person: Actor) -> bool:
    """Whether the person looks after general users: the unit's and the agency's managers."""
    return person.role is not None and Role.GENERAL_USER in MANAGES[person.role]


@guarded(Action.COMPLETE_APPLICATION)
def preview_people(actor: Actor, data: bytes) -> PeoplePreview:
    """Judge every row of a list of people within the manager's charge (clause 5.1); nothing is stored.

    Raises Invalid for a file that is no such list, with more than `MOST_ROWS` people, or too large.
    """
    reached = charge_of(actor)
    kind, rows = read_people(reached, data)
    with reading() as db:
        return PeoplePreview(fingerprint(data), kind, judge(db, rows, actor.now))


def charge_of(person: Actor) -> Reach:
    """Return how far the person may import; raise Refused for whoever looks after no general users."""
    if not may_import(person):
        raise Refused("匯入名單由單位管理者與機關管理者辦理，限自己的單位或機關。")
    return reach(person, Action.COMPLETE_APPLICATION)


def read_people(reached: Reach, data: bytes) -> tuple[str, list[Row]]:
    """Return the kind of the file and its rows, each read by itself."""
    if len(data) > MOST_BYTES:
        raise Invalid(f"檔案超過 {MOST_BYTES // 1_000_000} MB；名單請分成較小的檔案。")
    with reading() as db:
        units = Units(units_within(db, reached, open_only=True))
    found: list[Row] = []
    with open_table(data, is_head) as table:
        first = list(itertools.islice(table.rows, HEAD_ROWS))
        head = find_head(first)
        lines = itertools.chain(first[head.row :], table.rows)
        for number, cells in enumerate(lines, head.row + 1):
            if any(head.cell(cells, field).strip() for field in COLUMNS):
                found.append(read_row(number, cells, head, units))
            if len(found) > MOST_ROWS or number > _MOST_LINES:
                raise Invalid(
                    f"一次最多匯入 {MOST_ROWS:,} 人；請分成幾個檔案，並刪除多餘的空白列。"
                )
        kind = table.kind
    if not found:
        raise Invalid(f"標題列（第 {head.row} 列）之下沒有資料；請填寫後再上傳。")
    return kind, found


def judge(db: Session, rows: Sequence[Row], now: datetime) -> tuple[RowFate, ...]:
    """Return what becomes of every row, by what is stored at this moment."""
    people = {row.number: row.person for row in rows if row.person is not None}
    taken = dict(zip(people, hindrances(db, list(people.values()), now), strict=True))
    twice = repeated(rows)
    return tuple(_fate(row, taken.get(row.number), twice.get(row.number)) for row in rows)


def _fate(row: Row, taken: Hindrance | None, twice: str | None) -> RowFate:
    if row.problem:
        return RowFate(row, Fate.ERROR, row.problem)
    if taken is not None and taken.by_account:
        why = f"這個{taken.what}已有帳號；要變更權限請本人申請權限異動，或更正這一列。"
        return RowFate(row, Fate.ACCOUNT, why)
    if taken is not None:
        why = f"這個{taken.what}已有辦理中的申請；請等它辦完，或更正這一列。"
        return RowFate(row, Fate.APPLICATION, why)
    if twice is not None:
        return RowFate(row, Fate.TWICE, twice)
    return RowFate(row, Fate.SEND)
