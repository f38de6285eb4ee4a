"""Every check in the order in which a reviewer reads them, and running all of them over one package."""

from collections import defaultdict
from collections.abc import Iterable

from services.oversight.checks import (
    coverage,
    disagreement,
    draws,
    evidence,
    flags,
    floors,
    frames,
    judged,
    ledger,
    own_records,
    records,
    redraws,
    signers,
    timing,
    unchanged,
    units,
)
from services.oversight.checks import (
    package as package_check,
)
from services.oversight.checks.result import Check, Outcome, Result
from services.oversight.facts import AuditFacts, PackageFacts
from services.oversight.words import CheckState

VERSION = 1
"""Counts up whenever a check looks at something else: a run says by which version it was made."""
CHECKS: tuple[Check, ...] = tuple(
    module.CHECK
    for module in (
        package_check,
        units,
        timing,
        frames,
        records,
        ledger,
        draws,
        floors,
        coverage,
        judged,
        signers,
        own_records,
        unchanged,
        redraws,
        disagreement,
        evidence,
        flags,
    )
)
BY_CODE = {check.code: check for check in CHECKS}
_WORST = (CheckState.PASSED, CheckState.LOOK, CheckState.FAILED)


def run_checks(audits: Iterable[AuditFacts], package: PackageFacts) -> list[Result]:
    """Return what every check comes to; audits are looked at one at a time, and let go."""
    found: defaultdict[str, list[Outcome]] = defaultdict(list)
    looked_at = 0
    for audit in audits:
        looked_at += 1
        for check in CHECKS:
            if check.of_audit is not None:
                found[check.code] += check.of_audit(audit)
    for check in CHECKS:
        if check.of_package is not None:
            found[check.code] += check.of_package(package)
    return [_result(check, tuple(found[check.code]), looked_at) for check in CHECKS]


def _result(check: Check, items: tuple[Outcome, ...], looked_at: int) -> Result:
    state = max((one.state for one in items), key=_WORST.index, default=CheckState.PASSED)
    about = len({one.audit_id for one in items if one.audit_id is not None})
    of = f"{looked_at:,} 件稽核"
    figure = f"{of}中 {about:,} 件" if about else of if not items else f"{len(items):,} 項"
    sentence = "".join(one.sentence for one in items) if items else check.passed
    return Result(check.code, check.label, check.clause, state, figure, sentence, items)
