"""The parcel query: the record comes before the data, and nothing that is refused leaves data."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select, update

from data.engine import engine, reading, transaction
from data.models import (
    Account,
    AccountItem,
    Agency,
    BuildingDescription,
    Event,
    LandDescription,
    OtherRight,
    Ownership,
    Property,
    Unit,
    UsageMonthSum,
    UsageRecord,
)
from services.actor import operator
from services.cadastre.numbers import Kind
from services.errors import Held, Invalid, Refused, UserError
from services.parcels.masking import masked_identity
from services.parcels.mine import my_months, my_usage
from services.parcels.query import SECRECY, ParcelRequest, query
from services.parcels.register import register_date
from services.parcels.sections import districts, find_section, sections_of
from services.regulation.items import Item
from services.regulation.purpose import Purpose
from tests.world import NOW, World, at

REGISTER = (
    "properties",
    "land_descriptions",
    "building_descriptions",
    "ownerships",
    "other_rights",
)
GOOD = ParcelRequest(
    section_code="AD0609",
    kind=Kind.LAND,
    number="18-1",
    items=(Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP),
    purpose=Purpose(document_no="府授地資字第1136012388號"),
)


@pytest.fixture
def city(world: World) -> World:
    """The small world with one parcel and one building in its register."""
    with transaction() as db:
        land = Property(
            section_code="AD0609", kind="land", number="00180001", transferred_on=date(2026, 11, 20)
        )
        building = Property(
            section_code="AD0609",
            kind="building",
            number="00123000",
            transferred_on=date(2026, 11, 20),
        )
        db.add_all([land, building])
        db.flush()
        db.add(
            LandDescription(
                property_id=land.id,
                registered_on="1130522",
                cause="分割",
                area_m2=Decimal("1234.50"),
                zoning="第三種住宅區",
                announced_value=450000,
                announced_price=120000,
                value_year_month="11501",
            )
        )
        db.add(
            BuildingDescription(
                property_id=building.id,
                registered_on="0990105",
                cause="第一次登記",
                address="臺北市大安區延吉街1號",
                land_number="00180001",
                main_use="住家用",
                structure="鋼筋混凝土造",
                floors=7,
                area_m2=Decimal("98.76"),
                completed_on="0981231",
            )
        )
        for sequence, name, identity, share in (
            ("0002", "王小明", "A123456789", 3),
            ("0001", "甲有限公司", "12345678", 1),
        ):
            db.add(
                Ownership(
                    property_id=land.id,
                    sequence=sequence,
                    registered_on="1130522",
                    cause="買賣",
                    owner_name=name,
                    owner_identity=identity,
                    owner_address="臺北市",
                    share_numerator=share,
                    share_denominator=4,
                )
            )
        db.add(
            OtherRight(
                property_id=land.id,
                sequence="0001000",
                registered_on="1130522",
                right_kind="最高限額抵押權",
                holder_name="乙銀行",
                secured_amount=12000000,
                expires_on="1430521",
            )
        )
    return world


@contextmanager
def statements() -> Iterator[list[str]]:
    """Record what reaches the database: each statement in lower case, and each COMMIT."""
    seen: list[str] = []

    def on_execute(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement.lower())

    def on_commit(_connection: Any) -> None:
        seen.append("commit")

    event.listen(engine(), "before_cursor_execute", on_execute)
    event.listen(engine(), "commit", on_commit)
    try:
        yield seen
    finally:
        event.remove(engine(), "before_cursor_execute", on_execute)
        event.remove(engine(), "commit", on_commit)


def touches_register(statement: str) -> bool:
    return any(table in statement for table in REGISTER)


def count_records() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(UsageRecord)) or 0


def refusals() -> list[str]:
    with reading() as db:
        rows = db.scalars(select(Event).where(Event.type == "refused").order_by(Event.id))
        return [row.detail["function"] for row in rows]


def test_a_query_brings_the_register_and_one_record_an_item(city: World) -> None:
    actor = replace(city.actor("clerk"), address="10.9.8.7", session_id="s1")
    result = query(actor, GOOD)

    assert result.found
    assert result.target == "延吉段一小段18-1地號"
    assert result.transferred_on == date(2026, 11, 20)
    assert "115年11月20日" in result.source
    assert "松山地政事務所" in result.source
    assert "保密" in SECRECY
    description, ownership = result.blocks
    assert ("面積", "1,234.50 平方公尺") in description.rows
    assert ("登記日期", "113年5月22日") in description.rows
    assert [row[:3] for row in ownership.rows] == [
        ("0001", "甲有限公司", "12345678"),
        ("0002", "王小明", "A12****789"),
    ]
    assert "4分之3" in ownership.rows[1]
    assert "A123456789" not in repr(result)

    with reading() as db:
        rows = db.scalars(select(UsageRecord).order_by(UsageRecord.id)).all()
        last_used = db.get_one(Account, city.accounts["clerk"]).last_used_at
        told = db.scalars(select(Event).where(Event.type == "parcel_queried")).one()
        summed = db.scalar(select(func.sum(UsageMonthSum.records)))
    assert {Item(row.item): row.id for row in rows} == result.records
    for row in rows:
        assert (row.agency_name, row.unit_name) == ("臺北市稅捐稽徵處", "大安分處")
        assert (row.username, row.person_name) == ("clerk", "測試001")
        assert (row.section_code, row.number) == ("AD0609", "00180001")
        assert (row.target, row.action) == ("延吉段一小段18-1地號", "query")
        assert (row.address, row.session_id) == ("10.9.8.7", "s1")
        assert row.document_no == "府授地資字第1136012388號"
        assert row.source_id == city.source_id
        assert row.local_month == "2026-11"
        assert row.occurred_at == NOW
    assert last_used == NOW
    assert summed == 2
    assert told.detail["records"] == list(result.records.values())
    assert "王小明" not in repr(told.detail)


def test_a_building_is_read_too(city: World) -> None:
    request = replace(
        GOOD, kind=Kind.BUILDING, number="123建號", items=(Item.BUILDING_DESCRIPTION,)
    )
    result = query(city.actor("clerk"), request)
    assert result.target == "延吉段一小段123建號"
    assert ("坐落地號", "18-1地號") in result.blocks[0].rows
    assert ("總面積", "98.76 平方公尺") in result.blocks[0].rows


def test_an_item_with_nothing_registered_is_an_empty_block(city: World) -> None:
    give(city, "clerk", Item.BUILDING_OTHER_RIGHTS)
    request = replace(GOOD, kind=Kind.BUILDING, number="123", items=(Item.BUILDING_OTHER_RIGHTS,))
    result = query(city.actor("clerk"), request)
    assert result.found
    assert result.blocks[0].rows == ()


def test_other_rights_are_listed(city: World) -> None:
    give(city, "clerk", Item.LAND_OTHER_RIGHTS)
    result = query(city.actor("clerk"), replace(GOOD, items=(Item.LAND_OTHER_RIGHTS,)))
    assert result.blocks[0].rows == (
        ("0001000", "最高限額抵押權", "乙銀行", "12,000,000 元", "143年5月21日", "113年5月22日"),
    )


def test_nothing_found_is_a_result_and_a_record(city: World) -> None:
    result = query(city.actor("clerk"), replace(GOOD, number="19"))
    assert not result.found
    assert result.blocks == ()
    assert "查無資料" in result.source
    assert count_records() == len(result.records) == 2


def test_register_tables_are_read_only_after_the_commit(city: World) -> None:
    actor = city.actor("clerk")
    with statements() as seen:
        query(actor, GOOD)
    inserted = next(i for i, text in enumerate(seen) if "insert into usage_records" in text)
    told = next(i for i, text in enumerate(seen) if "insert into events" in text)
    committed = seen.index("commit")
    reads = [i for i, text in enumerate(seen) if touches_register(text)]
    assert inserted < committed
    assert told < committed
    assert reads
    assert min(reads) > committed


@pytest.mark.parametrize("table", ["usage_records", "usage_month_sums", "events"])
def test_without_the_record_there_is_no_data(city: World, table: str) -> None:
    actor = city.actor("clerk")

    def fail(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if f"insert into {table}" in statement.lower():
            raise OSError("disk full")

    with statements() as seen:
        event.listen(engine(), "before_cursor_execute", fail)
        try:
            with pytest.raises(Held, match="disk full"):
                query(actor, GOOD)
        finally:
            event.remove(engine(), "before_cursor_execute", fail)
    assert f"insert into {table}" in seen[-1]
    assert not any(touches_register(text) for text in seen)
    assert "commit" not in seen
    assert count_records() == 0
    with reading() as db:
        assert db.get_one(Account, city.accounts["clerk"]).last_used_at is None


def test_a_commit_that_fails_gives_no_data(city: World) -> None:
    actor = city.actor("clerk")

    def fail(_connection: Any) -> None:
        raise OSError("power cut")

    event.listen(engine(), "commit", fail)
    try:
        with statements() as seen, pytest.raises(Held, match="power cut"):
            query(actor, GOOD)
    finally:
        event.remove(engine(), "commit", fail)
    assert not any(touches_register(text) for text in seen)
    assert count_records() == 0


INVALID = [
    ("no purpose", replace(GOOD, purpose=Purpose()), "三者至少一項"),
    ("blank purpose", replace(GOOD, purpose=Purpose(reason="　 ")), "三者至少一項"),
    ("one character", replace(GOOD, purpose=Purpose(reason="查")), "看不出"),
    ("filler 測試", replace(GOOD, purpose=Purpose(reason="測試")), "看不出"),
    ("filler 查詢", replace(GOOD, purpose=Purpose(reason="查詢")), "看不出"),
    ("filler 公務", replace(GOOD, purpose=Purpose(reason="公　務")), "看不出"),
    ("filler 1111", replace(GOOD, purpose=Purpose(reason="１１１１")), "看不出"),
    ("wrong letter", replace(GOOD, purpose=Purpose(document_no="1111")), "公文號"),
    ("a year to come", replace(GOOD, purpose=Purpose(case_no="1166012388")), "還沒有到"),
    ("no item", replace(GOOD, items=()), "至少選擇一個"),
    ("item of the other kind", replace(GOOD, items=(Item.BUILDING_DESCRIPTION,)), "地號"),
    ("no section", replace(GOOD, section_code=" "), "請從清單選取地段"),
    ("unknown section", replace(GOOD, section_code="AD9999"), "沒有「AD9999」這個地段"),
    ("empty section", replace(GOOD, section_code=""), "地段"),
    ("endless section", replace(GOOD, section_code="A" * 5000), "地段"),
    ("wrong number", replace(GOOD, number="18-1-1"), "寫法不正確"),
    ("building number", replace(GOOD, number="123建號"), "建號"),
]


@pytest.mark.parametrize(
    ("request_", "words"), [case[1:] for case in INVALID], ids=[case[0] for case in INVALID]
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    city: World, request_: ParcelRequest, words: str
) -> None:
    actor = city.actor("clerk")
    with statements() as seen, pytest.raises(Invalid, match=words) as caught:
        query(actor, request_)
    assert str(caught.value).endswith("。")
    assert count_records() == 0
    assert not any(touches_register(text) or text.startswith("insert") for text in seen)


def test_the_purpose_is_the_first_thing_that_is_checked(city: World) -> None:
    everything_wrong = ParcelRequest("XX", Kind.LAND, "?", (Item.CADASTRAL_MAP,), Purpose())
    with pytest.raises(Invalid, match="三者至少一項"):
        query(city.actor("clerk"), everything_wrong)


@pytest.mark.parametrize("who", ["clerk", "head", "auditor", "system_manager", "reviewer"])
def test_an_item_without_authorisation_is_refused_and_the_refusal_recorded(
    city: World, who: str
) -> None:
    wanted = replace(GOOD, items=(Item.LAND_OTHER_RIGHTS,))
    with statements() as seen, pytest.raises(Refused, match="土地他項權利部"):
        query(city.actor(who), wanted)
    assert not any(touches_register(text) for text in seen)
    assert count_records() == 0
    assert refusals() == ["query"]


def test_an_item_taken_away_meanwhile_is_refused(city: World) -> None:
    actor = city.actor("clerk")
    with transaction() as db:
        db.execute(delete(AccountItem).where(AccountItem.item == Item.LAND_OWNERSHIP.value))
    with pytest.raises(Refused, match="土地所有權部"):
        query(actor, GOOD)
    assert count_records() == 0
    assert refusals() == ["query"]


@pytest.mark.parametrize("status", ["suspended", "cancelled"])
def test_an_account_that_is_no_longer_active_is_refused(city: World, status: str) -> None:
    actor = city.actor("clerk")
    with transaction() as db:
        db.execute(update(Account).where(Account.id == actor.account_id).values(status=status))
    with pytest.raises(Refused, match="不是使用中"):
        query(actor, GOOD)
    assert count_records() == 0
    assert refusals() == ["query"]


def test_the_command_line_cannot_query(city: World) -> None:
    with pytest.raises(Refused):
        query(operator(NOW), GOOD)
    assert refusals() == ["query"]


def test_the_record_keeps_where_the_person_was(city: World) -> None:
    query(city.actor("clerk"), GOOD)
    with transaction() as db:
        db.execute(update(Unit).where(Unit.id == city.units["tax1"]).values(name="大安所"))
        db.execute(update(Agency).where(Agency.id == city.agencies["tax"]).values(name="稅捐處"))
        db.execute(update(Account).where(Account.id == city.accounts["clerk"]).values(name="改名"))
    with reading() as db:
        row = db.scalars(select(UsageRecord).limit(1)).one()
    assert (row.person_name, row.unit_name, row.agency_name) == (
        "測試001", "大安分處", "臺北市稅捐稽徵處",
    )  # fmt: skip


def test_an_item_asked_twice_is_one_record(city: World) -> None:
    result = query(city.actor("clerk"), replace(GOOD, items=(Item.LAND_DESCRIPTION,) * 2))
    assert count_records() == len(result.records) == len(result.blocks) == 1


def test_numbers_are_stored_without_the_spaces_people_type(city: World) -> None:
    spaced = Purpose(
        case_no="113年 大安字第 012340號 ",
        document_no="府授地資字第１１３６０１２３８８號" + " " * 300,
    )
    query(city.actor("clerk"), replace(GOOD, purpose=spaced))
    with reading() as db:
        row = db.scalars(select(UsageRecord).limit(1)).one()
    assert row.case_no == "113年大安字第012340號"
    assert row.document_no == "府授地資字第1136012388號"


def test_any_text_in_any_field_is_a_result_or_a_sentence(city: World) -> None:
    actor = city.actor("clerk")
    text = st.text(max_size=300)
    reasons = st.one_of(text, st.just("地價稅稽徵查核"), text.map("地價稅稽徵查核".__add__))

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(text, st.one_of(text, st.just("18-1")), reasons, st.sampled_from(Kind))
    def check(section: str, number: str, reason: str, kind: Kind) -> None:
        items = (Item.LAND_OWNERSHIP if kind is Kind.LAND else Item.BUILDING_DESCRIPTION,)
        for code in (section, "AD0609"):
            request = ParcelRequest(code, kind, number, items, Purpose(reason=reason))
            before = count_records()
            try:
                query(actor, request)
            except UserError:
                assert count_records() == before
            else:
                assert count_records() == before + 1

    check()


def test_sections_follow_their_district(city: World) -> None:
    actor = city.actor("clerk")
    assert districts(actor) == ["松山區", "大安區"]
    assert [section.label for section in sections_of(actor, "松山區")] == ["AD0609 延吉段一小段"]
    assert sections_of(actor, "沒有區") == []
    found = find_section(actor, " ａｄ０６０９ ")
    assert (found.name, found.office_name) == ("延吉段一小段", "松山地政事務所")


def test_my_usage_is_mine_newest_first_page_by_page(city: World) -> None:
    city.use("clerk", *(at(2026, 9, day) for day in range(1, 8)), at(2026, 10, 1))
    city.use("clerk", at(2026, 8, 1))  # stored last although it happened first
    city.use("clerk2", at(2026, 9, 1))
    actor = city.actor("clerk")
    seen: list[tuple[Any, int]] = []
    before: int | None = None
    while True:
        page = my_usage(actor, None, before, 4)
        assert page.total == 9
        assert len(page.rows) <= 4
        seen += [(row.occurred_at, row.id) for row in page.rows]
        before = page.next_before
        if before is None:
            break
    assert len(set(seen)) == len(seen) == 9
    assert seen == sorted(seen, reverse=True)
    assert my_usage(actor, "2026-09", None, 50).total == 7
    assert my_usage(actor, "2026-01", None, 50).rows == ()
    assert my_months(actor) == ["2026-10", "2026-09", "2026-08"]
    assert my_usage(city.actor("head"), None, None, 10).total == 0


def test_the_page_of_another_persons_record_starts_nowhere_else(city: World) -> None:
    city.use("clerk2", at(2026, 9, 5))
    city.use("clerk", at(2026, 9, 1))
    with reading() as db:
        other = db.scalars(select(UsageRecord.id).where(UsageRecord.username == "clerk2")).one()
    page = my_usage(city.actor("clerk"), None, other, 10)
    assert {row.person for row in page.rows} <= {"測試001（clerk）"}


@pytest.mark.parametrize(
    ("identity", "shown"),
    [
        ("A123456789", "A12****789"),
        ("12345678", "12345678"),
        ("AC01234567", "AC0****567"),
        ("A1234", "*****"),
        ("", ""),
    ],
)
def test_identity_numbers_are_masked(identity: str, shown: str) -> None:
    assert masked_identity(identity) == shown


@given(st.text(max_size=12))
def test_a_masked_number_keeps_its_length_and_hides_the_middle(identity: str) -> None:
    shown = masked_identity(identity)
    assert len(shown) == len(identity)
    if shown != identity:
        assert "*" in shown


@pytest.mark.parametrize(
    ("stored", "shown"), [("1130522", "113年5月22日"), ("0981231", "98年12月31日"), ("", "")]
)
def test_register_dates_are_written_out(stored: str, shown: str) -> None:
    assert register_date(stored) == shown


def give(world: World, who: str, item: Item) -> None:
    with transaction() as db:
        db.add(AccountItem(account_id=world.accounts[who], item=item.value, granted_at=NOW))
