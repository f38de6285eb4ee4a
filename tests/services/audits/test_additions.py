"""Further draws and picks by judgement: named with their reasons, to whoever sees the audit."""

import pytest

from data.engine import reading
from services.audits import store
from services.audits.additions import addition_marks, list_picks
from services.audits.drawing import expand, redraw
from services.audits.frozen import unpack_frame
from services.audits.sheet import worksheet_rows
from services.audits.worksheet import pick
from services.errors import Refused
from tests.services.audits.test_unit_audit import audited, drawn_audit
from tests.world import World

__all__ = ["audited"]


def test_lists_say_what_was_added(audited: World) -> None:
    head, audit_id = audited.actor("head"), drawn_audit(audited)
    assert addition_marks(head, [audit_id]) == {}
    assert list_picks(head, audit_id) == []
    redraw(head, audit_id, "單位名冊有誤")
    for count in (1, 2):
        expand(head, audit_id, count, "發現缺失，擴大查核")
    taken = {row.record_id for row in worksheet_rows(head, audit_id)}
    with reading() as db:
        frame = unpack_frame(store.load_frame_row(db, audit_id))
    free = [int(record) for record in frame.ids if int(record) not in taken]
    pick(head, audit_id, free[:2], "夜間查詢，無法說明")
    pick(audited.actor("auditor"), audit_id, free[2:3], "同一案號多人使用")
    manager = audited.actor("agency_manager")
    assert addition_marks(manager, [audit_id]) == {audit_id: "重抽 1 次、加抽 2 次、判斷抽查 3 筆"}
    picks = list_picks(manager, audit_id)
    assert [(one.records, one.reason, one.by) for one in picks] == [
        (tuple(free[:2]), "夜間查詢，無法說明", head.label),
        ((free[2],), "同一案號多人使用", audited.actor("auditor").label),
    ]


def test_other_agencies_are_told_nothing(audited: World) -> None:
    head, audit_id = audited.actor("head"), drawn_audit(audited)
    redraw(head, audit_id, "單位名冊有誤")
    stranger = audited.actor("works_head")
    assert addition_marks(stranger, [audit_id]) == {}
    with pytest.raises(Refused):
        list_picks(stranger, audit_id)
