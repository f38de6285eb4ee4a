"""Events: one typed row an act, written in the same transaction as the act itself."""

from enum import StrEnum
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Event
from services.actor import Actor
from services.installation import holding


class EventType(StrEnum):
    """Every kind of event there is."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_LOCKED = "sign_in_locked"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # nosec B105  # a word of ours, no password
    RESET_LINK_ISSUED = "reset_link_issued"
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_SAVED = "recovery_codes_saved"
    IDENTITY_BOUND = "identity_bound"
    IDENTITY_CLAIM_CHANGED = "identity_claim_changed"
    IDENTITY_RELEASED = "identity_released"
    REFUSED = "refused"
    PARCEL_QUERIED = "parcel_queried"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_STATUS_CHANGED = "account_status_changed"
    ACCOUNT_ITEMS_CHANGED = "account_items_changed"
    DUTY_GIVEN = "duty_given"
    DUTY_ENDED = "duty_ended"
    APPLICATION_ACTED = "application_acted"
    APPLICATION_VIEWED = "application_viewed"
    APPLICATION_PRINTED = "application_printed"
    PEOPLE_IMPORTED = "people_imported"
    DOCUMENT_KEPT = "document_kept"
    DOCUMENT_VIEWED = "document_viewed"
    DESTRUCTION_PROPOSED = "destruction_proposed"
    DESTRUCTION_WITHDRAWN = "destruction_withdrawn"
    DOCUMENT_DESTROYED = "document_destroyed"
    DOCUMENTS_HANDED_OVER = "documents_handed_over"
    REVIEW_OPENED = "review_opened"
    REVIEW_PREPARED = "review_prepared"
    REVIEW_DECIDED = "review_decided"
    REVIEW_LINES_RENEWED = "review_lines_renewed"
    REVIEW_CLOSED = "review_closed"
    LEAVING_RECORDED = "leaving_recorded"
    LEAVING_SETTLED = "leaving_settled"
    LEAVING_IMPORTED = "leaving_imported"
    SOURCE_USER_CLAIMED = "source_user_claimed"
    USAGE_IMPORTED = "usage_imported"
    TABLE_EXPORTED = "table_exported"
    AUDIT_OPENED = "audit_opened"
    FRAME_FROZEN = "frame_frozen"
    SAMPLE_DRAWN = "sample_drawn"
    RECORD_PICKED = "record_picked"
    RECORD_JUDGED = "record_judged"
    AUDIT_SIGNED = "audit_signed"
    AUDIT_REOPENED = "audit_reopened"
    AUDITOR_APPOINTED = "auditor_appointed"
    AUDITOR_RELIEVED = "auditor_relieved"
    RECORDS_SHARED = "records_shared"
    EVIDENCE_ADDED = "evidence_added"
    EVIDENCE_VIEWED = "evidence_viewed"
    EVIDENCE_WITHDRAWN = "evidence_withdrawn"
    AUDIT_RECEIVED = "audit_received"
    AUDIT_APPROVED = "audit_approved"
    AUDIT_RETURNED = "audit_returned"
    AUDIT_SENT = "audit_sent"
    AUDIT_FORM_EXPORTED = "audit_form_exported"
    PACKAGE_CORRECTED = "package_corrected"
    PACKAGE_EXPORTED = "package_exported"
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_STEP_TAKEN = "incident_step_taken"
    INCIDENT_VIEWED = "incident_viewed"
    PACKAGE_REVIEWED = "package_reviewed"
    PACKAGE_CHECKED = "package_checked"
    CHECK_OVERRULED = "check_overruled"
    FINDING_MOVED = "finding_moved"
    LETTER_DRAFTED = "letter_drafted"
    REMINDERS_SENT = "reminders_sent"
    RECORDS_PURGED = "records_purged"
    DRAW_EXPORTED = "draw_exported"
    ACCOUNT_VIEWED = "account_viewed"
    WORKSHEET_VIEWED = "worksheet_viewed"
    RECORDS_VIEWED = "records_viewed"
    EVENTS_VIEWED = "events_viewed"
    SETTING_CHANGED = "setting_changed"
    SECRETS_ROTATED = "secrets_rotated"
    FILES_SWEPT = "files_swept"
    MAIL_HELD_UP = "mail_held_up"
    MAIL_GIVEN_UP = "mail_given_up"
    LEDGER_SEALED = "ledger_sealed"
    LEDGER_VERIFIED = "ledger_verified"
    SERVICE_HELD = "service_held"
    SERVICE_RESUMED = "service_resumed"
    SCHEMA_UPGRADED = "schema_upgraded"
    PROTECTION_RESTORED = "protection_restored"
    DEMO_LOADED = "demo_loaded"


def write(
    db: Session,
    actor: Actor,
    type_: EventType,
    *,
    about: tuple[str, object] = ("", ""),
    outcome: str = "done",
    **detail: Any,
) -> None:
    """Add an event to the caller's transaction; if it cannot be written, the act does not happen.

    ``about`` is the kind and id of the thing; ``detail`` is JSON and never holds register data.
    Raises Held when the database does not take it: the service is held from then on.
    """
    db.flush()  # what the caller left pending is the caller's to answer for
    event = Event(
        type=type_.value,
        at=actor.now,
        account_id=actor.account_id,
        actor_name=_storable("actor_name", actor.name),
        unit_id=actor.unit_id,
        agency_id=actor.agency_id,
        session_id=_storable("session_id", actor.session_id),
        address=_storable("address", actor.address),
        object_type=about[0],
        object_id=_storable("object_id", str(about[1])),
        outcome=outcome,
        detail=_storable_json(detail),
    )
    try:
        db.add(event)
        db.flush()
    except (SQLAlchemyError, OSError) as error:
        raise holding.meaning("系統紀錄", error) from error


def record_refusal(actor: Actor, action: str, function: str, sentence: str) -> None:
    """Write a refusal in a transaction of its own; one that cannot be written holds the service."""
    try:
        with transaction() as db:
            write(
                db,
                actor,
                EventType.REFUSED,
                about=("action", action),
                outcome="refused",
                function=function,
                sentence=sentence,
            )
    except SQLAlchemyError as error:
        raise holding.meaning("系統紀錄", error) from error


def _storable(column: str, text: str) -> str:
    """Return ``text`` as its column takes it: nobody can hold the service by what they type."""
    length: int = Event.__table__.c[column].type.length  # type: ignore[attr-defined]
    return _clean(text)[:length]


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(str(key)): _storable_json(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_json(held) for held in value]
    return value


def _clean(text: str) -> str:
    # PostgreSQL takes no NUL, and no encoding takes half a character.
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
