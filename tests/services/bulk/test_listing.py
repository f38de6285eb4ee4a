"""A list of people before it is sent in: every row's fate, whatever stands in the file."""

import tracemalloc
from collections.abc import Callable

import pytest
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Account, Unit
from services.accounts.person import Person
from services.applications.applying import Wanted, apply_new
from services.applications.bulk.columns import HEADERS, template
from services.applications.bulk.listing import (
    MOST_BYTES,
    MOST_ROWS,
    PeoplePreview,
    may_import,
    preview_people,
)
from services.applications.bulk.rows import Fate
from services.errors import Invalid, Refused
from services.regulation.items import Item
from services.regulation.roles import Role
from tests.prepared import objects
from tests.services.applications.cast import ADDRESS
from tests.services.bulk.lists import list_of, person, rows_of
from tests.services.import_helpers import table_csv, table_ods, xlsx_of
from tests.world import EVERYBODY, NOW, World


def seen(world: World, data: bytes, who: str = "unit_manager") -> PeoplePreview:
    return preview_people(world.actor(who), data)


def fates(found: PeoplePreview) -> list[Fate]:
    return [row.fate for row in found.rows]


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("姓名", "", "姓名請填"),
        ("姓名", "長" * 61, "姓名請填"),
        ("員工編號", "9" * 21, "員工編號"),
        ("帳號", "王小明", "英文小寫字母"),
        ("帳號", "../../etc", "英文小寫字母"),
        ("帳號", "=cmd", "英文小寫字母"),
        ("職稱", "長" * 41, "職稱最多"),
        ("公務電子郵件", "somebody", "電子郵件"),
        ("公務電子郵件", "a@b.tw\nBcc: c@d.tw", "電子郵件"),
        ("電話", "洽總機", "電話"),
        ("單位", "", "單位：沒有填"),
        ("單位", "幽靈科", "單位：查無「幽靈科」"),
        ("單位", "中山分處", "單位：查無「中山分處」"),
        ("單位", "用地科", "單位：查無「用地科」"),
        ("單位", "PWD-LAND", "單位：查無「PWD-LAND」"),
        ("授權項目", "", "授權項目：沒有填"),
        ("授權項目", "土地標示部、全部", "「全部」不是授權項目"),
        ("原因", "", "原因："),
        ("原因", "長" * 201, "原因："),
        ("姓名", "【範例】王小明", "範例列"),
    ],
)
def test_a_wrong_cell_is_told_by_its_column(
    world: World, column: str, value: str, says: str
) -> None:
    found = seen(world, list_of(person(1, **{column: value}), person(2)))
    assert fates(found) == [Fate.ERROR, Fate.SEND]
    assert says in found.rows[0].why
    assert found.good == (3,)


def test_everything_that_is_wrong_with_a_row_is_told_at_once(world: World) -> None:
    found = seen(world, list_of(person(1, 帳號="X Y", 單位="幽靈科", 授權項目="", 原因="")))
    for part in ("英文小寫字母", "查無「幽靈科」", "授權項目：沒有填", "原因："):
        assert part in found.rows[0].why


@pytest.mark.parametrize("unit", ["大安分處", "TAX-DAAN", "tax-daan", "臺北市稅捐稽徵處大安分處"])
def test_a_unit_is_known_by_name_and_code(world: World, unit: str) -> None:
    found = seen(world, list_of(person(1, unit)))
    wanted = found.rows[0].row.wanted
    assert wanted is not None and wanted.unit_id == world.units["tax1"]


def test_another_agencys_unit_reads_like_one_that_is_not_there(world: World) -> None:
    found = seen(world, list_of(person(1, "用地科"), person(2, "無此科")), "agency_manager")
    first, second = (row.why for row in found.rows)
    assert first.replace("用地科", "無此科") == second


def test_a_closed_unit_takes_nobody(world: World) -> None:
    with transaction() as db:
        db.get_one(Unit, world.units["tax1"]).active = False
    assert fates(seen(world, list_of(person(1)))) == [Fate.ERROR]


@pytest.mark.parametrize("between", ["、", "，", "；", " ", "\n", "、 "])
def test_items_come_in_the_order_of_the_rule(world: World, between: str) -> None:
    found = seen(world, list_of(person(1, 授權項目=between.join(("地籍圖", "土地標示部")))))
    wanted = found.rows[0].row.wanted
    assert wanted is not None
    assert wanted.items == (Item.LAND_DESCRIPTION, Item.CADASTRAL_MAP)


def test_what_is_taken_and_what_stands_twice(world: World) -> None:
    found = seen(
        world,
        list_of(
            person(1),
            person(2, 員工編號="t00001"),
            person(3, 帳號="works_clerk"),
            person(4, 公務電子郵件="CLERK@example.gov.taipei"),
            person(5, 員工編號="n00001"),
            person(6, 帳號="NEW.00001"),
            person(7, 公務電子郵件="new00001@gov.taipei"),
        ),
    )
    assert fates(found) == [Fate.SEND, *[Fate.ACCOUNT] * 3, *[Fate.TWICE] * 3]
    for row, what in zip(found.rows[1:], ("員工編號", "帳號", "電子郵件") * 2, strict=True):
        assert what in row.why
    assert "第 2 列" in found.rows[4].why


def test_an_application_under_way_is_told(world: World) -> None:
    somebody = Person("新人", "N00001", "other", "other@gov.taipei", "02-27208889")
    items = (Item.CADASTRAL_MAP,)
    wanted = Wanted(Role.GENERAL_USER, world.units["works1"], items, "業務需要")
    apply_new(somebody, wanted, ADDRESS, NOW)
    found = seen(world, list_of(person(1), person(2, 帳號="other"), person(3)))
    assert fates(found) == [Fate.APPLICATION, Fate.APPLICATION, Fate.SEND]
    # Whose it is, and where, is nobody's business.
    assert "用地科" not in found.rows[0].why


def test_who_left_may_come_back_but_not_by_anothers_name(world: World) -> None:
    with transaction() as db:
        db.get_one(Account, world.accounts["clerk"]).status = "cancelled"
    back = person(1, 員工編號="T00001", 帳號="clerk", 公務電子郵件="clerk@example.gov.taipei")
    assert fates(seen(world, list_of(back))) == [Fate.SEND]
    assert fates(seen(world, list_of(person(2, 帳號="clerk")))) == [Fate.ACCOUNT]


def test_looking_stores_nothing(world: World) -> None:
    before = objects()
    seen(world, list_of(person(1), person(2, 電話="")))
    assert objects() == before


_LETTERS = "ABCDEFGHI"


def _xlsx(*people: dict[str, str]) -> bytes:
    lines = []
    for number, row in enumerate(rows_of(people), 1):
        cells = "".join(
            f'<c r="{letter}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
            for letter, cell in zip(_LETTERS, row, strict=True)
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    return xlsx_of("".join(lines))


@pytest.mark.parametrize(
    "make",
    [
        lambda one: list_of(one),
        lambda one: list_of(one, encoding="utf-8"),
        lambda one: list_of(one, encoding="cp950"),
        lambda one: list_of(one, encoding="utf-16"),
        lambda one: table_csv([["一一五年人員名單"], [], *rows_of([one])], delimiter="\t"),
        lambda one: table_ods(rows_of([one])),
        lambda one: _xlsx(one),
    ],
    ids=["utf-8 with mark", "utf-8", "big5", "utf-16", "title and tabs", "ods", "xlsx"],
)
def test_every_format_and_encoding_reads_the_same(
    world: World, make: Callable[[dict[str, str]], bytes]
) -> None:
    [row] = seen(world, make(person(1, 電話="０２－２７２０８８８９"))).rows
    assert (row.fate, row.why) == (Fate.SEND, "")
    assert row.row.person == Person(
        "新人001", "N00001", "new.00001", "new00001@gov.taipei", "02-27208889", "科員"
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空的"),
        (b"\x00\x01" * 60, "二進位"),
        (b"PK\x03\x04 not a workbook", "損壞"),
        (table_csv([["甲", "乙", "丙"], ["1", "2", "3"]]), "標題列"),
        (table_csv([[*HEADERS[:4], *HEADERS[5:]]]), "缺少欄位：公務電子郵件"),
        (table_csv([[*HEADERS, "聯絡電話"]]), "兩個「電話」"),
        (list_of(), "沒有資料"),
        (list_of(*(person(n) for n in range(MOST_ROWS + 1))), "最多匯入 1,000 人"),
        (list_of() + b",,,,\r\n" * 30_000, "空白列"),
        (b"a" * (MOST_BYTES + 1), "5 MB"),
    ],
)
def test_a_file_that_is_no_list_is_told(world: World, data: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        seen(world, data)


@pytest.mark.attack("formula")
@pytest.mark.parametrize("text", ["=HYPERLINK('http://x')", "@SUM(1)", "+1+cmd|' /C calc'!A0"])
def test_nothing_in_a_cell_is_carried_out(world: World, text: str) -> None:
    [row] = seen(world, list_of(person(1, 姓名=text, 原因=text))).rows
    assert row.row.person is not None and row.row.person.name == text


def test_the_template_is_read_and_its_example_never_sent(world: World) -> None:
    found = seen(world, template())
    assert fates(found) == [Fate.ERROR]
    assert "範例" in found.rows[0].why


def test_the_longest_list_stays_small(world: World) -> None:
    data = list_of(*(person(n) for n in range(MOST_ROWS)))
    tracemalloc.start()
    found = seen(world, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.counts == {Fate.SEND: MOST_ROWS}
    assert peak < 40 << 20


@pytest.mark.parametrize("who", EVERYBODY)
def test_only_who_looks_after_general_users_imports(world: World, who: str) -> None:
    person_now = world.actor(who)
    if who in ("unit_manager", "agency_manager", "works_manager"):
        assert may_import(person_now)
        return
    assert not may_import(person_now)
    with pytest.raises(Refused):
        preview_people(person_now, list_of(person(1)))
    with reading() as db:
        assert not db.scalars(select(Account).where(Account.username == "new.00001")).all()
