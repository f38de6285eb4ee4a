"""From a usage record to its unit's audit: it can be picked exactly where the sentence is empty."""

import pytest
from sqlalchemy import func, select

from data.engine import reading
from data.models import UsageRecord
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.picking import pick_place
from services.audits.sheet import worksheet_rows
from services.audits.signing import sign
from services.audits.words import Ruling
from services.audits.worksheet import judge, pick
from services.errors import Refused, UserError
from services.regulation.periods import Quarter
from tests.world import World, at

Q3 = Quarter(2026, 3)
WHY = "夜間查詢，事由不明"


def record_of(month: int) -> int:
    with reading() as db:
        of_month = UsageRecord.local_month == f"2026-{month:02d}"
        newest = db.scalar(select(func.max(UsageRecord.id)).where(of_month))
    assert newest is not None
    return newest


def told(world: World, record_id: int, who: str = "head") -> str:
    place = pick_place(world.actor(who), record_id)
    assert place.unit_code == "TAX-DAAN"
    return place.problem


def test_what_stands_in_the_way_at_every_stage(world: World) -> None:
    world.use("clerk", *(at(2026, 7, day, 21) for day in range(1, 29)))
    world.use("clerk", at(2026, 11, 2))
    running, inside = record_of(11), record_of(7)
    assert "到 115年12月31日 才結束" in told(world, running)
    assert "還沒有凍結" in told(world, inside)
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q3)
    assert "還沒有抽樣" in told(world, inside)
    draw_first(head, audit_id)
    world.use("clerk", at(2026, 8, 3))
    assert "凍結後才存入" in told(world, record_of(8))
    rows = {row.record_id for row in worksheet_rows(head, audit_id)}
    assert "已經在樣本" in told(world, min(rows))
    free = next(record for record in range(inside, 0, -1) if record not in rows)
    for who in ("agency_manager", "unit_manager", "system_manager", "ethics"):
        assert "由大安分處的單位主管或其指派的稽核人員辦理" in told(world, free, who)
        with pytest.raises(Refused):
            pick(world.actor(who), audit_id, [free], WHY)
    for who in ("clerk", "works_head"):
        with pytest.raises(Refused):
            pick_place(world.actor(who), free)
    place = pick_place(world.actor("auditor"), free)
    assert (place.problem, place.audit_id) == ("", audit_id)
    assert place.name == "大安分處 115年第3季單位稽核"
    pick(world.actor("auditor"), audit_id, [free], WHY)
    assert "已經在樣本或判斷抽查內" in told(world, free)
    seen = {row.record_id: 0 for row in worksheet_rows(head, audit_id)}
    judge(head, audit_id, seen, Ruling.COMPLIANT)
    sign(head, audit_id, view_audit(head, audit_id).content_hash)
    left = next(record for record in range(inside, 0, -1) if record not in seen)
    assert "已簽核" in told(world, left) and "單位主管重新開啟" in told(world, left)
    # The sentence only says what the service decides.
    for record in (running, record_of(8), free, left):
        with pytest.raises(UserError):
            pick(head, audit_id, [record], WHY)
