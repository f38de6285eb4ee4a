"""稽核複核 and 缺失改善 as reviewers and agencies use them: what each sees, presses, and is told."""

import pytest
from streamlit.testing.v1 import AppTest

from data.engine import reading
from data.models import Finding, PackageReview
from services import clock
from services.oversight.findings.acting import Words, move_finding
from services.oversight.findings.view import view_finding
from services.regulation.finding_states import FindingAct, Gravity
from tests.pages.browsing import open_page, shown, texts
from tests.services.audits.whole import LETTER
from tests.services.oversight.whole import REVIEWED, Dated, asked, received, review_of, taken
from tests.staged import Stage
from tests.world import World

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
pytestmark = on_sqlite


@pytest.fixture(autouse=True)
def reviewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: REVIEWED)


def press(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def test_a_reviewer_takes_a_clean_package_and_accepts_it(stage: Stage, world: World) -> None:
    desk = stage.add(world, received)
    app = open_page("reviewer", "review", half="2026H1")
    queue = shown(app.dataframe[0])
    first = queue.iloc[0]
    assert (first["機關"], first["狀態"], first["不符"]) == ("臺北市稅捐稽徵處", "待複核", "0")
    # In August the half-year of the others is not overdue yet.
    assert set(queue["狀態"]) == {"待複核", "尚未函送"}
    app = open_page("reviewer", "review", half="2026H1", review=str(review_of(desk)))
    assert "通過 17 項" in [one.label for one in app.expander]
    assert "請說明" not in labels(app) and "准予備查" not in labels(app)
    app = press(app, "承辦")
    assert {"准予備查", "請說明", "移交承辦"} <= set(labels(app))
    app = press(app, "准予備查")
    app.text_input(key="accept.number").input("12")
    app = press(app, "確定准予備查")
    assert "公文字號" in app.error[0].value
    app.text_input(key="accept.number").input(LETTER)
    app = press(app, "確定准予備查")
    assert not app.error
    with reading() as db:
        assert db.query(PackageReview).one().state == "accepted"
    assert "撤銷備查" in labels(app)


def test_a_finding_is_asked_answered_and_followed_to_its_end(stage: Stage, world: World) -> None:
    desk = stage.add(world, taken)
    app = open_page("reviewer", "review", review=str(review_of(desk)))
    app = press(app, "請說明")
    app.text_input(key="ask.title").input("說明查詢目的")
    app.text_area(key="ask.note").input("請檢送案卷影本說明。")
    app.text_input(key="ask.due").input("115年8月1日")
    app = press(app, "確定請說明")
    assert "須晚於今天" in app.error[0].value
    app.text_input(key="ask.due").input("115年9月10日")
    app = press(app, "確定請說明")
    with reading() as db:
        finding = db.query(Finding).one().id
    assert not app.error and "尚未結案" in texts(app)
    # The agency: its own page, from the list to the answer.
    app = open_page("agency_manager", "findings")
    assert list(shown(app.dataframe[0])["輪到"]) == ["機關"]
    app = open_page("agency_manager", "findings", finding=str(finding))
    app = press(app, "提出說明")
    app.text_area(key="move.note").input("查詢係辦理地價稅案，案卷影本如附件。")
    app = press(app, "確定提出說明")
    assert not app.error and "已說明，待複核" in texts(app) + str(app.get("badge"))
    assert "收回「提出說明」" in labels(app)
    # The reviewer: what the table lets follow, and the letter that 限期改善 asks for.
    app = open_page("reviewer", "findings", finding=str(finding))
    assert {"請再說明", "說明可採", "列為缺失"} <= set(labels(app))
    app = press(app, "列為缺失")
    app.text_area(key="move.note").input("案號與查詢標的不符。")
    app = press(app, "確定列為缺失")
    assert "請選缺失程度" in app.error[0].value
    app.radio(key="move.gravity").set_value(Gravity.DEFICIENT)
    app = press(app, "確定列為缺失")
    assert not app.error
    app = press(app, "限期改善")
    app.text_area(key="move.note").input("請加強查詢目的之登載。")
    app.text_input(key="move.letter").input(LETTER)
    app.text_input(key="move.letter_date").input("115/8/25")
    app = press(app, "確定限期改善")
    assert not app.error
    _improve(desk, finding)
    app = open_page("reviewer", "findings", finding=str(finding), show="all")
    app = press(app, "結案")
    app.text_area(key="move.note").input("改善情形可採。")
    app = press(app, "確定結案")
    assert not app.error and not [one for one in labels(app) if one == "結案"]
    app = open_page("reviewer", "review", review=str(review_of(desk)))
    assert "還不能准予備查" not in texts(app)


def _improve(desk: Dated, finding: int) -> None:
    manager = desk.actor("agency_manager")
    for act in (FindingAct.IMPROVE, FindingAct.DISCIPLINE, FindingAct.NOTIFY):
        revision = view_finding(manager, finding).revision
        said = Words("已辦理如附件。", done_on=REVIEWED.date(), letter_no=LETTER)
        move_finding(manager, finding, revision, act, said)


def test_others_see_and_do_not_act_and_the_way_is_drawn(stage: Stage, world: World) -> None:
    desk = stage.add(world, taken)
    finding = asked(desk)
    for who in ("ethics", "agency_head"):
        app = open_page(who, "findings", finding=str(finding))
        assert "說明查詢目的" in texts(app)
        assert not {"提出說明", "展延期限", "列為缺失"} & set(labels(app))
    app = open_page("works_manager", "findings", finding=str(finding))
    assert "權限" in app.error[0].value
    app = open_page("reviewer", "findings", view="help")
    assert len(app.dataframe[0].value) == 14
    app = open_page("reviewer2", "review", review=str(review_of(desk)))
    assert "准予備查" not in labels(app) and "移交承辦" in labels(app)
