"""The main job in a real browser: query, import, freeze, draw, judge, sign, and the unit's trend.

One story in the order of the day: each test goes on where the one before it stopped.
"""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pages.shared.session_token import COOKIE_NAME
from services.demo.people import DEMO_PASSWORD
from tests.e2e.person import Person

pytestmark = pytest.mark.browser
SAMPLE = Path(__file__).parents[1] / "files" / "platform-usage-export.csv"
Enter = Callable[[], Person]


@pytest.fixture
def enter(browser: Browser, server: str) -> Iterator[Enter]:
    """Opens browser windows of their own, and closes them."""
    people: list[Person] = []

    def somebody() -> Person:
        people.append(Person(browser, server))
        return people[-1]

    yield somebody
    for person in people:
        person.leave()


def test_a_clerk_is_refused_a_filler_and_reads_a_parcel_with_a_document_number(
    enter: Enter,
) -> None:
    clerk = enter()
    clerk.sign_in("clerk", "/parcel_query?section=AD0609&number=18-1&kind=land")
    page = clerk.page
    page.get_by_label("查詢原因").fill("查詢")
    clerk.press("查詢")
    clerk.sees("看不出是哪一件公務")
    expect(page.get_by_text("查得資料")).to_have_count(0)
    page.get_by_label("查詢原因").fill("")
    page.get_by_label("公文號").fill("府授地資字第1156012388號")
    clerk.press("查詢")
    clerk.sees("查得資料")
    clerk.sees("使用紀錄第")
    clerk.picture("query")
    clerk.go("我的使用紀錄")
    clerk.sees("第 1 至 50 筆")


def test_the_system_manager_imports_another_system_s_records(enter: Enter) -> None:
    manager = enter()
    manager.sign_in("system_manager", "/import_usage")
    manager.page.locator("input[type=file]").set_input_files(SAMPLE)
    manager.rest()
    manager.press("檢查檔案")
    manager.sees("1,990")
    manager.sees("不能匯入的列")
    manager.page.get_by_text("只匯入正確的列", exact=True).click()
    manager.rest()
    manager.picture("import")
    manager.page.get_by_role("button", name="匯入", exact=True).click()
    manager.page.get_by_role("button", name="匯入另一個檔案").wait_for(timeout=120_000)
    manager.rest()
    manager.sees("1,990")


def test_an_auditor_takes_a_quarter_from_its_frame_to_the_signature(
    enter: Enter, tmp_path: Path
) -> None:
    auditor = enter()
    auditor.sign_in("auditor")
    page = auditor.page
    # The newest quarter stands last: what is overdue comes first, the oldest of it before the others.
    page.locator("a[href*=audit_sampler]", has_text="前往辦理").last.click()
    auditor.rest()
    auditor.sees("應稽核多少")
    auditor.picture("frame")
    auditor.step("② 凍結")
    # More than are judged at once without being asked.
    page.get_by_test_id("stNumberInputField").fill("16")
    page.keyboard.press("Tab")
    auditor.rest()
    auditor.press("凍結母體")
    auditor.press("確定凍結")
    auditor.press("抽樣")
    auditor.sees("第 1 次抽樣，共 1 次")
    auditor.picture("draw")
    seed = page.get_by_test_id("stCode").first.inner_text()
    auditor.open(page.url.removeprefix(auditor.server))
    assert page.get_by_test_id("stCode").first.inner_text() == seed
    verify_download(auditor, tmp_path)
    pick_from_the_records(auditor)

    auditor.step("④ 查核")
    words_survive(auditor, "調閱公文後查無此案")
    words_survive_the_end_of_the_session(auditor, enter, "調閱公文後查無此案")
    page.keyboard.press("Alt+3")
    auditor.rest()
    auditor.sees("已判定 1／")
    auditor.picture("judge")
    many_are_asked_for(auditor)
    auditor.step("⑤ 簽核")
    auditor.sees("筆未判定")
    auditor.press("回到查核")
    assert auditor.judge_the_rest()
    auditor.press("簽核")
    auditor.press("確定簽核")
    auditor.sees("這件稽核已簽核")
    auditor.sees("95% 信心水準")
    auditor.picture("sign")

    page.get_by_role("link", name="看這個單位的使用趨勢").click()
    auditor.rest()
    expect(page.get_by_role("heading", name="使用統計", level=1)).to_be_visible()
    page.wait_for_selector(".js-plotly-plot")
    auditor.picture("trend")
    assert page.evaluate(KEPT_WORDS) == ["調閱公文後查無此案"]
    auditor.page.get_by_role("button", name="登出").click()
    page.get_by_label("密碼").wait_for()
    assert page.evaluate(KEPT_WORDS) == []


def pick_from_the_records(auditor: Person) -> None:
    """Take a record that the machine has noticed into the audit, whatever the lot has drawn; then go on there."""
    page, audit = auditor.page, auditor.page.url.removeprefix(auditor.server)
    auditor.go("使用紀錄")
    auditor.open(f"{page.url.removeprefix(auditor.server)}?period=quarter&flag=any")
    for row in range(5):
        auditor.tick(row)
        auditor.sees("加入判斷抽查")
        if page.get_by_role("button", name="加入判斷抽查").is_enabled():
            break
    number = page.get_by_role("heading", name="紀錄", level=3).inner_text()
    auditor.press("加入判斷抽查")
    page.get_by_label("理由").fill("事由不明，另行查核")
    auditor.press("確定加入")
    auditor.sees("已經在樣本或判斷抽查內")
    address = page.url.removeprefix(auditor.server)
    auditor.open(address)
    expect(page.get_by_role("heading", name=number, level=3)).to_be_visible()
    auditor.open(audit)
    auditor.sees(f"判斷抽查{number}，理由：事由不明")


KEPT_WORDS = """() => Object.entries(sessionStorage)
    .filter(([name]) => name.startsWith('st-key-unsent_')).map(([, words]) => words)"""
"""What the browser's tab keeps of what was typed."""


def words_survive(auditor: Person, words: str) -> None:
    """Type a note and send nothing: a look at other records and a reload lose none of it."""
    page, note = auditor.page, auditor.page.get_by_label("說明")
    address = page.url.removeprefix(auditor.server)
    note.fill(words)
    for expected in ("", words):
        # The box of the second row, which is drawn on a canvas: once to choose it, once to leave it.
        page.get_by_test_id("stDataFrameResizable").first.click(position={"x": 20, "y": 86})
        auditor.rest()
        expect(note).to_have_value(expected)
    auditor.open(address)
    expect(note).to_have_value(words)


def words_survive_the_end_of_the_session(auditor: Person, enter: Enter, words: str) -> None:
    """Judge after the same account has signed in elsewhere: one is told why, and the note is there again.

    Only for whoever typed it: the unit's head, who signs in at the same tab in between, does not see it.
    """
    page = auditor.page
    enter().sign_in("auditor")
    page.keyboard.press("Alt+3")
    auditor.sees("在別處登入（")
    expect(page.get_by_text("請先登入。")).to_have_count(0)
    auditor.picture("ended-elsewhere")
    expect(page.get_by_text(words)).to_have_count(0)
    for who, expected in (("head", ""), ("auditor", words)):
        auditor.rest()
        page.get_by_label("帳號").fill(who)
        page.get_by_label("密碼").fill(DEMO_PASSWORD)
        page.get_by_role("button", name="登入").click()
        page.get_by_role("button", name="登出").wait_for()
        auditor.rest()
        expect(page.get_by_label("說明")).to_have_value(expected)
        auditor.sees("已判定 0／")
        if (
            who == "head"
        ):  # whose session ends as well, and not by a sign-out, which forgets all words
            enter().sign_in("head")
            auditor.step("⑤ 簽核")
            auditor.sees("在別處登入（")
            expect(page.get_by_label("密碼")).to_be_visible()
            page.goto(f"{auditor.server}/audit_sampler?unit=TAX-DAAN&step=judge")
            auditor.rest()


def many_are_asked_for(auditor: Person) -> None:
    """Select all and press Alt+1: nothing is judged before it was asked for, and flagged ones are left out."""
    page = auditor.page
    # The box of the head row, which is drawn on a canvas, selects every record.
    page.get_by_test_id("stDataFrameResizable").first.click(position={"x": 20, "y": 16})
    auditor.rest()
    auditor.sees("已選取 ")
    page.keyboard.press("Alt+1")
    auditor.rest()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("筆有系統提示")).to_be_visible()
    auditor.sees("已判定 1／")
    auditor.picture("bulk")
    dialog.get_by_role("button", name="確定將").click()
    auditor.rest()
    expect(page.get_by_text("已判定 1／")).to_have_count(0)


def verify_download(auditor: Person, folder: Path) -> None:
    """Download the draw and repeat it with the script in it (story 10)."""
    with zipfile.ZipFile(io.BytesIO(auditor.download("下載抽樣")[1])) as archive:
        archive.extractall(folder)
    result = subprocess.run(
        [sys.executable, "-I", "-S", "verify_draw.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_a_manager_finds_what_is_late_and_comes_back_to_the_same_list(enter: Enter) -> None:
    manager = enter()
    manager.sign_in("agency_manager", "/audit_sampler?state=late")
    page = manager.page
    lines = manager.read_table()
    days = [int(cells[4].replace(",", "")) for cells in lines]
    assert days[0] == max(days) > 0, "the oldest stands first"
    manager.tick(0)
    manager.sees(f"逾期 {days[0]:,} 天")
    page.reload()
    manager.rest()
    manager.press("回到清單")
    assert page.url.split("?")[1].split("&").count("state=late") == 1
    assert manager.read_table() == lines


def test_a_manager_goes_from_the_ranking_to_one_person_s_evenings(enter: Enter) -> None:
    manager = enter()
    manager.sign_in("agency_manager", "/usage_charts?unit=TAX-DAAN")
    page = manager.page
    manager.sees("個人排名")
    tables = page.get_by_test_id("stDataFrameResizable").count()
    manager.tick(0, table=tables - 1)
    expect(page.get_by_role("heading", name="使用紀錄", level=1)).to_be_visible()
    manager.sees("只列")
    manager.open(f"{page.url.removeprefix(manager.server)}&time=outside")
    rows = manager.read_table()
    assert len({cells[2] for cells in rows}) == 1
    assert all(cells[1] in ("假日", "非上班時間") for cells in rows)
    # They sort as the times they are; a screen reader is told those, and the screen has them in ROC form.
    page.get_by_test_id("stDataFrameResizable").first.click(position={"x": 80, "y": 16})
    manager.rest()
    times = [cells[0] for cells in manager.read_table()]
    assert times == sorted(times) == [cells[0] for cells in reversed(rows)]


def test_the_tick_stays_with_the_person_when_the_list_moves(enter: Enter) -> None:
    manager = enter()
    manager.sign_in("agency_manager", "/accounts?view=accounts&status=active&text=tax0002")
    page = manager.page
    manager.tick(0)
    manager.has_ticked(0)
    who = page.get_by_role("heading", level=3).first.inner_text()
    manager.press("停權")
    page.get_by_label("原因（必填）").fill("調職，另案申請")
    page.get_by_test_id("stDialog").get_by_role("button", name="停權").click()
    manager.rest()
    manager.sees("停權")
    manager.has_ticked()  # another person stands at that place now
    expect(page.get_by_role("heading", name=who)).to_be_visible()
    manager.open(page.url.removeprefix(manager.server).replace("status=active&", ""))
    place = [cells[0] for cells in manager.read_table()].index(who)
    manager.has_ticked(place)


def test_the_unit_head_sees_the_signed_audit_cold_and_cannot_sign_it_again(enter: Enter) -> None:
    head = enter()
    head.sign_in("head", "/audit_sampler?unit=TAX-DAAN&step=sign")
    head.sees("這件稽核已簽核")
    expect(head.page.get_by_role("button", name="簽核", exact=True)).to_have_count(0)


def test_signing_out_ends_every_copy_of_the_cookie(enter: Enter, server: str) -> None:
    clerk = enter()
    clerk.sign_in("clerk")
    clerk.page.reload()
    clerk.rest()
    clerk.sees("登出")
    stolen = next(c for c in clerk.context.cookies() if c["name"] == COOKIE_NAME)
    thief = enter()
    thief.context.add_cookies([{"name": COOKIE_NAME, "value": stolen["value"], "url": server}])
    thief.open("/my_usage")
    thief.sees("登出")
    clerk.press("登出")
    thief.page.reload()
    thief.rest()
    expect(thief.page.get_by_label("密碼")).to_be_visible()
    expect(clerk.page.get_by_label("密碼")).to_be_visible(timeout=30_000)


def test_an_address_of_a_page_one_may_not_see_leads_nowhere(enter: Enter) -> None:
    clerk = enter()
    clerk.sign_in("clerk", "/import_usage")
    clerk.sees("您沒有這個頁面的權限")
    expect(clerk.page.get_by_text("Page not found")).to_have_count(0)
    expect(clerk.page.get_by_role("heading", name="匯入", level=1)).to_have_count(0)
    expect(clerk.page.get_by_test_id("stSidebar").get_by_role("link", name="匯入")).to_have_count(0)


@pytest.mark.parametrize("path", ["/home", "/accounts", "/usage_charts"])
def test_nothing_is_asked_of_any_other_server(enter: Enter, path: str) -> None:
    manager = enter()
    asked: set[str] = set()
    manager.page.on("request", lambda request: asked.add(request.url))
    manager.sign_in("agency_manager", path)
    expect(manager.page.get_by_text("Page not found")).to_have_count(0)
    away = {url for url in asked if not url.startswith((manager.server, "data:", "blob:"))}
    assert asked
    assert away == set()
