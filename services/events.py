"""Events: one typed row an act, written in the same transaction as the act itself."""

from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Event
from services.identity.actor import Actor


class EventType(StrEnum):
    """Every kind of event there is."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_LOCKED = "sign_in_locked"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"
    RESET_LINK_ISSUED = "reset_link_issued"
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    IDENTITY_BOUND = "identity_bound"
    REFUSED = "refused"
    PARCEL_QUERIED = "parcel_queried"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_STATUS_CHANGED = "account_status_changed"
    ACCOUNT_ITEMS_CHANGED = "account_items_changed"
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
    DRAW_EXPORTED = "draw_exported"
    EVENTS_VIEWED = "events_viewed"
    SETTING_CHANGED = "setting_changed"
    SECRETS_ROTATED = "secrets_rotated"
    MAIL_GIVEN_UP = "mail_given_up"
    LEDGER_SEALED = "ledger_sealed"
    LEDGER_VERIFIED = "ledger_verified"
    SERVICE_HELD = "service_held"
    SERVICE_RESUMED = "service_resumed"
    SCHEMA_UPGRADED = "schema_upgraded"
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
    """
    db.add(
        Event(
            type=type_.value,
            at=actor.now,
            account_id=actor.account_id,
            actor_name=actor.name,
            unit_id=actor.unit_id,
            agency_id=actor.agency_id,
            session_id=actor.session_id,
            address=actor.address,
            object_type=about[0],
            object_id=str(about[1]),
            outcome=outcome,
            detail=detail,
        )
    )


def record_refusal(actor: Actor, action: str, function: str, sentence: str) -> None:
    """Write a refusal in a transaction of its own."""
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
