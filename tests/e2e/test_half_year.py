"""Both audits in a real browser, from plan to package, by the people who live them (stories 6 and 7).

One story in the order of the days: each test goes on where the one before it stopped.
"""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select

from data.engine import reading
from data.models import Account, AccountDuty, Audit, Incident, Unit, UsageRecord
from services.regulation.periods import Quarter
from services.rocdate import roc_date
from tests.e2e.person import Person
from tests.e2e.test_access_review import answer

pytestmark = pytest.mark.browser
HALF = "2026H1"
PAGE = f"/agency_audit?half={HALF}"
LETTER = "北市稽法字第1156012388號"


def tick_all(person: Person) -> None:
    """Tick the box in the head of the units' table, which is drawn on a canvas."""
    table = person.page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 16, "y": 17})
    person.rest()


def unit_without_audit() -> tuple[int, str, str, str]:
    """Return the tax office's unit and quarter that nobody audited, and the sign-in of the unit's head."""
    with reading() as db:
        units = db.scalars(select(Unit).join(Unit.agency).where(Unit.agency.has(code="TAX"))).all()
        done = set(
            db.execute(select(Audit.unit_id, Audit.period).where(Audit.kind == "unit")).all()
        )
        for unit in units:
            for quarter in ("2026Q1", "2026Q2"):
                if (unit.id, quarter) not in done:
                    head = db.scalars(
                        select(Account.username)
                        .join(AccountDuty, AccountDuty.account_id == Account.id)
                        .where(AccountDuty.unit_id == unit.id, AccountDuty.duty == "unit_head")
                    ).one()
                    return unit.id, unit.code, quarter, head
    raise AssertionError("every unit of the tax office is audited")


def sign(person: Person) -> None:
    person.press("簽核")
    answer(person, "確定簽核")


def somebody(unit_id: int, quarter: str) -> str:
    """Return the label of whom the unit's head can appoint and who used the register least in the quarter."""
    months = Quarter.parse(quarter).months
    with reading() as db:
        uses = (
            select(func.count())
            .where(UsageRecord.account_id == Account.id, UsageRecord.local_month.in_(months))
            .scalar_subquery()
        )
        one = db.scalars(
            select(Account)
            .where(Account.unit_id == unit_id, Account.status == "active")
            .where(Account.role == "general_user", ~Account.duties.any())
            .order_by(uses, Account.username)
        ).first()
        assert one is not None
        return f"{one.name}（{one.username}）"


def test_a_unit_is_audited_from_the_appointment_to_the_signed_form(
    browser: Browser, server: str
) -> None:
    unit_id, code, quarter, who = unit_without_audit()
    head = Person(browser, server)
    head.sign_in(who, f"/audit_sampler?unit={code}&quarter={quarter}")
    appointed = somebody(unit_id, quarter)
    head.press("指派")
    dialog = head.page.get_by_role("dialog")
    dialog.get_by_role("combobox").click()
    head.page.get_by_role("option", name=appointed).click()
    dialog.get_by_label("理由").fill("115年下半年輪值稽核")
    answer(head, "確定指派")
    head.sees("已指派")
    head.picture("unit-scope")

    auditor = Person(browser, server)
    auditor.sign_in(
        appointed.split("（")[1].rstrip("）"), f"/audit_sampler?unit={code}&quarter={quarter}"
    )
    auditor.step("② 凍結")
    auditor.press("凍結母體")
    answer(auditor, "確定凍結")
    auditor.press("抽樣")
    auditor.sees("第 1 次抽樣，共 1 次")
    auditor.step("④ 查核")
    auditor.fits(1280, 800)
    place = auditor.page.get_by_text(re.compile("^第 [0-9]+／[0-9]+ 筆$"))
    first = place.inner_text()
    auditor.page.keyboard.press("Alt+ArrowDown")
    expect(place).not_to_have_text(first)
    auditor.rest()
    auditor.page.keyboard.press("Alt+ArrowUp")
    expect(place).to_have_text(first)
    auditor.rest()
    auditor.page.get_by_label("說明").fill("調閱公文後查無此案")
    auditor.page.keyboard.press("Alt+3")
    auditor.rest()
    auditor.sees("已判定 1／")
    auditor.picture("worksheet")
    if not auditor.judge_the_rest():  # one's own records are judged by another
        head.open(f"/audit_sampler?unit={code}&quarter={quarter}&step=judge")
        assert head.judge_the_rest()
        auditor.step("⑤ 簽核")
    sign(auditor)
    auditor.sees("這件稽核已簽核")
    auditor.picture("unit-signed")
    assert auditor.download("紀錄表（PDF）")[1].startswith(b"%PDF")
    with reading() as db:
        assert db.scalars(select(Incident).where(Incident.unit_id == unit_id)).all()
    head.leave()
    auditor.leave()


def test_the_agency_receives_what_its_units_signed(browser: Browser, server: str) -> None:
    manager = Person(browser, server)
    manager.sign_in("agency_manager", PAGE)
    manager.sees("單位稽核：應交 8 件，已收存 0 件")
    button = manager.page.get_by_role("button", name="收存", exact=True)
    # The table takes a click only once it stands.
    for _ in range(5):
        tick_all(manager)
        if button.count():
            break
        manager.page.wait_for_timeout(1_000)
    manager.sees("已勾選 8 件，其中 8 件可收存")
    manager.press("收存")
    manager.picture("agency-receive")
    answer(manager, "確定收存")
    manager.sees("單位稽核：應交 8 件，已收存 8 件")
    manager.picture("agency-owed")
    manager.leave()


def test_manager_and_ethics_officer_audit_the_half_year(browser: Browser, server: str) -> None:
    manager = Person(browser, server)
    manager.sign_in("agency_manager", f"{PAGE}&step=scope")
    manager.sees("應稽核多少")
    manager.picture("agency-scope")
    manager.press("下一步：凍結")
    manager.press("凍結母體")
    answer(manager, "確定凍結")
    manager.press("抽樣")
    manager.sees("第 1 次抽樣，共 1 次")
    manager.press("開始查核")
    manager.sees("單位判定「")
    manager.fits(1280, 800)
    manager.picture("agency-judge")
    assert manager.judge_the_rest()
    sign(manager)
    manager.sees("還缺政風人員的簽核")
    manager.leave()

    ethics = Person(browser, server)
    ethics.sign_in("ethics", f"{PAGE}&step=sign")
    sign(ethics)
    ethics.sees("這件稽核已簽核")
    ethics.leave()


def verified(package: Path, folder: Path) -> str:
    """Check a package with the scripts in it, as the bureau does without this system; return what they say."""
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            if name.startswith("verify_"):
                archive.extract(name, folder)
    done = subprocess.run(
        [sys.executable, "-I", folder / "verify_package.py", package],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_head_approves_and_the_package_goes_to_the_bureau(
    browser: Browser, server: str, tmp_path: Path
) -> None:
    head = Person(browser, server)
    head.sign_in("agency_head", PAGE)
    head.press("核定")
    answer(head, "確定核定")
    head.sees("等待機關管理者函送地政局")
    head.leave()

    manager = Person(browser, server)
    manager.sign_in("agency_manager", PAGE)
    manager.press("函送地政局")
    manager.page.get_by_role("dialog").get_by_label("公文字號").fill(LETTER)
    # The bureau's checks say beforehand what they will find: the half-year is long past.
    manager.page.get_by_role("dialog").get_by_label("檢核不符的說明", exact=True).fill(
        "補辦逾期案件。"
    )
    manager.page.get_by_role("dialog").get_by_text("已看過請人工檢視的事項").click()
    manager.rest()
    answer(manager, "確定函送")
    manager.sees("已函送地政局；送出的資料不會再變動")
    manager.picture("agency-sent")
    package = tmp_path / "package.zip"
    package.write_bytes(manager.download("函送資料（ZIP）")[1])
    manager.sees(hashlib.sha256(package.read_bytes()).hexdigest())
    said = verified(package, tmp_path / "scripts")
    # Eight unit audits and the agency's own, each with its figures and, but for nil returns, its draws.
    assert "ok  audits: 9 audits" in said
    assert said.count(" people\n") == 9 and said.count("SEALED: ") == said.count("抽樣.zip: OK") > 1
    manager.leave()

    reviewer = Person(browser, server)
    reviewer.sign_in("reviewer", f"{PAGE}&agency=TAX")
    reviewer.sees(LETTER)
    expect(reviewer.page.get_by_role("button", name="函送地政局")).to_have_count(0)
    reviewer.leave()


def test_the_ethics_officer_handles_what_was_found(browser: Browser, server: str) -> None:
    with reading() as db:
        found = db.scalars(
            select(Incident)
            .join(Audit, Audit.id == Incident.audit_id)
            .where(Incident.status == "open", Audit.kind == "unit")
            .where(Incident.agency.has(code="TAX"))
            .order_by(Incident.id.desc())
        ).first()
    assert found is not None
    ethics = Person(browser, server)
    ethics.sign_in("ethics", f"/incidents?incident={found.id}")
    ethics.sees(found.number)
    for button in ("登錄補救", "登錄結果"):
        ethics.press(button)
        dialog = ethics.page.get_by_role("dialog")
        dialog.get_by_role("textbox", name="辦理日期").fill(roc_date(found.opened_at.date()))
        dialog.get_by_label("辦理情形").fill("已依規定辦理並列入宣導")
        dialog.get_by_label("公文字號").fill(LETTER)
        answer(ethics, "登錄")
    ethics.press("結案")
    ethics.page.get_by_role("dialog").get_by_label("結案說明").fill("全案辦結")
    answer(ethics, "確定結案")
    ethics.sees("已結案")
    ethics.picture("incident-closed")
    ethics.leave()
