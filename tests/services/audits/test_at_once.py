"""Two people doing the same thing at the same moment: exactly one does it, the other is told."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from data.engine import reading
from data.models import AuditDraw, AuditFrame, Signature, Verdict
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import sign
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.errors import Conflict
from tests.services.audits.test_unit_audit import Q3, audited, drawn_audit, judge_everything
from tests.world import World

__all__ = ["audited"]


def at_once(*acts: Callable[[], Any]) -> Counter[str]:
    """Run every act in a thread of its own, released together; count how they ended."""
    barrier = threading.Barrier(len(acts))
    ended: list[str] = []

    def run(act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            act()
            ended.append("done")
        except Conflict:
            ended.append("told")
        except BaseException as error:
            ended.append(repr(error))

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(ended)


def count(table: Any) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("_again", range(3))
def test_one_frame_is_frozen(audited: World, _again: int) -> None:
    people = [audited.actor(name) for name in ("head", "auditor")]
    ended = at_once(*(lambda p=p: freeze(p, audited.units["tax1"], Q3) for p in people))
    assert ended == {"done": 1, "told": 1}
    assert count(AuditFrame) == 1


@pytest.mark.parametrize("_again", range(3))
def test_one_sample_is_drawn(audited: World, _again: int) -> None:
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3)
    people = [audited.actor(name) for name in ("head", "auditor", "head")]
    ended = at_once(*(lambda p=p: draw_first(p, audit_id) for p in people))
    assert ended == {"done": 1, "told": 2}
    assert count(AuditDraw) == 1


@pytest.mark.parametrize("_again", range(3))
def test_one_verdict_is_given(audited: World, _again: int) -> None:
    audit_id = drawn_audit(audited)
    auditor = str(audited.accounts["auditor"])
    record = next(
        row.record_id
        for row in worksheet_rows(audited.actor("head"), audit_id)
        if row.person_key != auditor
    )
    ended = at_once(
        *(
            lambda n=n: judge(audited.actor(n), audit_id, {record: 0}, Ruling.COMPLIANT)
            for n in ("head", "auditor")
        )
    )
    assert ended == {"done": 1, "told": 1}
    assert count(Verdict) == 1


def test_one_signature_is_set(audited: World) -> None:
    audit_id = drawn_audit(audited)
    judge_everything(audited, audit_id)
    people = [audited.actor(name) for name in ("head", "auditor")]
    shown = view_audit(people[0], audit_id).content_hash
    ended = at_once(*(lambda p=p: sign(p, audit_id, shown) for p in people))
    assert ended == {"done": 1, "told": 1}
    assert count(Signature) == 1
