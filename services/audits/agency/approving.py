"""The agency head approves the agency's signed record, or returns it with a reason (clause 7.1.2)."""

from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Audit
from services import events
from services.actor import Actor
from services.audits import signatures, store
from services.audits.acts import add_act
from services.audits.signing import content_now, open_again
from services.audits.words import REASON_MAX
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.purpose import tidy


@guarded(Action.APPROVE_AUDIT)
def approve(actor: Actor, audit_id: int, shown: str, note: str = "") -> None:
    """Approve the record that the agency manager and an ethics officer signed.

    ``shown`` is `AuditView.content_hash` as it stood on screen. Raises Refused for one of the two
    signers, Conflict while a signature is missing or when the audit is no longer what was shown.
    """
    said = tidy(note)
    if len(said) > REASON_MAX:
        raise Invalid(f"核定意見最多 {REASON_MAX} 個字，目前 {len(said)} 個字。")
    with transaction() as db:
        audit, content_hash = _signed_by_others(db, actor, audit_id)
        if content_hash != shown:
            raise Conflict("稽核內容剛剛有變動；請重新看過後再核定。")
        audit.status = AuditStatus.APPROVED.value
        add_act(db, actor, audit, "approved", content_hash, note=said)
        events.write(
            db,
            actor,
            EventType.AUDIT_APPROVED,
            about=("audit", audit.id),
            content_hash=content_hash,
            note=said,
        )


@guarded(Action.APPROVE_AUDIT)
def return_audit(actor: Actor, audit_id: int, reason: str) -> None:
    """Return the signed record instead of approving it: it is opened again, and both sign anew."""
    why = store.require_reason(reason, "退回的理由")
    with transaction() as db:
        audit, content_hash = _signed_by_others(db, actor, audit_id)
        add_act(db, actor, audit, "returned", content_hash, note=why)
        open_again(db, actor, audit, why)
        events.write(db, actor, EventType.AUDIT_RETURNED, about=("audit", audit.id), reason=why)


def _signed_by_others(db: Session, actor: Actor, audit_id: int) -> tuple[Audit, str]:
    """Return the locked audit and the hash of its content; raise unless two others signed it."""
    audit = store.load_audit(db, actor, audit_id, Action.APPROVE_AUDIT, lock=True)
    if actor.account_id is None:
        raise Refused("核定必須由有帳號的人員辦理。")
    kind = AuditKind(audit.kind)
    if kind.rule.approved_by is None:
        raise Invalid("只有機關稽核的紀錄由機關首長核定。")
    # An agency audit begins with its freeze, so there is always something that could be signed.
    content_hash = content_now(db, audit)
    given = signatures.in_force(db, audit.id, content_hash)
    if given and not AuditStatus(audit.status).is_signed:
        left = signatures.words(signatures.open_places(kind, given))
        raise Conflict(f"還缺{left}的簽核；兩人都簽核後才能核定。")
    store.require_status(audit, AuditStatus.SIGNED)
    if any(row.signed_by == actor.account_id for row in given):
        raise Refused("您是這件稽核的簽核人之一，不能再核定它；請由機關首長的職務代理人核定。")
    return audit, content_hash
