"""Personnel changes from a file: every row's fate, stored once, nothing out of reach told."""

import threading
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.changes import set_status
from services.accounts.leaving import file_rows
from services.accounts.leaving.file_rows import MOST_ROWS, read_rows
from services.accounts.leaving.importing import (
    UNKNOWN,
    Fate,
    preview_leavings,
    store_leavings,
)
from services.accounts.leaving.recording import withdraw_leaving
from services.errors import Conflict, Invalid, UserError
from services.regulation.leaving import Leaving
from services.regulation.roles import AccountStatus
from tests.services.leaving.told import LAST, account_of, entries_of, events_of, record
from tests.world import World

HEAD = "員工編號,類別,生效日期,備註"
CLERK, CLERK2, OWN, TAX2, WORKS = "T00001", "T00002", "T00006", "T00009", "T00010"


def file(*rows: str, head: str = HEAD, encoding: str = "utf-8") -> bytes:
    return "\r\n".join([head, *rows]).encode(encoding)


def fates(world: World, *rows: str, by: str = "agency_manager") -> list[tuple[Fate, str]]:
    judged = preview_leavings(world.actor(by), file(*rows))
    return [(row.fate, row.reason) for row in judged.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950", "utf-16"])
def test_every_encoding_of_the_offices_is_read(encoding: str) -> None:
    (row,) = read_rows(file("T00001,離職,115/11/30,調職", encoding=encoding))
    assert (row.number, row.staff_no, row.kind, row.effective_on, row.note, row.problem) == (
        2, "T00001", Leaving.LEAVE, LAST, "調職", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("115/11/30", LAST),
        ("115年11月30日", LAST),
        ("1151130", LAST),
        ("115.11.30", LAST),
        ("2026-11-30", LAST),
        ("20261130", LAST),
        ("２０２６/１１/３０", LAST),
        ("2026-11-30 00:00:00", LAST),
        ("117/2/29", date(2028, 2, 29)),
        ("115/2/29", None),
        ("115/11/31", None),
        ("明天", None),
        ("=TODAY()", None),
        ("", None),
    ],
)
def test_a_day_is_read_in_roc_or_iso_or_told_why_not(text: str, day: date | None) -> None:
    (row,) = read_rows(file(f"T00001,異動,{text},"))
    assert (row.effective_on, bool(row.problem)) == (day, day is None)


@pytest.mark.parametrize(
    ("cells", "part"),
    [
        (",離職,115/11/30,", "沒有填員工編號"),
        ("T00001,退休,115/11/30,", "「退休」請改填「離職」或「異動」"),
        ("T00001,,115/11/30,", "請改填"),
        ("T00001,離職,,", "沒有填生效日期"),
        ("T00001,離職,115/13/1,", "沒有「115/13/1」這一天"),
        ("T00001", "請改填"),
    ],
)
def test_a_row_that_cannot_be_meant_says_what_is_wrong(cells: str, part: str) -> None:
    (row,) = read_rows(file(cells))
    assert part in row.problem


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "空的"),
        (b"\x00\x01\x02", "二進位"),
        (file("T00001,離職", head="員工編號,類別"), "找不到標題列"),
        ("\n".join(["報表"] * 11 + [HEAD]).encode(), "找不到標題列"),
        (file(*["T00001,離職,115/11/30"] * (MOST_ROWS + 1)), "5,000 列"),
        (b"x" * (file_rows.MOST_BYTES + 1), "5 MB"),
    ],
)
def test_another_kind_of_file_is_told_in_a_sentence(data: bytes, part: str) -> None:
    with pytest.raises(Invalid, match=part):
        read_rows(data)


def test_the_head_may_stand_lower_and_in_another_order() -> None:
    head = "人事異動清單\n\n備註,生效日期, 員工編號 ,姓名,類別"
    (row,) = read_rows(file("無,115-11-30,T00001,王小明,離職", "", head=head))
    assert (row.number, row.staff_no, row.note) == (4, "T00001", "無")


@given(st.lists(st.text(max_size=12), max_size=6))
def test_whatever_a_row_holds_it_is_read_or_told_why_not(cells: list[str]) -> None:
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    text = f"{HEAD}\n{quoted}\nT00001,離職,115/11/30".encode("utf-8", "replace")
    try:
        rows = read_rows(text)
    except UserError:
        return
    assert rows[-1].problem == ""
    assert all(row.problem or (row.kind and row.effective_on and row.staff_no) for row in rows)


# --- judged and stored ---------------------------------------------------------------------------


def test_every_row_has_its_fate(world: World) -> None:
    record(world, "clerk2")
    found = fates(
        world,
        f"{CLERK},離職,115/11/30,",
        f"{CLERK.lower()},離職,2026-11-30,又一次",
        f"{CLERK2},離職,115/11/30,",
        f"{CLERK2},異動,115/11/30,",
        f"{WORKS},離職,115/11/30,",
        "NOBODY,離職,115/11/30,",
        f"{OWN},離職,115/11/30,",
        f"{CLERK},離職,99/11/30,",
        f"{TAX2},異動,115/12/31," + "長" * 201,
    )
    assert [fate for fate, _ in found] == [
        Fate.STORED, Fate.KNOWN, Fate.KNOWN, Fate.STORED, *[Fate.REJECTED] * 5,
    ]  # fmt: skip
    assert found[1][1] == "與第 2 列相同。"
    assert found[2][1] == "已登錄，等待辦理。"
    assert found[4] == found[5] == (Fate.REJECTED, UNKNOWN)
    for (_, reason), part in zip(found[6:], ("自己的", "不合理", "備註最多"), strict=True):
        assert part in reason
    assert entries_of(world, "clerk") == []


def test_rows_of_others_tell_no_name(world: World) -> None:
    actor = world.actor("unit_manager")
    judged = preview_leavings(actor, file(f"{WORKS},離職,115/11/30", f"{TAX2},離職,115/11/30"))
    assert [(row.person, row.reason) for row in judged.rows] == [("", UNKNOWN)] * 2


def test_good_rows_are_stored_at_once_and_never_again(world: World) -> None:
    actor = world.actor("agency_manager")
    data = file(f"{CLERK},離職,115/11/30,退休", f"{TAX2},異動,115/12/31,", "NOBODY,離職,115/11/30,")
    judged = preview_leavings(actor, data)
    assert judged.to_store == (2, 3)
    assert store_leavings(actor, data, expected=judged.to_store) == judged
    assert entries_of(world, "clerk") == [("leave", LAST, "")]
    assert entries_of(world, "clerk_tax2") == [("move", date(2026, 12, 31), "")]
    assert account_of(world, "clerk_tax2").leaving_on == date(2026, 12, 31)
    told = [event.detail for event in events_of("leaving_recorded")]
    assert [(one["entered"], one["note"]) for one in told] == [("import", "退休"), ("import", "")]
    (event,) = events_of("leaving_imported")
    counts = {key: event.detail[key] for key in ("read", "stored", "duplicates", "rejected")}
    assert counts == {"read": 3, "stored": 2, "duplicates": 0, "rejected": 1}

    again = preview_leavings(actor, data)
    assert [row.fate for row in again.rows] == [Fate.KNOWN, Fate.KNOWN, Fate.REJECTED]
    with pytest.raises(Invalid, match="沒有可以登錄的列"):
        store_leavings(actor, data, expected=())
    with pytest.raises(Conflict, match="有變動"):
        store_leavings(actor, data, expected=judged.to_store)
    assert len(events_of("leaving_imported")) == 1


def test_what_was_taken_back_or_settled_does_not_come_back_with_the_file(world: World) -> None:
    actor, clerk = world.actor("agency_manager"), world.accounts["clerk"]
    data = file(f"{CLERK},離職,115/11/30,", f"{CLERK2},離職,115/11/30,")
    store_leavings(actor, data, expected=(2, 3))
    entry = record(world, "clerk", day=date(2026, 12, 1))
    withdraw_leaving(actor, clerk, entry, "慰留")
    set_status(
        actor,
        world.accounts["clerk2"],
        AccountStatus.CANCELLED,
        "離職",
        expected_status=AccountStatus.ACTIVE,
    )
    found = fates(world, f"{CLERK},離職,115/12/1,", f"{CLERK2},離職,115/11/30,")
    assert [fate for fate, _ in found] == [Fate.KNOWN, Fate.REJECTED]
    assert "撤回" in found[0][1]
    assert "註銷" in found[1][1]


def test_of_two_imports_at_once_exactly_one_stores(world: World) -> None:
    people = [world.actor("head"), world.actor("agency_manager")]
    data, start, outcomes = file(f"{CLERK},離職,115/11/30"), threading.Barrier(2), list[str]()

    def try_it(number: int) -> None:
        start.wait()
        try:
            store_leavings(people[number], data, expected=(2,))
            outcomes.append("done")
        except UserError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["Conflict", "done"]
    assert entries_of(world, "clerk") == [("leave", LAST, "")]
