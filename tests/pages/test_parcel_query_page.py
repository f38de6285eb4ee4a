"""地籍查詢 and 我的使用紀錄 as a clerk meets them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import AccountItem, LandDescription, Ownership, Property, UsageRecord
from pages.shared.registry import file_of
from services.clock import utc_now
from services.parcels.query import SECRECY
from tests.signing_in import session_of
from tests.world import World, at

DOCUMENT = "府授地資字第1136012388號"


@pytest.fixture
def city(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    # AppTest has no browser, so the address it calls from has to be given.
    monkeypatch.setattr(ContextProxy, "ip_address", "10.1.1.1")
    with transaction() as db:
        land = Property(
            section_code="AD0609", kind="land", number="00180001", transferred_on=date(2026, 11, 20)
        )
        db.add(land)
        db.flush()
        db.add(
            LandDescription(
                property_id=land.id,
                registered_on="1130522",
                cause="分割",
                area_m2=Decimal("1234.50"),
                zoning="第三種住宅區 *<b>*",
                announced_value=450000,
                announced_price=120000,
                value_year_month="11501",
            )
        )
        db.add(
            Ownership(
                property_id=land.id,
                sequence="0001",
                registered_on="1130522",
                cause="買賣",
                owner_name="王小明",
                owner_identity="A123456789",
                owner_address="臺北市",
                share_numerator=1,
                share_denominator=1,
            )
        )
    return world


def open_page(who: str, page: str, **params: str) -> AppTest:
    """Open a page of the real application as ``who`` with a cold address."""
    app = AppTest.from_file("../../app.py", default_timeout=30)
    app.session_state["sign_in_session"] = session_of(who, "10.1.1.1", utc_now())
    app.run()
    assert not app.exception
    for name, value in params.items():
        app.query_params[name] = value
    app.switch_page(file_of(page)).run()
    assert not app.exception
    return app


def fill(app: AppTest, **texts: str) -> None:
    for name, text in texts.items():
        app.text_input(key=f"parcel.{name}").input(text)


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def everything(app: AppTest) -> str:
    """All the words on the screen."""
    parts: list[Any] = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.warning]
    words = " ".join(str(part.value) for part in parts)
    return words + " ".join(str(table.value.to_dict()) for table in app.table)


def count_records() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(UsageRecord)) or 0


def test_a_link_fills_the_form_and_asks_nothing_by_itself(city: World) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="18-1", kind="land")
    assert app.title[0].value == "地籍查詢"
    assert app.selectbox(key="parcel.district").value == "松山區"
    assert app.selectbox(key="parcel.section.松山區").value == "AD0609"
    assert app.text_input(key="parcel.number").value == "18-1"
    assert count_records() == 0


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({}, False),
        ({"section": "ZZ9999", "number": "9" * 500, "kind": "sea"}, True),
        ({"section": "ZZ9999", "kind": "land"}, True),
        ({"kind": "sea"}, True),
        ({"section": "", "number": "<script>", "kind": ""}, False),
    ],
)
def test_a_link_that_makes_no_sense_opens_the_empty_form_and_says_so(
    city: World, params: dict[str, str], told: bool
) -> None:
    app = open_page("clerk", "parcel_query", **params)
    assert not app.error
    assert ["已略過" in warning.value for warning in app.warning] == [True] * told
    assert app.selectbox(key="parcel.district").value == "松山區"
    assert app.selectbox(key="parcel.section.松山區").value is None


def test_a_filler_is_refused_then_the_document_number_brings_the_data(city: World) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="18-1", kind="land")
    fill(app, reason="查詢")
    press(app, "查詢")
    assert "看不出是哪一件公務" in app.error[0].value
    assert app.text_input(key="parcel.reason").value == "查詢"
    assert app.text_input(key="parcel.number").value == "18-1"
    assert not app.table
    assert count_records() == 0

    fill(app, reason="", document_no=DOCUMENT)
    press(app, "查詢")
    assert not app.error
    screen = everything(app)
    assert "延吉段一小段18" in app.subheader[0].value
    assert SECRECY in screen
    assert "1,234" in screen
    assert "第三種住宅區 \\\\*\\\\<b\\\\>\\\\*" in screen
    assert "松山地政事務所" in screen
    with reading() as db:
        record = db.scalars(select(UsageRecord)).one()
    assert f"使用紀錄第 {record.id} 號" in screen
    assert record.document_no == DOCUMENT
    assert record.session_id == app.session_state["sign_in_session"]
    assert app.dataframe[0].value["查詢標的"].tolist() == ["延吉段一小段18-1地號"]

    app.run()
    assert app.table, "the result stays on a mere rerun"
    assert count_records() == 1, "and leaves no second record"


def test_owners_are_shown_with_masked_numbers(city: World) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="18-1", kind="land")
    app.get("button_group")
    app.session_state["parcel.items.land"] = ["LandDescription", "LandOwnership"]
    fill(app, document_no=DOCUMENT)
    press(app, "查詢")
    assert len(app.table) == 2
    assert "A12\\\\*\\\\*\\\\*\\\\*789" in everything(app)
    assert "A123456789" not in everything(app)
    assert count_records() == 2


def test_a_refused_query_takes_the_last_result_away(city: World) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="18-1", kind="land")
    fill(app, document_no=DOCUMENT)
    press(app, "查詢")
    assert app.table
    fill(app, number="18-1-1")
    press(app, "查詢")
    assert "寫法不正確" in app.error[0].value
    assert not app.table
    assert "parcel.result" not in app.session_state


def test_another_district_takes_the_last_result_away(city: World) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="18-1", kind="land")
    fill(app, document_no=DOCUMENT)
    press(app, "查詢")
    app.selectbox(key="parcel.district").select("大安區").run()
    assert not app.table
    assert not app.subheader


def test_leaving_the_page_takes_the_result_away(city: World) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="18-1", kind="land")
    fill(app, document_no=DOCUMENT)
    press(app, "查詢")
    assert app.table
    app.switch_page("pages/my_usage/page.py").run()
    assert len(app.dataframe[0].value) == 1
    app.switch_page("pages/parcels/page.py").run()
    assert not app.table


def test_no_section_is_a_sentence(city: World) -> None:
    app = open_page("clerk", "parcel_query")
    fill(app, number="18-1", document_no=DOCUMENT)
    press(app, "查詢")
    assert "地段" in app.error[0].value
    assert count_records() == 0


def test_nothing_found_says_so_and_names_its_record(city: World) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="19", kind="land")
    fill(app, reason="地價稅稽徵查核")
    press(app, "查詢")
    screen = everything(app)
    assert "查無資料" in screen
    assert "已留存使用紀錄第" in screen
    assert count_records() == 1


def test_items_that_fit_no_number_open_the_explanation(city: World) -> None:
    with transaction() as db:
        db.execute(delete(AccountItem).where(AccountItem.account_id == city.accounts["clerk"]))
        db.add(
            AccountItem(
                account_id=city.accounts["clerk"], item="CadastralMap", granted_at=utc_now()
            )
        )
    app = open_page("clerk", "parcel_query")
    assert "權限異動" in app.info[0].value
    assert not app.text_input


def test_my_usage_filters_by_month_and_pages(city: World) -> None:
    moments = [datetime(2026, 9, 1 + n // 8, 1 + n % 8, tzinfo=UTC) for n in range(60)]
    city.use("clerk", *moments, at(2026, 10, 5), reason="=HYPERLINK(1)")
    city.use("clerk2", at(2026, 10, 6))
    app = open_page("clerk", "my_usage")
    assert len(app.dataframe[0].value) == 50
    press(app, "下一頁")
    assert len(app.dataframe[0].value) == 11
    assert next(button for button in app.button if button.label == "下一頁").disabled
    press(app, "上一頁")
    assert len(app.dataframe[0].value) == 50
    app.selectbox(key="my_usage.month").select("2026-10").run()
    assert len(app.dataframe[0].value) == 1
    assert app.query_params["month"] == "2026-10"

    cold = open_page("clerk", "my_usage", month="2026-10")
    assert len(cold.dataframe[0].value) == 1


def test_my_usage_shows_every_purpose_and_names_a_record_without_separators(city: World) -> None:
    city.use("clerk", at(2026, 10, 5), document_no=DOCUMENT)
    city.use("clerk", at(2026, 10, 6), document_no="", reason="地價稅稽徵查核")
    table = open_page("clerk", "my_usage").dataframe[0]
    assert list(table.value["案件號、公文號或原因"]) == ["地價稅稽徵查核", DOCUMENT]
    assert '"format": "%d"' in table.proto.columns


def test_my_usage_says_when_a_month_of_the_address_means_nothing(city: World) -> None:
    city.use("clerk", at(2026, 10, 5))
    app = open_page("clerk", "my_usage", month="1999-01")
    assert "已略過" in app.warning[0].value
    assert len(app.dataframe[0].value) == 1


def test_my_usage_without_records_points_to_the_query(city: World) -> None:
    app = open_page("clerk", "my_usage")
    assert "還沒有使用紀錄" in app.info[0].value
    assert not app.dataframe


def test_an_item_taken_away_since_the_form_was_shown_brings_no_data(city: World) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="18-1", kind="land")
    with transaction() as db:
        db.execute(
            delete(AccountItem).where(
                AccountItem.account_id == city.accounts["clerk"],
                AccountItem.item == "LandDescription",
            )
        )
    fill(app, document_no=DOCUMENT)
    press(app, "查詢")
    assert len(app.error) == 1
    assert count_records() == 0
    assert not app.table
