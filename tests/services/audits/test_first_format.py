"""Signatures of before their format was written down stand for what they stood for."""

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import Audit, Signature
from services.audits import first_format, signing
from services.audits.drawing import draw_first
from services.audits.findings import summarise
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import reopen, sign
from services.audits.words import Ruling
from services.audits.worksheet import judge
from tests.services.audits.test_unit_audit import Q3, audited, judge_everything
from tests.services.ledger.helpers import run
from tests.world import World

__all__ = ["audited"]
FIRST_SENTENCE = (
    "從母體 260 筆隨機抽出的基本樣本 {base} 筆中有 1 筆缺失。以 95% 信心水準推論，母體 260 筆中的缺失至多 "
    "{limit} 筆（{share:.1%}）：實際若更多，只抽到這麼少缺失的機會不超過 5%。"
)


def signed_long_ago(world: World) -> tuple[int, str]:
    """An audit signed as it was done before: over the findings in their first words, without a format."""
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q3)
    draw_first(head, audit_id)
    base = [row for row in worksheet_rows(head, audit_id) if row.basis == "base" and not row.own]
    judge(head, audit_id, {base[0].record_id: 0}, Ruling.MAJOR, "查無此案")
    judge_everything(world, audit_id)
    sign(head, audit_id, view_audit(head, audit_id).content_hash)
    with reading() as db:
        audit = db.get_one(Audit, audit_id)
        found = summarise(db, audit_id)
        content = signing.signed_content(db, audit, found)
        content["findings"] = first_format.findings_of(found, "")
        hashed = signing.hash_of(content)
        summary = dict(db.scalars(select(Signature.summary)).one())
    del summary["format"], summary["conclusion"]
    import json

    run(
        "UPDATE signatures SET content_hash = :hashed, summary = :summary",
        hashed=hashed,
        summary=json.dumps(summary),
    )
    return audit_id, content["findings"]["sentence"]


def test_an_old_signature_is_in_force_until_something_changes(audited: World) -> None:
    audit_id, sentence = signed_long_ago(audited)
    view = view_audit(audited.actor("head"), audit_id)
    found = view.findings
    assert found is not None
    expected = FIRST_SENTENCE.format(
        base=found.base, limit=found.base_limit, share=found.base_limit / 260
    )
    assert sentence.startswith(expected)
    assert len(view.signatures) == 1 and not view.awaited
    assert not any(act.lapsed for act in view.acts)
    reopen(audited.actor("head"), audit_id, "機關管理者指正判定")
    after = view_audit(audited.actor("head"), audit_id)
    assert after.content_hash != view.content_hash, "what is signed anew is hashed as today"
    sign(audited.actor("head"), audit_id, after.content_hash)
    with reading() as db:
        assert db.scalars(select(Signature).order_by(Signature.id)).all()[-1].summary["format"] == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_changed_behind_an_old_signature_still_shows(audited: World) -> None:
    audit_id, _ = signed_long_ago(audited)
    run("UPDATE verdicts SET note = '符合規定' WHERE verdict = 'major'")
    view = view_audit(audited.actor("head"), audit_id)
    assert view.signatures == [] and any(act.lapsed for act in view.acts)
