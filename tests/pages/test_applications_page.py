"""Applications on screen: before sign-in, one's own, the inbox, the tasks, and reinstatement."""

import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account, AccountDuty, Application
from services.actor import Actor
from services.applications import acting, listing, own
from services.applications.applying import Wanted, apply_new, apply_own
from services.applications.completing import complete
from services.applications.following import follow
from services.applications.listing import list_applications
from services.demo.load import DemoSummary
from services.demo.people import DEMO_PASSWORD
from services.identity.people import as_actor, load_account
from services.regulation.application_states import LIVE, State
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import Kind
from services.rocdate import roc_date
from tests.pages.browsing import APP, open_page, texts, visit
from tests.services.applications.cast import NEWCOMER, SCAN
from tests.world import NOW


@pytest.fixture(autouse=True)
def nothing_under_way(demo_city: DemoSummary) -> None:
    """Set the demo city's own applications aside: each test begins with none under way."""
    live = Application.state.in_([state.value for state in LIVE])
    with transaction() as db:
        db.execute(update(Application).where(live).values(state=State.WITHDRAWN.value))


def actor(who: str) -> Actor:
    with reading() as db:
        found = db.scalars(select(Account.id).where(Account.username == who)).one()
        account = load_account(db, found)
        assert account is not None
        return as_actor(account, NOW)


def press(app: AppTest, label: str) -> AppTest:
    app = next(one for one in app.button if one.label == label).click().run()
    assert not app.exception
    return app


def newest() -> Application:
    """The application that came in last; the demo city has some of its own."""
    with reading() as db:
        return db.scalars(select(Application).order_by(Application.id.desc()).limit(1)).one()


def set_step(step: int) -> None:
    with transaction() as db:
        db.execute(update(Application).where(Application.id == newest().id).values(step=step))


def sent_in() -> tuple[int, str]:
    """An application of somebody without an account, for the clerk's unit."""
    unit_id = actor("clerk").unit_id
    assert unit_id is not None
    wanted = Wanted(Role.GENERAL_USER, unit_id, (Item.LAND_DESCRIPTION,), "業務需要")
    sent = apply_new(NEWCOMER, wanted, "10.1.1.1", NOW)
    assert sent.token is not None
    return sent.id, sent.token


def following(token: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["follow"] = token
    return app.run()


def test_a_stranger_applies_and_sees_what_comes_next(demo_city: DemoSummary) -> None:
    app = press(visit(), "申請帳號")
    assert app.subheader[0].value == "申請帳號"
    app = press(app, "送出申請")
    assert "姓名" in app.error[0].value  # nothing was filled in, nothing is lost
    agency = actor("clerk").agency_id
    app.selectbox(key="apply.agency").select(agency).run()
    app.selectbox(key=f"apply.unit.{agency}").select(actor("clerk").unit_id)
    for key, value in {
        "name": NEWCOMER.name,
        "staff_no": NEWCOMER.staff_no,
        "title": NEWCOMER.title,
        "phone": NEWCOMER.phone,
        "email": NEWCOMER.email,
        "username": NEWCOMER.username,
    }.items():
        app.text_input(key=f"apply.{key}").input(value)
    app.pills(key="apply.items").set_value([Item.LAND_DESCRIPTION])
    app.text_area(key="apply.reason").input("辦理地價稅稽徵業務")
    app = press(app, "送出申請")
    application = newest()
    assert application.number in app.subheader[0].value
    assert [one.proto.label for one in app.get("download_button")] == [
        "列印申請表",
        "列印保密切結書",
        "申請表 ODT 檔",
        "保密切結書 ODT 檔",
    ]
    # The link is shown, as no mail takes it along.
    assert "/?follow=" in app.code[0].value
    press(app, "回到登入")
    assert app.text_input[0].label == "帳號"


def test_who_signs_next_is_named_by_the_role(demo_city: DemoSummary) -> None:
    _, token = sent_in()
    assert any("送單位主管核可" in one.value for one in following(token).caption)
    with transaction() as db:
        db.execute(
            update(Application)
            .where(Application.id == newest().id)
            .values(role=Role.AGENCY_MANAGER.value)
        )
    assert any("送機關首長核可" in one.value for one in following(token).caption)


def test_a_head_without_an_account_is_named(demo_city: DemoSummary) -> None:
    id_, _ = sent_in()
    set_step(2)
    with transaction() as db:
        db.execute(update(AccountDuty).where(AccountDuty.duty == "unit_head").values(ended_at=NOW))
    app = press(open_page("unit_manager", "accounts", application=str(id_)), "登錄書面核可")
    assert not app.selectbox
    assert "沒有可核可的帳號" in app.text_input(key="dialog.approver").label


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("115/2/30", "發文日期：沒有"), ("", "請填發文日期"), ("200/1/1", "不晚於今天")],
)
def test_the_day_of_a_letter_is_typed_in_roc_years(
    demo_city: DemoSummary, typed: str, sentence: str
) -> None:
    apply_own(actor("agency_manager"), Kind.CHANGE, "調整業務", items=(Item.CADASTRAL_MAP,))
    set_step(5)
    app = press(open_page("reviewer", "accounts", application=str(newest().id)), "登錄復函")
    day = app.text_input(key="dialog.day")
    assert day.value == roc_date(NOW.date())
    number = next(one for one in app.text_input if one.label == "公文字號")
    number.input("府授地資字第1156012388號")
    day.input(typed)
    app.button(key="dialog.do").click().run()
    assert sentence in app.error[0].value
    app.text_input(key="dialog.day").input(roc_date(NOW.date()))
    app.button(key="dialog.do").click().run()
    assert not app.exception and not app.error
    with reading() as db:
        act = db.get_one(Application, newest().id).acts[-1]
        assert act.letter_date == NOW.date()


def test_without_a_head_the_manager_has_the_buttons_to_refuse(demo_city: DemoSummary) -> None:
    id_, _ = sent_in()
    set_step(2)
    app = open_page("unit_manager", "accounts", application=str(id_))
    assert not {"退回補正", "駁回"} & {button.label for button in app.button}
    with transaction() as db:
        db.execute(update(AccountDuty).where(AccountDuty.duty == "unit_head").values(ended_at=NOW))
    app = open_page("unit_manager", "accounts", application=str(id_))
    assert {"登錄書面核可", "退回補正", "駁回"} <= {button.label for button in app.button}
    press(app, "駁回")
    app.text_area(key="dialog.note").input("主管於申請表上註記不同意")
    app.button(key="dialog.do").click().run()
    assert not app.exception and newest().state == "refused"


def test_a_dead_link_says_so_and_tells_nothing(demo_city: DemoSummary) -> None:
    app = following("x" * 43)
    assert app.error[0].value.startswith("連結無效")
    assert not app.subheader and "follow" not in app.query_params


def test_the_link_withdraws_and_corrects(demo_city: DemoSummary) -> None:
    _, token = sent_in()
    app = following(token)
    press(app, "撤回")
    assert "原因" in app.error[0].value
    app.text_input(key="apply.withdraw.reason").input("不再需要").run()
    press(app, "撤回")
    assert newest().state == "withdrawn"
    assert "不再需要" in texts(app)


def test_what_was_sent_back_is_put_right_with_the_link(demo_city: DemoSummary) -> None:
    id_, token = sent_in()
    set_step(2)
    acting.send_back(actor("head"), id_, 2, "請減少項目")
    app = following(token)
    assert "請減少項目" in texts(app)
    app.text_area(key="correct.reason").input("只需要標示部")
    press(app, "補正後送出")
    application = newest()
    assert (application.state, application.step, application.reason) == ("open", 1, "只需要標示部")


def test_own_applications_and_what_they_owe(demo_city: DemoSummary) -> None:
    app = open_page("clerk", "apply")
    app.text_area(key="apply_own.reason").input("調整業務")
    press(app, "送出申請")
    assert "與目前相同" in app.error[0].value
    app.pills(key="apply_own.items").set_value([Item.CADASTRAL_MAP])
    press(app, "送出申請")
    application = newest()
    assert (application.kind, application.items) == ("change", ["CadastralMap"])
    assert application.number in texts(app)
    home = open_page("clerk", "home")
    assert "待您列印申請表" in texts(home)
    own.print_own(actor("clerk"), application.id)
    assert "等待單位主管辦理「核可」" in texts(open_page("clerk", "home"))
    assert "1 件申請案" in texts(open_page("head", "home"))
    assert "件申請案" not in texts(open_page("unit_manager", "home"))


def test_the_head_approves_and_the_manager_completes(demo_city: DemoSummary) -> None:
    sent = apply_own(actor("clerk"), Kind.CHANGE, "調整業務", items=(Item.CADASTRAL_MAP,))
    own.print_own(actor("clerk"), sent.id)
    manager = open_page("unit_manager", "accounts", application=str(sent.id))
    labels = [button.label for button in manager.button]
    assert "登錄書面核可" in labels and "完成辦理" not in labels
    head = open_page("head", "accounts", application=str(sent.id))
    press(head, "核可")
    head.button(key="dialog.do").click().run()
    assert not head.exception and newest().step == 3
    manager = open_page("unit_manager", "accounts", application=str(sent.id))
    press(manager, "完成辦理")
    manager.button(key="dialog.do").click().run()
    assert not manager.exception and newest().state == "completed"
    assert actor("clerk").items == {Item.CADASTRAL_MAP}


@pytest.mark.parametrize(("label", "state"), [("駁回", "refused"), ("退回補正", "returned")])
def test_refusing_and_sending_back_need_a_reason(
    demo_city: DemoSummary, label: str, state: str
) -> None:
    sent = apply_own(actor("clerk"), Kind.CANCEL, "離職")
    own.print_own(actor("clerk"), sent.id)
    head = open_page("head", "accounts", application=str(sent.id))
    press(head, label)
    head.button(key="dialog.do").click().run()
    assert "原因" in head.error[0].value and newest().state == "open"
    head.text_area(key="dialog.note").input("資料不符")
    head.button(key="dialog.do").click().run()
    assert newest().state == state


def test_what_changed_behind_an_open_dialog_is_told(demo_city: DemoSummary) -> None:
    sent = apply_own(actor("clerk"), Kind.CANCEL, "離職")
    own.print_own(actor("clerk"), sent.id)
    head = open_page("head", "accounts", application=str(sent.id))
    press(head, "核可")
    own.withdraw_own(actor("clerk"), sent.id, newest().revision, "留任")
    head.button(key="dialog.do").click().run()
    assert "剛剛已由其他人辦理" in head.error[0].value


def test_the_head_can_end_what_its_applicant_leaves_lying(demo_city: DemoSummary) -> None:
    sent = apply_own(actor("clerk"), Kind.CHANGE, "調整業務", items=(Item.CADASTRAL_MAP,))
    manager = open_page("unit_manager", "accounts", application=str(sent.id))
    assert "駁回" not in [button.label for button in manager.button]
    head = open_page("head", "accounts", application=str(sent.id))
    assert "核可" not in [button.label for button in head.button]
    press(head, "駁回")
    head.text_area(key="dialog.note").input("申請人已調離")
    head.button(key="dialog.do").click().run()
    assert not head.exception and newest().state == "refused"


def test_a_list_that_is_cut_says_so(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_LIMIT", 1)
    total = list_applications(actor("unit_manager"), live_only=False).total
    assert total > 1
    captions = [one.value for one in open_page("unit_manager", "accounts", closed="yes").caption]
    assert f"列出 1 件，共 {total} 件；結案較早的未列出。" in captions
    captions = [one.value for one in open_page("unit_manager", "accounts").caption]
    assert not [one for one in captions if "未列出" in one]


def test_what_is_sent_back_says_what_no_correction_mends(demo_city: DemoSummary) -> None:
    id_, _ = sent_in()
    set_step(2)
    app = press(open_page("head", "accounts", application=str(id_)), "退回補正")
    assert "姓名、員工編號、單位等有誤者無法補正，請駁回" in app.info[0].value


def test_whose_the_number_was_is_said_before_it_is_completed(demo_city: DemoSummary) -> None:
    id_, _ = sent_in()
    set_step(3)
    with transaction() as db:
        clerk = update(Account).where(Account.username == "clerk")
        db.execute(clerk.values(status="cancelled", staff_no=NEWCOMER.staff_no, name="林小美"))
    app = open_page("unit_manager", "accounts", application=str(id_))
    assert "林小美（clerk）」帳號，姓名不同" in app.warning[0].value
    app = press(app, "完成辦理")
    assert "姓名不同" in app.warning[1].value and app.button(key="dialog.do").disabled
    with transaction() as db:
        db.execute(clerk.values(name=NEWCOMER.name))
    app = open_page("unit_manager", "accounts", application=str(id_))
    assert not app.warning and "沿用該帳號" in app.info[0].value


def test_another_agency_s_application_is_not_shown(demo_city: DemoSummary) -> None:
    sent = apply_own(actor("clerk"), Kind.CANCEL, "離職")
    app = open_page("reviewer", "accounts", application=str(sent.id))
    assert app.error[0].value == "查無此申請案。"
    assert actor("clerk").name not in texts(app)


def test_a_suspended_person_applies_and_gets_no_further(demo_city: DemoSummary) -> None:
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.username == "clerk")
            .values(status="suspended", status_reason="逾六個月未使用", suspended_at=NOW)
        )
    app = visit()
    app.text_input[0].input("clerk")
    app.text_input[1].input(DEMO_PASSWORD)
    press(app, "登入")
    assert "逾六個月未使用" in texts(app)
    app.text_area(key="reinstate.reason").input("已完成教育訓練")
    press(app, "送出申請")
    application = newest()
    assert (application.kind, application.state, application.step) == ("reinstate", "open", 1)
    assert "請以電話或電子郵件通知" in texts(app)
    assert "sign_in_session" not in app.session_state
    press(app, "取消，回到登入")
    assert app.text_input[0].label == "帳號"


def suspended_in(who: str) -> AppTest:
    """Sign in as somebody who has just been suspended."""
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.username == who)
            .values(status="suspended", suspended_at=NOW, last_used_at=NOW)
        )
    app = visit()
    app.text_input[0].input(who)
    app.text_input[1].input(DEMO_PASSWORD)
    return press(app, "登入")


def test_a_suspended_person_puts_right_and_takes_back(demo_city: DemoSummary) -> None:
    app = suspended_in("clerk")
    app.text_area(key="reinstate.reason").input("已完成教育訓練")
    press(app, "送出申請")
    acting.send_back(actor("unit_manager"), newest().id, newest().revision, "請敘明訓練日期")
    app = suspended_in("clerk")
    assert "退回補正" in app.warning[1].value
    app.text_area(key="correct.reason").input("115年11月20日完成訓練")
    press(app, "補正後送出")
    assert (newest().state, newest().reason) == ("open", "115年11月20日完成訓練")
    app.text_input(key="reinstate.why").input("改以電話說明")
    press(app, "撤回")
    assert newest().state == "withdrawn"
    assert "送出申請" in [button.label for button in app.button]


def test_a_suspended_system_manager_prints_the_form_on_the_way_in(demo_city: DemoSummary) -> None:
    app = suspended_in("system_manager")
    app.text_area(key="reinstate.reason").input("已完成教育訓練")
    press(app, "送出申請")
    assert "列印申請表" in [one.proto.label for one in app.get("download_button")]


def test_a_suspended_agency_manager_reads_whose_turn_it_is(demo_city: DemoSummary) -> None:
    """No telephone call is asked for where the letter of the agency comes next (5.3.3)."""
    app = suspended_in("agency_manager")
    app.text_area(key="reinstate.reason").input("已完成教育訓練")
    press(app, "送出申請")
    assert "辦理「函送地政局」" in app.info[0].value and "電話" not in app.info[0].value


def test_the_help_draws_every_workflow(demo_city: DemoSummary) -> None:
    app = open_page("unit_manager", "accounts", view="workflows")
    assert not app.exception
    assert app.get("graphviz_chart")


def test_following_shows_a_completed_one_s_way_to_the_password(demo_city: DemoSummary) -> None:
    id_, token = sent_in()
    set_step(3)
    complete(actor("unit_manager"), id_, 2, SCAN, knows_applicant=True)
    assert follow(token, NOW, "").line.state == "completed"
    app = press(following(token), "啟用帳號")
    assert app.subheader[0].value == "啟用帳號"
    assert "重設" not in texts(app) and "新密碼登入" not in texts(app)
    app.text_input[0].input("四隻 貓頭鷹 在山上唱歌啊")
    app.text_input[1].input("四隻 貓頭鷹 在山上唱歌啊")
    app = press(app, "設定密碼並啟用")
    assert not app.error, [one.value for one in app.error]
    assert "帳號已啟用" in app.success[0].value
    app = visit()
    app.text_input[0].input(NEWCOMER.username)
    app.text_input[1].input("四隻 貓頭鷹 在山上唱歌啊")
    press(app, "登入")
    assert "sign_in_session" in app.session_state
    assert "啟用帳號" not in [button.label for button in following(token).button]
