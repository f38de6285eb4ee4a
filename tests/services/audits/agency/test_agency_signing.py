"""Two persons sign the agency's record, a third approves it; receiving the units'; and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from data.engine import reading, transaction
from data.models import (
    AccountDuty,
    Audit,
    AuditAct,
    AuditDraw,
    AuditFrame,
    Event,
    JudgementPick,
    Reopening,
    Signature,
    Verdict,
)
from services.actor import Actor, DutyHeld
from services.audits.acts import CHANGED, REOPENED
from services.audits.agency.approving import approve, return_audit
from services.audits.agency.freezing import freeze_agency, preview_agency_frame
from services.audits.agency.receiving import receive
from services.audits.drawing import draw_first, expand, redraw
from services.audits.forms.agency_form import agency_paper
from services.audits.overview import AuditView, view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import reopen, sign
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge, pick
from services.documents.paper import Signatures
from services.errors import Conflict, Invalid, Refused
from services.regulation.audit_states import AuditStatus
from services.regulation.roles import Duty, EthicsKind, Role
from tests.agency_freeze import freeze_half, reasons, receive_signed
from tests.services.audits.agency.halves import (
    HALF,
    Q1,
    Q2,
    audit_id,
    drawn_unit,
    frozen_agency,
    half,
    judge_all,
    signed_unit,
    units,
)
from tests.services.audits.test_at_once import at_once
from tests.world import NOW, World

__all__ = ["audit_id", "half", "units"]


def shown(world: World, audit_id: int) -> AuditView:
    return view_audit(world.actor("reviewer"), audit_id)


def sign_as(world: World, audit_id: int, *people: str) -> None:
    for who in people:
        sign(world.actor(who), audit_id, shown(world, audit_id).content_hash)


def everything() -> dict[str, Any]:
    """All that an audit consists of, to show that a refusal changed nothing."""
    tables = (AuditDraw, Verdict, JudgementPick, Signature, Reopening, AuditAct)
    with reading() as db:
        held: dict[str, Any] = {
            t.__tablename__: db.scalar(select(func.count()).select_from(t)) for t in tables
        }
        held["status"] = db.scalars(select(Audit.status).order_by(Audit.id)).all()
    return held


def events_about(audit_id: int) -> list[str]:
    with reading() as db:
        rows = db.scalars(
            select(Event.type)
            .where(Event.object_type == "audit", Event.object_id == str(audit_id))
            .order_by(Event.id)
        )
        return [one for one in rows if one not in ("worksheet_viewed", "record_judged")]


def refused(error: type[Exception], sentence: str, act: Callable[[], Any]) -> None:
    before = everything()
    with pytest.raises(error, match=sentence):
        act()
    assert everything() == before


@pytest.mark.parametrize("order", [("agency_manager", "ethics"), ("ethics", "agency_manager")])
def test_it_is_signed_when_both_have_signed(
    half: World, audit_id: int, order: tuple[str, str]
) -> None:
    first, second = order
    sign_as(half, audit_id, first)
    view = shown(half, audit_id)
    assert view.status is AuditStatus.JUDGING
    assert [one.account_id for one in view.signatures] == [half.accounts[first]]
    (place,) = view.awaited
    assert [one.value for one in place] == [
        "ethics_officer" if second == "ethics" else "agency_manager"
    ]
    sign_as(half, audit_id, second)
    view = shown(half, audit_id)
    assert (view.status, view.awaited) == (AuditStatus.SIGNED, ())
    assert {one.capacity for one in view.signatures} == {
        Role.AGENCY_MANAGER, Duty.ETHICS_OFFICER,
    }  # fmt: skip
    assert not any(act.lapsed for act in view.acts)
    assert events_about(audit_id).count("audit_signed") == 2


def test_one_person_holding_both_duties_cannot_give_both(half: World, audit_id: int) -> None:
    sign_as(half, audit_id, "both")
    refused(Refused, "機關管理者與政風人員兩人簽核", lambda: sign_as(half, audit_id, "both"))
    # Nor is the other manager's signature a second place: the ethics office is still missing.
    refused(Conflict, "還缺政風人員的簽核", lambda: sign_as(half, audit_id, "agency_manager"))
    sign_as(half, audit_id, "ethics")
    assert shown(half, audit_id).status is AuditStatus.SIGNED


def test_whoever_holds_both_takes_the_place_that_is_left(half: World, audit_id: int) -> None:
    sign_as(half, audit_id, "agency_manager", "both")
    view = shown(half, audit_id)
    assert view.status is AuditStatus.SIGNED
    assert view.signatures[1].capacity is Duty.ETHICS_OFFICER


def test_the_same_signature_twice_is_told(half: World, audit_id: int) -> None:
    sign_as(half, audit_id, "ethics")
    refused(
        Conflict,
        "您已經以政風人員身分簽核；還缺機關管理者",
        lambda: sign_as(half, audit_id, "ethics"),
    )
    refused(Conflict, "還缺機關管理者的簽核", lambda: sign_as(half, audit_id, "ethics2"))


@pytest.mark.parametrize(
    ("people", "left"),
    [(("ethics", "ethics"), 1), (("ethics", "ethics2"), 1), (("ethics", "agency_manager"), 2)],
)
def test_two_tabs_signing_at_once(
    half: World, audit_id: int, people: tuple[str, str], left: int
) -> None:
    seen = shown(half, audit_id).content_hash
    acting = [half.actor(who) for who in people]
    ended = at_once(*(lambda p=p: sign(p, audit_id, seen) for p in acting))
    assert ended == ({"done": 2} if left == 2 else {"done": 1, "told": 1})
    assert len(shown(half, audit_id).signatures) == left
    status = AuditStatus.SIGNED if left == 2 else AuditStatus.JUDGING
    assert shown(half, audit_id).status is status


def test_a_change_after_the_first_signature_makes_it_lapse(half: World, audit_id: int) -> None:
    sign_as(half, audit_id, "agency_manager")
    record = worksheet_rows(half.actor("ethics"), audit_id)[0].record_id
    judge(half.actor("ethics"), audit_id, {record: 1}, Ruling.DEFICIENT, "查無此案", "調卷後發現")
    view = shown(half, audit_id)
    assert view.signatures == []
    assert [(act.what, act.lapsed) for act in view.acts] == [("機關管理者簽核", CHANGED)]
    sign_as(half, audit_id, "ethics")
    assert shown(half, audit_id).status is AuditStatus.JUDGING
    sign_as(half, audit_id, "agency_manager")
    view = shown(half, audit_id)
    assert view.status is AuditStatus.SIGNED
    assert [(act.what, act.lapsed) for act in view.acts] == [
        ("機關管理者簽核", CHANGED), ("政風人員簽核", ""), ("機關管理者簽核", ""),
    ]  # fmt: skip


def test_what_changed_on_screen_is_not_signed(half: World, audit_id: int) -> None:
    old = shown(half, audit_id).content_hash
    sign_as(half, audit_id, "agency_manager")
    record = worksheet_rows(half.actor("ethics"), audit_id)[0].record_id
    judge(half.actor("ethics"), audit_id, {record: 1}, Ruling.EXPLAIN, "請補案號", "看過公文後")
    refused(Conflict, "剛剛有變動", lambda: sign(half.actor("ethics"), audit_id, old))


def test_an_unjudged_record_is_not_signed(half: World, units: dict[tuple[str, str], int]) -> None:
    audit_id = frozen_agency(half)
    refused(Conflict, "要在「查核中」時", lambda: sign(half.actor("ethics"), audit_id, ""))
    draw_first(half.actor("ethics"), audit_id)
    refused(Conflict, "未判定", lambda: sign_as(half, audit_id, "ethics"))


def test_a_signed_agency_audit_changes_only_by_reopening(half: World, audit_id: int) -> None:
    sign_as(half, audit_id, "agency_manager", "ethics")
    manager = half.actor("agency_manager")
    record = worksheet_rows(manager, audit_id)[0].record_id
    for attempt in (
        lambda: judge(manager, audit_id, {record: 1}, Ruling.MAJOR, "查無此案", "事後發現有誤"),
        lambda: redraw(manager, audit_id, "想要再抽一次"),
        lambda: expand(manager, audit_id, 1, "想要再抽一次"),
        lambda: pick(manager, audit_id, [record], "想要再看一筆"),
        lambda: sign_as(half, audit_id, "ethics"),
        lambda: frozen_agency(half),
        lambda: draw_first(manager, audit_id),
    ):
        refused(Conflict, "。", attempt)
    for who in ("ethics", "agency_head", "head", "works_manager"):
        refused(Refused, "權限", lambda who=who: reopen(half.actor(who), audit_id, "我要重新開啟"))  # type: ignore[misc]
    refused(Invalid, "理由", lambda: reopen(manager, audit_id, "錯"))
    reopen(manager, audit_id, "發現一筆判定有誤")
    view = shown(half, audit_id)
    assert (view.status, view.signatures) == (AuditStatus.JUDGING, [])
    # Nothing is kept in force from before, not even where nothing was changed.
    sign_as(half, audit_id, "agency_manager")
    assert shown(half, audit_id).status is AuditStatus.JUDGING
    sign_as(half, audit_id, "ethics")
    assert shown(half, audit_id).status is AuditStatus.SIGNED


def test_the_head_of_the_agency_approves(half: World, audit_id: int) -> None:
    head = half.actor("agency_head")
    refused(
        Conflict,
        "目前是「查核中」",
        lambda: approve(head, audit_id, shown(half, audit_id).content_hash),
    )
    sign_as(half, audit_id, "agency_manager")
    refused(
        Conflict,
        "還缺政風人員的簽核；兩人都簽核後才能核定",
        lambda: approve(head, audit_id, shown(half, audit_id).content_hash),
    )
    sign_as(half, audit_id, "ethics")
    refused(Conflict, "剛剛有變動", lambda: approve(head, audit_id, "0" * 64))
    for who in ("agency_manager", "ethics", "works_manager", "reviewer"):
        refused(
            Refused,
            "權限",
            lambda who=who: approve(half.actor(who), audit_id, shown(half, audit_id).content_hash),  # type: ignore[misc]
        )
    approve(head, audit_id, shown(half, audit_id).content_hash, "同意備查")
    view = shown(half, audit_id)
    assert view.status is AuditStatus.APPROVED
    assert (view.acts[-1].what, view.acts[-1].detail) == ("核定", "同意備查")
    with reading() as db:
        act = db.scalars(select(AuditAct).where(AuditAct.audit_id == audit_id)).one()
    assert (act.act, act.content_hash, act.account_id) == (
        "approved", view.content_hash, half.accounts["agency_head"],
    )  # fmt: skip
    refused(Conflict, "「已核定」", lambda: approve(head, audit_id, view.content_hash))
    assert events_about(audit_id)[-1] == "audit_approved"


def head_who_signs(world: World) -> Actor:
    """The ethics officer, who is the head's deputy too."""
    ethics = world.actor("ethics")
    deputy = DutyHeld(Duty.AGENCY_HEAD, agency_id=world.agencies["tax"])
    return replace(ethics, duties=(*ethics.duties, deputy))


def test_a_signer_does_not_approve(half: World, audit_id: int) -> None:
    sign_as(half, audit_id, "agency_manager", "ethics")
    seen = shown(half, audit_id).content_hash
    for act in (
        lambda: approve(head_who_signs(half), audit_id, seen),
        lambda: return_audit(head_who_signs(half), audit_id, "請補充說明"),
    ):
        refused(Refused, "簽核人之一", act)


def test_a_returned_audit_is_open_again_and_signed_anew(half: World, audit_id: int) -> None:
    head = half.actor("agency_head", NOW + timedelta(hours=1))
    refused(Conflict, "查核中", lambda: return_audit(head, audit_id, "請補充說明"))
    sign_as(half, audit_id, "agency_manager", "ethics")
    refused(Invalid, "退回的理由", lambda: return_audit(head, audit_id, "補"))
    return_audit(head, audit_id, "請說明為何未查核中山分處")
    view = shown(half, audit_id)
    assert (view.status, view.signatures) == (AuditStatus.JUDGING, [])
    assert [(act.what, act.detail) for act in view.acts][-1] == ("退回", "請說明為何未查核中山分處")
    assert "重新開啟" not in {act.what for act in view.acts}
    assert events_about(audit_id)[-1] == "audit_returned"
    sign_as(half, audit_id, "ethics", "agency_manager")
    approve(head, audit_id, shown(half, audit_id).content_hash)
    assert shown(half, audit_id).status is AuditStatus.APPROVED


def test_an_approved_audit_is_reopened_but_never_a_sent_one(half: World, audit_id: int) -> None:
    sign_as(half, audit_id, "agency_manager", "ethics")
    approve(half.actor("agency_head"), audit_id, shown(half, audit_id).content_hash)
    reopen(half.actor("agency_manager"), audit_id, "發現一筆判定有誤")
    assert shown(half, audit_id).status is AuditStatus.JUDGING
    with transaction() as db:
        db.get_one(Audit, audit_id).status = "sent"
    refused(
        Conflict,
        "已函送地政局，不能再開啟",
        lambda: reopen(half.actor("agency_manager"), audit_id, "發現一筆判定有誤"),
    )


def test_a_unit_audit_that_the_agency_counted_stays_as_it_was_signed(half: World) -> None:
    """Frame and floors of the agency's audit, and what two people sign there, rest on it (7.1.2)."""
    manager, head = half.actor("agency_manager"), half.actor("head")
    counted = signed_unit(half, "tax1", Q1), signed_unit(half, "tax1", Q2)
    assert {shown(half, one).final for one in counted} == {""}
    agencys = frozen_agency(half)
    late = signed_unit(half, "tax2", Q1)
    draw_first(manager, agencys)
    judge_all(half, agencys, "agency_manager")
    before = shown(half, agencys).content_hash
    for one in counted:
        status = shown(half, one).status
        assert "已計入115年上半年機關稽核" in shown(half, one).final
        with pytest.raises(Conflict, match="已計入115年上半年機關稽核"):
            reopen(head, one, "漏列一筆佐證資料")
        assert shown(half, one).status is status
    sign_as(half, agencys, "agency_manager", "ethics")
    reopen(manager, agencys, "發現一筆判定有誤")
    refused(Conflict, "已計入115年上半年", lambda: reopen(head, counted[0], "漏列一筆佐證資料"))
    # What was not counted rests on nothing yet.
    assert shown(half, late).final == ""
    reopen(half.actor("tax2_head"), late, "漏列一筆佐證資料")
    assert shown(half, agencys).content_hash == before


def test_opening_again_and_counting_at_once_is_one_or_the_other(half: World) -> None:
    audit_id = signed_unit(half, "tax1", Q1)
    manager, agency = half.actor("agency_manager"), half.agencies["tax"]
    receive_signed(manager, agency, HALF)
    why = reasons(manager, agency, HALF)
    ended = at_once(
        lambda: reopen(half.actor("head"), audit_id, "漏列一筆佐證資料"),
        lambda: freeze_agency(manager, agency, HALF, FrameScope.BOTH, seal=False, missing=why),
    )
    assert ended["done"] == 1
    with reading() as db:
        frames = db.scalars(
            select(AuditFrame)
            .join(Audit, Audit.id == AuditFrame.audit_id)
            .where(Audit.kind == "agency")
        ).all()
    counted = [unit["audit_id"] for frame in frames for unit in frame.basis["units"]]
    status = AuditStatus.RECEIVED if counted == [audit_id] else AuditStatus.JUDGING
    assert shown(half, audit_id).status is status and len(frames) == len(counted)


def test_a_nil_half_year_is_signed_and_approved_like_any_other(world: World) -> None:
    audit_id = frozen_agency(world)
    sign_as(world, audit_id, "ethics")
    assert shown(world, audit_id).status is AuditStatus.FROZEN
    sign_as(world, audit_id, "agency_manager")
    assert shown(world, audit_id).status is AuditStatus.SIGNED
    return_audit(world.actor("agency_head"), audit_id, "請確認沒有使用紀錄")
    assert shown(world, audit_id).status is AuditStatus.FROZEN
    sign_as(world, audit_id, "agency_manager", "ethics")
    approve(world.actor("agency_head"), audit_id, shown(world, audit_id).content_hash)


def test_the_manager_receives_a_units_record(half: World) -> None:
    manager = half.actor("agency_manager")
    open_ = drawn_unit(half, "tax2", Q1)
    refused(Conflict, "要在「已簽核」時", lambda: receive(manager, {open_: ""}))
    audit_id = signed_unit(half, "tax1", Q1)
    seen = shown(half, audit_id).content_hash
    refused(Conflict, "剛剛有變動", lambda: receive(manager, {audit_id: "0" * 64}))
    for who in ("head", "ethics", "agency_head", "works_manager", "reviewer"):
        refused(Refused, "權限", lambda who=who: receive(half.actor(who), {audit_id: seen}))  # type: ignore[misc]
    receive(manager, {audit_id: seen})
    view = shown(half, audit_id)
    assert view.status is AuditStatus.RECEIVED
    assert (view.acts[-1].what, view.acts[-1].detail) == ("收存", seen)
    assert events_about(audit_id)[-1] == "audit_received"
    refused(Conflict, "已收存", lambda: receive(manager, {audit_id: seen}))
    # Received counts like signed.
    preview = preview_agency_frame(manager, half.agencies["tax"], HALF, FrameScope.AUDITED)
    assert [unit.audit_id for unit in preview.audited.units] == [audit_id]
    assert [act.lapsed for act in view.acts] == ["", ""]
    # A reopening takes signature and receipt back, and says so; what comes after it stands, at the same moment too.
    reopen(half.actor("head"), audit_id, "機關管理者退回補正")
    assert shown(half, audit_id).status is AuditStatus.JUDGING
    before = [("單位主管簽核", REOPENED), ("收存", REOPENED), ("重新開啟", "")]
    assert sorted((act.what, act.lapsed) for act in shown(half, audit_id).acts) == sorted(before)
    sign_as(half, audit_id, "head")
    receive(manager, {audit_id: shown(half, audit_id).content_hash})
    acts = [(act.what, act.lapsed) for act in shown(half, audit_id).acts]
    assert sorted(acts) == sorted([*before, ("單位主管簽核", ""), ("收存", "")])


def test_several_records_are_received_together_or_none_of_them(half: World) -> None:
    manager = half.actor("agency_manager")
    made = [signed_unit(half, "tax1", Q1), signed_unit(half, "tax2", Q1)]
    seen = {audit_id: shown(half, audit_id).content_hash for audit_id in made}
    refused(Invalid, "請勾選", lambda: receive(manager, {}))
    for wrong in made:
        changed = seen | {wrong: "0" * 64}
        name = f"{shown(half, wrong).unit} {Q1.label}的稽核剛剛有變動"
        refused(Conflict, name, lambda changed=changed: receive(manager, changed))  # type: ignore[misc]
        assert {shown(half, audit_id).status for audit_id in made} == {AuditStatus.SIGNED}
    receive(manager, seen)
    for one in made:
        assert shown(half, one).status is AuditStatus.RECEIVED
        assert events_about(one)[-1] == "audit_received"


def test_kinds_are_not_mixed_up(half: World, audit_id: int) -> None:
    sign_as(half, audit_id, "agency_manager", "ethics")
    manager, head = half.actor("agency_manager"), half.actor("agency_head")
    with reading() as db:
        unit = db.scalars(select(Audit.id).where(Audit.kind == "unit")).first()
    assert unit is not None
    refused(
        Invalid,
        "只有單位稽核",
        lambda: receive(manager, {audit_id: shown(half, audit_id).content_hash}),
    )
    refused(Invalid, "只有機關稽核", lambda: approve(head, unit, shown(half, unit).content_hash))
    refused(Invalid, "只有機關稽核", lambda: return_audit(head, unit, "請補充說明"))


def test_the_office_that_the_ethics_officer_signs_for_is_printed_and_stays(world: World) -> None:
    """There need be no ethics office: what the duty says when it is signed stands in the box (domain.md §7.4)."""
    audit_id = freeze_half(
        world.actor("agency_manager"), world.agencies["tax"], HALF, FrameScope.AUDITED
    )

    def boxes() -> list[str]:
        with reading() as db:
            paper = agency_paper(db, db.get_one(Audit, audit_id))
        (signed,) = [part for part in paper.parts if isinstance(part, Signatures)]
        return [box.who for box in signed.boxes]

    def becomes(kind: str) -> None:
        with transaction() as db:
            db.execute(
                update(AccountDuty).where(AccountDuty.duty == "ethics_officer").values(kind=kind)
            )

    said = []
    for number, kind in enumerate(("", *EthicsKind)):
        becomes(kind)
        said.append(boxes()[1])
        sign_as(world, audit_id, "agency_manager", "ethics")
        becomes("")
        said.append(boxes()[1])
        later = world.actor("agency_manager", NOW + timedelta(hours=number + 1))
        reopen(later, audit_id, "更正辦理方式後重新簽核")
    assert said[::2] == ["政風單位"] * 4
    assert said[1::2] == [
        *("政風人員", "政風人員（政風單位）", "政風人員（兼辦政風）"),
        "政風人員（上級機關政風單位）",
    ]
