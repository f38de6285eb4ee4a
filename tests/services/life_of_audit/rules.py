"""What must hold of audits at every moment, and after every call: spelt out over the rows that are stored."""

import json
from collections.abc import Callable

from data.engine import reading
from data.models import (
    AccountDuty,
    Audit,
    AuditAct,
    AuditDraw,
    AuditFrame,
    JudgementPick,
    RecordShare,
    Reopening,
    SampleItem,
    Signature,
    Verdict,
)
from services.audits.signing import content_now
from tests.services.life_of_audit.stored import KEPT, Stored
from tests.world import World

May = Callable[[World, Stored, str], bool]


def _holding(*wanted: str) -> May:
    def may(world: World, stands: Stored, who: str) -> bool:
        return any(
            row.duty in wanted and row.ended_at is None
            for row in stands.rows(AccountDuty)
            if row.account_id == world.accounts[who]
        )

    return may


def _managing(_world: World, _stands: Stored, who: str) -> bool:
    return who in ("agency_manager", "both")


def _auditing(_world: World, _stands: Stored, who: str) -> bool:
    return who in ("agency_manager", "both", "ethics")


def _nobody(_world: World, _stands: Stored, _who: str) -> bool:
    return False


MAY: dict[tuple[str, str], May] = {
    ("conduct", "unit"): _holding("unit_head", "auditor"),
    ("conduct", "agency"): _auditing,
    ("judge", "unit"): lambda *who: _managing(*who) or _holding("unit_head", "auditor")(*who),
    ("judge", "agency"): _auditing,
    ("reopen", "unit"): _holding("unit_head"),
    ("reopen", "agency"): _managing,
    ("receive", "unit"): _managing,
    ("receive", "agency"): _nobody,
    ("approve", "unit"): _nobody,
    ("approve", "agency"): _holding("agency_head"),
    ("appoint", "unit"): _holding("unit_head"),
}
"""Who may do what to an audit of each kind, by the words of clauses 7.1.1 and 7.1.2."""
STAKE = {
    ("unit", "head"): ("agency_manager", "both"),
    ("agency", "agency_manager"): ("ethics", "both"),
    ("agency", "ethics"): ("agency_manager", "both"),
}
"""Whose records fall to whom, by kind of audit (domain.md §7.3); any others to whoever conducts it."""
WORD = {
    **dict.fromkeys(
        ("freeze", "draw_first", "redraw", "expand", "pick", "sign", "share_out", "take",
         "give_back", "add_evidence", "withdraw"), "conduct"),
    "return": "approve",
    "relieve": "appoint",
}  # fmt: skip
BEFORE = ("appoint", "relieve")
"""What is done to no audit."""
DONE = {"signed", "received", "approved"}
LEAVES = {
    ("unit", "signed"): {"reopen", "receive"},
    ("unit", "received"): {"reopen"},
    ("agency", "signed"): {"reopen", "approve", "return"},
    ("agency", "approved"): {"reopen"},
}
"""All that can be done to an audit that is signed, by kind and state."""
BECOMES = {"receive": {"received"}, "approve": {"approved"}, "return": {"judging", "frozen"},
           "reopen": {"judging", "frozen"}}  # fmt: skip


def judges(world: World, kind: str, whose: int | None) -> set[int] | None:
    """Return to whom somebody's records fall in an audit; None where to whoever conducts it."""
    names = {account: name for name, account in world.accounts.items()}
    fall_to = STAKE.get((kind, names.get(whose or 0, "")))
    return {world.accounts[name] for name in fall_to} if fall_to else None


def hold(
    world: World,
    before: Stored,
    now: Stored,
    users: dict[int, int | None],
    touched: int | None,
    name: str,
) -> None:
    """Fail unless everything holds after ``name`` was done to the audit ``touched``; ``users`` are by record."""
    for table in KEPT:
        lost = set(before.rows(table)) - set(now.rows(table))
        assert not lost, f"{name} lost a row of {table}"
    after = {row.id: row for row in now.rows(Audit)}
    for old in before.rows(Audit):
        new = after[old.id]
        if old.id != touched:
            assert new == old, f"{name} of another audit changed this one"
        elif old.status in DONE:
            assert name in LEAVES[old.kind, old.status], f"{name} of one that is {old.status}"
            # Neither what was signed nor a verdict changes by what can still be done.
            for table in (Verdict, Signature, SampleItem, JudgementPick, AuditFrame):
                assert now.rows(table, old.id) == before.rows(table, old.id)
            assert new.status in BECOMES[name]
    _verdicts(world, now, users)
    for audit in after.values():
        if audit.status in DONE:
            _signed(now, audit)
        if audit.kind == "agency":
            _counted(now, audit)


def _verdicts(world: World, now: Stored, users: dict[int, int | None]) -> None:
    sequences: dict[tuple[int, int], list[int]] = {}
    managers = {world.accounts["agency_manager"], world.accounts["both"]}
    kinds = {row.id: row.kind for row in now.rows(Audit)}
    for row in now.rows(Verdict):
        sequences.setdefault((row.audit_id, row.record_id), []).append(row.sequence)
        assert row.judged_by != users[row.record_id], "judged one's own"
        kind = kinds[row.audit_id]
        fall_to = judges(world, kind, users[row.record_id])
        if fall_to is not None:
            assert row.judged_by in fall_to, "judged in spite of a stake"
        elif kind == "unit":
            assert row.judged_by not in managers, "a manager judged what is the unit's"
        assert row.verdict != "compliant" or not row.failed_checks
        assert row.sequence == 1 or row.change_reason
    for found in sequences.values():
        assert found == list(range(1, len(found) + 1))
    for row in now.rows(RecordShare):
        assert row.account_id != users[row.record_id], "was given one's own"
        fall_to = judges(world, kinds[row.audit_id], users[row.record_id])
        assert fall_to is None or row.account_id in fall_to, "was given one with a stake"


def _signed(now: Stored, audit: Audit) -> None:
    """A signed audit is judged whole, by whom the clause names, and is what was signed."""
    draws = now.rows(AuditDraw, audit.id)
    whole = max((row.number for row in draws if row.kind != "expansion"), default=0)
    current = {row.id for row in draws if row.number >= whole}
    wanted = {r.record_id for r in now.rows(SampleItem, audit.id) if r.draw_id in current}
    wanted |= {row.record_id for row in now.rows(JudgementPick, audit.id)}
    unjudged = wanted - {row.record_id for row in now.rows(Verdict, audit.id)}
    assert not unjudged, "signed a record that nobody judged"
    [frame] = now.rows(AuditFrame, audit.id)
    assert wanted or not frame.records, "signed without a look at anything"
    with reading() as db:
        stands_for = content_now(db, db.get_one(Audit, audit.id))
    opened = max((row.reopened_at for row in now.rows(Reopening, audit.id)), default=None)
    given = [
        row
        for row in now.rows(Signature, audit.id)
        if row.content_hash == stands_for and (opened is None or row.signed_at > opened)
    ]
    capacities, people = {row.capacity for row in given}, {row.signed_by for row in given}
    if audit.kind == "unit":
        assert len(given) == 1 and capacities <= {"unit_head", "auditor"}, "not what was signed"
    else:
        assert capacities == {"agency_manager", "ethics_officer"}, "not signed by both for the same"
        assert len(given) == len(people) == 2, "one person signed for two"
    if audit.status != "signed":
        newest = [row for row in now.rows(AuditAct, audit.id) if row.act == audit.status][-1]
        assert opened is None or newest.at > opened, (
            f"still {audit.status} after it was opened again"
        )
        assert newest.content_hash == stands_for, f"{audit.status} another one than was signed"
        assert newest.account_id not in people, f"{audit.status} by one of its signers"


def _counted(now: Stored, audit: Audit) -> None:
    """What an agency's frame rests on stays: every audit that it counted, and a reason for every other."""
    [frame] = now.rows(AuditFrame, audit.id)
    basis = json.loads(frame.basis)
    states = {row.id: row.status for row in now.rows(Audit)}
    records = {row.audit_id: row.records for row in now.rows(AuditFrame)}
    for unit in basis["units"]:
        one = unit["audit_id"]
        assert states[one] == "received" or (states[one] == "signed" and not records[one])
    assert all(len(one["reason"]) >= 4 for one in basis["missing"])
    owed = {(one["unit_id"], one["quarter"]) for one in (*basis["units"], *basis["missing"])}
    assert len(owed) == len(basis["units"]) + len(basis["missing"]) == 4
