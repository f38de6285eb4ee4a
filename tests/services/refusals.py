"""Every refusal in the services, and the row of the separation of duties that it enforces, or why none."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "services"
NO_SEPARATION = {
    "reach": "what the permission table itself says: who holds an action, for which things",
    "operator": "an act of the command line, which no page offers",
    "identity": "who somebody is, before they are anybody: the provider's sign-in",
    "policy": "a rule of the sign-in policy on one's own second factor",
    "item": "a query needs an authorised item and an account in use, whoever asks",
}
"""Kinds of refusal that keep no two persons or duties apart."""

_ON_APPLICATIONS = "applications.parties.problem"
_ON_PAPER = "applications.parties.recording_problem"
_ON_ENDING = "applications.approvers.ending_problem"
_ON_ACCOUNTS = "identity.managing.management_problem"
_ON_REVIEWS = "reviews.store.authority_problem"
_ON_RECORDS = "audits.stakes.why_not"
WORDING = (_ON_APPLICATIONS, _ON_PAPER, _ON_ENDING, _ON_ACCOUNTS, _ON_REVIEWS, _ON_RECORDS)
"""Functions that only word refusals: whoever calls one raises what it returns."""

REFUSALS: dict[str, tuple[str, ...]] = {
    _ON_APPLICATIONS: (
        *("own_application", "reach", "sender_is_no_judge", "sender_is_no_judge"),
        "judged_by_different_people",
    ),
    _ON_PAPER: (_ON_APPLICATIONS, "sender_is_no_judge"),
    _ON_ENDING: (_ON_APPLICATIONS, _ON_APPLICATIONS),
    _ON_ACCOUNTS: ("no_accounts_by_command", "own_account", "level_by_level"),
    _ON_REVIEWS: ("own_review", "own_review"),
    _ON_RECORDS: ("own_records", "stake", "managers_do_not_audit"),
    "applications.acting._end_or_return": (_ON_ENDING,),
    "applications.acting.record_approval_on_paper": (_ON_PAPER,),
    "applications.acting.record_notice": ("own_application",),
    "applications.expiring.expire_applications": ("operator",),
    "applications.steps.take": (_ON_APPLICATIONS,),
    "applications.bulk.listing.charge_of": ("reach",),
    "accounts.duties._permitted": ("own_duty", "own_duty"),
    "accounts.leaving.recording._somebody_elses": ("own_leaving",),
    "accounts.leaving.suspending.suspend_past": ("operator",),
    "identity.managing.require_managed": (_ON_ACCOUNTS,),
    "papers.destroying.confirm_destruction": ("destroyed_by_two",),
    "reviews.deciding._load": (_ON_REVIEWS,),
    "reviews.store.require_agency_manager": ("reach",),
    "audits.agency.approving._signed_by_others": (
        *("persons_judge_and_sign", "approver_is_no_signer"),
    ),
    "audits.agency.receiving._receive": ("persons_judge_and_sign",),
    "audits.appointing.put_auditor": ("own_duty",),
    "audits.drawing._named": ("seed_is_not_chosen",),
    "audits.evidence.adding._working": ("persons_judge_and_sign",),
    "audits.sharing._judging": ("persons_judge_and_sign",),
    "audits.signing._capacity": ("two_signers",),
    "audits.signing.reopen": ("persons_judge_and_sign",),
    "audits.signing.sign": ("persons_judge_and_sign",),
    "audits.stakes.require_no_stake": (_ON_RECORDS,),
    "audits.worksheet.pick": ("persons_judge_and_sign",),
    "identity.factor_removal._refuse_required": ("policy",),
    "identity.factor_removal.remove_factor_as_operator": ("operator",),
    "identity.guard.guarded": ("reach",),
    "identity.links.print_link": ("operator",),
    "identity.oidc._bind": ("identity",),
    "identity.oidc._enter": ("identity",),
    "identity.oidc._named_account": ("identity", "identity", "identity", "identity"),
    "identity.oidc._read": ("identity", "identity"),
    "identity.permissions.permit": ("reach",),
    "identity.release.release_identity": ("operator",),
    "incidents.reporting.report_abnormal": ("own_incident",),
    "operation.nightly.run_night": ("operator",),
    "operation.sweeping.sweep_files": ("operator",),
    "oversight.findings.acting._require_second": ("second_reviewer",),
    "oversight.findings.acting.take_step_back": ("reach",),
    "oversight.findings.store.load_finding": ("persons_judge_and_sign",),
    "oversight.receiving.receive_waiting": ("operator",),
    "oversight.store.require_holder": ("holder_decides",),
    "oversight.store.require_impartial": (
        *("own_package", "persons_judge_and_sign", "own_package", "own_package", "own_package"),
    ),
    "parcels.query._querying_account": ("item",),
    "parcels.query._refuse_missing": ("item",),
    "retention.purging.purge": ("operator",),
    "schedule.reminders.send_reminders": ("operator",),
}
"""What each function refuses, in its order: a code of the table, a kind of `NO_SEPARATION`, or who words it.

`NotFound` does not stand here: it says of a thing out of reach that there is none.
"""


def raised() -> dict[str, int]:
    """Return how many refusals each function has: `raise Refused(…)`, or a sentence that it words."""
    found: Counter[str] = Counter()
    for path in sorted(SERVICES.rglob("*.py")):
        module = ".".join(path.relative_to(SERVICES).with_suffix("").parts)
        for function in _functions(path):
            name = f"{module}.{function.name}"
            nodes = list(ast.walk(function))
            found[name] += sum(map(_is_refusal, nodes))
            if name in WORDING:
                found[name] += sum(map(_is_sentence, nodes))
    return {name: count for name, count in found.items() if count}


def _functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield the functions of a module and the methods of its classes, not what stands inside them."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(one, ast.FunctionDef):
                yield one


def _is_refusal(node: ast.AST) -> bool:
    called = node.exc if isinstance(node, ast.Raise) else None
    return isinstance(called, ast.Call) and ast.unparse(called.func).endswith("Refused")


def _is_sentence(node: ast.AST) -> bool:
    """Whether this returns a sentence: something else than None."""
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    return not (isinstance(node.value, ast.Constant) and node.value.value is None)
