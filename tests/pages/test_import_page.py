"""匯入 as a system manager meets it: three steps, nothing stored but by the last button."""

from typing import Any

import pytest
from sqlalchemy import func, select
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from data.engine import reading
from data.models import SourceUser, UsageImport, UsageRecord
from services.audits.freezing import freeze
from services.clock import utc_now
from services.regulation.periods import Quarter
from services.usage.importing import preview as previewing
from services.usage.importing import scan, sheets
from tests.services.import_helpers import (
    GOOD,
    HEADERS,
    SOURCE,
    add_sample_places,
    csv_file,
    sample,
    sheet_rows,
    table_csv,
    xlsx_of,
)
from tests.services.test_import_cases import CASES
from tests.signing_in import session_of
from tests.world import World


@pytest.fixture(autouse=True)
def browser_address(monkeypatch: pytest.MonkeyPatch) -> None:
    # AppTest has no browser, so the address it calls from has to be given.
    monkeypatch.setattr(ContextProxy, "ip_address", "10.1.1.1")


def open_page(**params: str) -> AppTest:
    app = AppTest.from_file("../../app.py", default_timeout=60)
    app.session_state["sign_in_session"] = session_of("system_manager", "10.1.1.1", utc_now())
    app.run()
    for name, value in params.items():
        app.query_params[name] = value
    app.switch_page("pages/importing/page.py").run()
    assert not app.exception
    return app


def upload(app: AppTest, name: str, data: bytes, source: str = SOURCE) -> None:
    if source in app.selectbox(key="import.source_name").options:
        app.selectbox(key="import.source_name").set_value(source)
    else:
        app.text_input(key="import.new_source").set_value(source)
    app.file_uploader[0].set_value((name, data, "")).run()
    assert not app.exception


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def can_press(app: AppTest, label: str) -> bool:
    return any(button.label == label and not button.disabled for button in app.button)


def words(app: AppTest) -> str:
    parts: list[Any] = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.success]
    return " ".join(str(part.value) for part in parts).replace("\\", "")


def tiles(app: AppTest) -> list[str]:
    return [str(tile.value) for tile in app.metric]


def stored() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(UsageRecord)) or 0


def column_box(app: AppTest, field: str) -> Any:
    return next(
        box
        for box in app.selectbox
        if str(box.key).startswith("import.column.") and str(box.key).endswith(f".{field}")
    )


def unit_box(app: AppTest) -> Any:
    return next(box for box in app.selectbox if str(box.key).startswith("import.unit."))


def test_the_sample_goes_through_the_three_steps(world: World) -> None:
    add_sample_places(world)
    app = open_page()
    assert app.title[0].value == "匯入"
    assert [head.value for head in app.subheader] == [
        "① 選擇來源與檔案",
        "② 核對欄位與單位",
        "③ 預覽與匯入",
        "匯入紀錄",
    ]
    assert "還沒有匯入過檔案" in words(app)
    upload(app, "匯出.xlsx", sample("xlsx").read_bytes())
    assert "XLSX，標題列是第 2 列，已自動對應 14 個欄位" in words(app)
    assert column_box(app, "user_code").value == 3
    assert column_box(app, "case_no").value is None
    assert column_box(app, "case_or_document_no").value == 11

    press(app, "檢查檔案")
    assert tiles(app) == ["2,034 列", "1,990 列", "10 列", "34 列"]
    rejected = app.dataframe[1].value
    assert len(rejected) == 34
    assert {"檔案列號", "原因", "C　使用單位"} <= set(rejected.columns)
    assert "未填案件號或原因" in words(app)
    assert stored() == 0
    assert not can_press(app, "匯入")

    app.radio(key="import.choice").set_value("只匯入正確的列").run()
    assert stored() == 0
    press(app, "匯入")
    assert stored() == 1990
    assert "存入 1,990 列" in words(app)
    assert tiles(app) == ["2,034 列", "1,990 列", "10 列", "34 列"]
    past = app.dataframe[0].value
    assert list(past["檔案"]) == ["匯出.xlsx"]
    assert list(past["存入"]) == [1990]
    assert list(past["匯入者"]) == ["測試013（system_manager）"]
    app.run()
    assert stored() == 1990

    press(app, "匯入另一個檔案")
    assert not app.metric
    upload(app, "匯出.csv", sample("csv").read_bytes())
    press(app, "檢查檔案")
    assert tiles(app) == ["2,034 列", "0 列", "2,000 列", "34 列"]
    app.radio(key="import.choice").set_value("只匯入正確的列").run()
    assert not can_press(app, "匯入")
    assert stored() == 1990


def test_an_unknown_unit_is_mapped_by_hand(world: World) -> None:
    app = open_page()
    upload(app, "a.csv", csv_file({}, {"序號": "2", "使用單位": "大安*分處*"}, {"使用單位": "甲"}))
    press(app, "檢查檔案")
    assert tiles(app) == ["3 列", "2 列", "0 列", "1 列"]
    assert "臺北市稅捐稽徵處 甲（1 列）" in unit_box(app).label
    unit_box(app).set_value(world.units["tax2"]).run()
    assert "請再按一次「檢查檔案」" in words(app)
    assert not can_press(app, "匯入")
    press(app, "檢查檔案")
    assert tiles(app) == ["3 列", "3 列", "0 列", "0 列"]
    assert unit_box(app).value == world.units["tax2"]
    press(app, "匯入")
    with reading() as db:
        names = db.scalars(select(UsageRecord.unit_name).order_by(UsageRecord.id)).all()
    assert names == ["大安分處", "大安分處", "中山分處"]


def test_columns_are_mapped_by_hand(world: World) -> None:
    app = open_page()
    data = table_csv([["處", "誰", "何時", "何事"], ["TAX-DAAN", "u1", "115/7/1 10:00", "地籍圖"]])
    upload(app, "a.csv", data)
    assert "已自動對應 0 個欄位" in words(app)
    press(app, "檢查檔案")
    assert "缺少必要欄位" in app.error[0].value
    for column, field in enumerate(("unit", "user_code", "occurred_at", "item")):
        column_box(app, field).set_value(column)
    press(app, "檢查檔案")
    assert not app.error
    assert tiles(app) == ["1 列", "1 列", "0 列", "0 列"]
    press(app, "匯入")
    assert stored() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "空的"),
        (b"\x00\x01\x02" * 50, "二進位"),
        (sample("xlsx").read_bytes()[:9000], "損壞"),
        (b"hello", "標題列"),
    ],
)
def test_a_bad_file_is_told_and_the_page_goes_on(world: World, data: bytes, sentence: str) -> None:
    app = open_page()
    upload(app, "壞.csv", data)
    assert sentence in app.error[0].value
    app.run()
    assert sentence in app.error[0].value
    upload(app, "好.csv", csv_file({}))
    assert not app.error
    press(app, "檢查檔案")
    assert tiles(app) == ["1 列", "1 列", "0 列", "0 列"]


def test_a_rerun_reads_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    open_file = sheets.open_file

    def counting(*given: Any) -> Any:
        opened.append(1)
        return open_file(*given)

    monkeypatch.setattr(previewing, "open_file", counting)
    monkeypatch.setattr(scan, "open_file", counting)
    app = open_page()
    upload(app, "a.csv", csv_file({}))
    assert len(opened) == 1
    app.run()
    press(app, "檢查檔案")
    assert len(opened) == 2
    app.radio(key="import.choice").set_value("只匯入正確的列").run()
    app.run()
    assert len(opened) == 2


def test_leaving_the_page_loses_nothing(world: World) -> None:
    app = open_page()
    upload(app, "a.csv", csv_file({}, {"查詢時間": ""}))
    press(app, "檢查檔案")
    app.switch_page("pages/home/page.py").run()
    app.switch_page("pages/importing/page.py").run()
    assert "目前的檔案：a.csv" in words(app)
    assert tiles(app) == ["2 列", "1 列", "0 列", "1 列"]


def test_many_rejected_rows_are_paged(world: World) -> None:
    app = open_page()
    rows = [{"序號": str(n), "查詢時間": ""} for n in range(150)]
    upload(app, "a.csv", csv_file(*rows))
    press(app, "檢查檔案")
    assert list(app.dataframe[1].value["檔案列號"]) == list(range(2, 102))
    assert "第 1 至 100 筆，共 150 筆" in words(app)
    press(app, "下一頁")
    assert list(app.dataframe[1].value["檔案列號"]) == list(range(102, 152))


def test_other_peoples_text_is_shown_as_text(world: World) -> None:
    app = open_page()
    hostile = "**粗** :red[x] <b>y</b>"
    upload(app, f"{hostile}.csv", csv_file({"使用單位": hostile}, {"序號": "2"}))
    press(app, "檢查檔案")
    assert "\\*\\*粗" in unit_box(app).label
    app.radio(key="import.choice").set_value("只匯入正確的列").run()
    press(app, "匯入")
    assert "\\*\\*粗" in app.success[0].value


def test_a_user_of_another_system_is_tied_to_an_account(world: World) -> None:
    app = open_page(view="people")
    assert "還沒有其他系統的使用者" in words(app)
    app = open_page()
    upload(app, "a.csv", csv_file({}, {"序號": "2", "使用者代號": "u002"}))
    press(app, "檢查檔案")
    press(app, "匯入")
    app = open_page(view="people")
    assert list(app.dataframe[0].value["代號"]) == ["u001", "u002"]
    assert "只影響之後的匯入" in words(app)
    assert not can_press(app, "對應")
    assert not can_press(app, "解除對應")
    app.selectbox(key="import.account").set_value(world.accounts["clerk"]).run()
    press(app, "對應")
    assert list(app.dataframe[0].value["對應的本系統帳號"]) == ["測試001（clerk）", ""]
    press(app, "對應")
    assert "沒有變動" in app.error[0].value
    press(app, "解除對應")
    with reading() as db:
        assert set(db.scalars(select(SourceUser.account_id))) == {None}


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def test_sheets_are_named_before_and_after(world: World) -> None:
    app = open_page()
    upload(app, "a.xlsx", case("a02b-hidden-old-sheet-first.xlsx"))
    assert "讀取 1 張工作表：使用紀錄。不讀取：舊資料（隱藏的工作表）。" in words(app)
    press(app, "檢查檔案")
    assert list(app.dataframe[1].value["說明"]) == ["不讀取：隱藏的工作表", "已讀取"]
    press(app, "匯入")
    assert stored() == 2
    assert list(app.dataframe[0].value["工作表"]) == ["舊資料", "使用紀錄"]


def test_what_comes_too_late_for_a_frozen_audit_is_said_before_and_after(world: World) -> None:
    freeze(world.actor("head"), world.units["tax1"], Quarter(2026, 3), seal=False)
    app = open_page()
    upload(app, "a.csv", csv_file({}))
    said = "大安分處 115年第3季已凍結，1 筆不列入"
    assert not app.warning
    for button in ("檢查檔案", "匯入"):
        press(app, button)
        assert said in app.warning[0].value, button
    assert stored() == 1


def test_rejected_rows_of_several_sheets_name_their_sheet(world: World) -> None:
    sheets = [
        [list(HEADERS), list((GOOD | {"查詢時間": ""}).values())],
        [list(reversed(HEADERS)), list(reversed((GOOD | {"查詢時間": "x"}).values()))],
    ]
    app = open_page()
    upload(app, "a.xlsx", xlsx_of(*map(sheet_rows, sheets)))
    press(app, "檢查檔案")
    rejected = app.dataframe[2].value
    assert list(rejected["工作表"]) == ["S1", "S2"]
    assert list(rejected["檔案列號"]) == [2, 2]
    assert list(rejected["使用者代號"]) == ["u001", "u001"]


def test_columns_without_a_field_are_named_and_can_be_set_aside(world: World) -> None:
    app = open_page()
    upload(app, "a.csv", case("a40-unknown-headings.csv"))
    (aside,) = app.multiselect
    assert aside.options == ["流水", "依據文號"]
    press(app, "檢查檔案")
    assert tiles(app) == ["3 列", "3 列", "0 列", "0 列"]
    assert "A 流水 3 列（例如 31）、L 依據文號 3 列" in words(app)
    app.multiselect[0].set_value(["流水"]).run()
    assert "請再按一次「檢查檔案」" in words(app)
    column_box(app, "document_no").set_value(11).run()
    assert app.multiselect[0].options == ["流水"]
    press(app, "檢查檔案")
    assert tiles(app) == ["3 列", "3 列", "0 列", "0 列"]
    press(app, "匯入")
    with reading() as db:
        numbers = db.scalars(select(UsageRecord.document_no).order_by(UsageRecord.id)).all()
    assert numbers == [f"府授地資字第115755463{number}0號" for number in (1, 2, 3)]


@pytest.mark.parametrize(("choice", "records"), [("一列一筆", 3), ("只算一筆", 1)])
def test_rows_alike_are_asked_about(world: World, choice: str, records: int) -> None:
    app = open_page()
    upload(app, "a.csv", case("a15-same-minute-no-serial.csv"))
    press(app, "檢查檔案")
    assert "有 2 列與前面的列完全相同" in words(app)
    assert app.radio(key="import.alike").value == "一列一筆"
    app.radio(key="import.alike").set_value(choice).run()
    assert tiles(app) == ["3 列", f"{records} 列", f"{3 - records} 列", "0 列"]
    press(app, "匯入")
    assert stored() == records


def test_the_separator_can_be_chosen(world: World) -> None:
    app = open_page()
    upload(app, "a.csv", table_csv([HEADERS, list(GOOD.values())], "utf-8", ";"))
    box = next(box for box in app.selectbox if str(box.key).startswith("import.delimiter."))
    assert box.value == ";"
    box.set_value("\t").run()
    assert "標題列" in app.error[0].value
    box = next(box for box in app.selectbox if str(box.key).startswith("import.delimiter."))
    box.set_value(";").run()
    assert not app.error
    press(app, "檢查檔案")
    assert tiles(app) == ["1 列", "1 列", "0 列", "0 列"]


def test_the_same_file_again_is_told_before_it_is_checked(world: World) -> None:
    app = open_page()
    upload(app, "a.csv", csv_file({}))
    assert "先前匯入過" not in words(app)
    press(app, "檢查檔案")
    press(app, "匯入")
    press(app, "匯入另一個檔案")
    upload(app, "b.csv", csv_file({}))
    assert "這個檔案先前匯入過" in words(app)
    assert f"由 測試013（system_manager） 以「{SOURCE}」匯入，當時存入 1 列" in words(app)


def test_proposed_accounts_are_tied_at_once(world: World) -> None:
    app = open_page()
    upload(
        app,
        "a.csv",
        csv_file(
            {"使用者代號": "clerk", "姓名": "測試001"},
            {"序號": "2", "使用者代號": "auditor", "姓名": ""},
            {"序號": "3", "使用者代號": "head", "姓名": "別的名字"},
            {"序號": "4", "姓名": ""},
        ),
    )
    press(app, "檢查檔案")
    press(app, "匯入")
    app = open_page(view="people")
    assert "建議的對應" in words(app)
    assert sorted(app.dataframe[0].value["代號"]) == ["auditor", "clerk", "head"]
    assert not can_press(app, "對應勾選的 0 位")
    press(app, "對應姓名相符的 2 位")
    press(app, "確定對應")
    with reading() as db:
        tied = dict(db.execute(select(SourceUser.user_code, SourceUser.account_id)).tuples().all())
    assert tied == {
        "auditor": world.accounts["auditor"],
        "clerk": world.accounts["clerk"],
        "u001": None,
        "head": None,
    }
    assert list(app.dataframe[0].value["依據"]) == ["代號與帳號相同；兩邊姓名不同"]


@pytest.mark.parametrize("who", ["clerk", "agency_manager", "reviewer"])
def test_the_page_is_closed_to_others(world: World, who: str) -> None:
    app = AppTest.from_file("../../app.py", default_timeout=60)
    app.session_state["sign_in_session"] = session_of(who, "10.1.1.1", utc_now())
    app.run()
    with pytest.raises(ValueError):
        app.switch_page("pages/importing/page.py")
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(UsageImport)) == 0
