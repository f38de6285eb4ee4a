"""Drawing the sample: once, after the freeze; a redraw or expansion says why (domain.md §4)."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Audit, AuditDraw, AuditFrame, SampleItem
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.frozen import unpack_frame
from services.audits.pictures import asked_of
from services.audits.sampling.draw import Drawn, draw_sample, expand_sample
from services.audits.words import CONDUCT, DrawKind, SeedSource
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.regulation.audit_states import AuditStatus
from services.regulation.purpose import tidy
from services.rocdate import roc_date

SEED_BITS = 256


@guarded(*CONDUCT.values())
def draw_first(actor: Actor, audit_id: int, *, published: str = "", named_seed: str = "") -> int:
    """Draw the sample of a frozen audit and return the draw's id.

    The seed comes from the operating system; from ``published``, when the freeze named a public
    figure; or from ``named_seed`` (hex), which only the command line may give and which marks the
    draw. Raises Conflict before the freeze or when the sample is drawn already.
    """
    with _drawing(actor, audit_id) as (db, audit):
        if store.load_draws(db, audit.id):
            raise Conflict("樣本已經抽出；要再抽請用「重抽」或「加抽」並說明理由。")
        frame = store.load_frame_row(db, audit.id)
        store.require_status(audit, AuditStatus.FROZEN)
        if frame.records == 0:
            raise Conflict("這段期間沒有使用紀錄，不需抽樣；請直接簽核無使用紀錄的稽核紀錄。")
        source, seed = _first_seed(actor, frame, published, named_seed)
        return _store(
            db, actor, audit, _whole_lot(db, audit, frame, DrawKind.FIRST, "", source, seed)
        )


@guarded(*CONDUCT.values())
def redraw(actor: Actor, audit_id: int, reason: str, *, named_seed: str = "") -> int:
    """Draw the whole sample again with a fresh seed and return the draw's id; the first one stays.

    Every reader of the audit sees both draws and the reason. ``named_seed`` is as of `draw_first`.
    """
    why = store.require_reason(reason, "重抽的理由")
    with _drawing(actor, audit_id) as (db, audit):
        store.require_status(audit, AuditStatus.JUDGING)
        frame = store.load_frame_row(db, audit.id)
        named = _named(actor, named_seed)
        source = SeedSource.NAMED if named else SeedSource.SYSTEM
        lot = _whole_lot(db, audit, frame, DrawKind.REDRAW, why, source, named or new_seed())
        return _store(db, actor, audit, lot)


@guarded(*CONDUCT.values())
def expand(actor: Actor, audit_id: int, count: int, reason: str) -> int:
    """Draw ``count`` further records with a fresh seed over those not drawn; return the draw's id."""
    why = store.require_reason(reason, "加抽的理由")
    with _drawing(actor, audit_id) as (db, audit):
        store.require_status(audit, AuditStatus.JUDGING)
        frame = unpack_frame(store.load_frame_row(db, audit.id))
        current = store.current_draws(store.load_draws(db, audit.id))
        drawn = {item.record_id for item in store.load_sample(db, current)}
        seed = new_seed()
        try:
            sample = expand_sample(frame, seed, count, drawn)
        except ValueError as error:
            raise Invalid(str(error)) from None
        lot = _Lot(
            DrawKind.EXPANSION, why, SeedSource.SYSTEM, seed, frame.hash, count, 0, 0, sample
        )
        return _store(db, actor, audit, lot)


def new_seed() -> str:
    """Return 256 bits from the operating system in hexadecimal."""
    return secrets.token_hex(SEED_BITS // 8)


def checked_seed(text: str) -> str:
    """Return a named seed in lower case; raise Invalid unless it is hexadecimal."""
    if not re.fullmatch(r"[0-9a-fA-F]{2,128}", text):
        raise Invalid("指定的種子應為 2 至 128 個十六進位字元。")
    return text.lower()


@dataclass(frozen=True)
class _Lot:
    """One draw on its way into the database."""

    kind: DrawKind
    reason: str
    source: SeedSource
    seed: str
    frame_hash: str
    base_records: int
    users_floor: int
    months_floor: int
    sample: list[Drawn]


@contextmanager
def _drawing(actor: Actor, audit_id: int) -> Iterator[tuple[Session, Audit]]:
    try:
        with transaction() as db:
            yield db, store.load_audit(db, actor, audit_id, CONDUCT, lock=True)
    except IntegrityError:
        raise Conflict("他人剛剛已經抽樣；請重新整理後再看。") from None


def _first_seed(
    actor: Actor, frame: AuditFrame, published: str, named_seed: str
) -> tuple[SeedSource, str]:
    if named := _named(actor, named_seed):
        return SeedSource.NAMED, named
    if frame.seed_plan == SeedSource.PUBLIC:
        if frame.published_on is not None and actor.today < frame.published_on:
            raise Conflict(
                f"「{frame.public_figure}」到 {roc_date(frame.published_on)} 才公布，公布後才能抽樣。"
            )
        figure = tidy(published)
        if not 3 <= len(figure) <= 200:
            raise Invalid(f"請輸入已公布的數字（{frame.public_figure}），3 至 200 個字元。")
        return SeedSource.PUBLIC, figure
    if published:
        raise Invalid("凍結時選的是作業系統亂數，不能改用公開數字。")
    return SeedSource.SYSTEM, new_seed()


def _named(actor: Actor, seed: str) -> str:
    """Return a seed that the operator names, as the command line can; empty where none is named."""
    if seed and not actor.is_operator:
        raise Refused("種子由系統產生，不能自行指定。")
    return checked_seed(seed) if seed else ""


def _whole_lot(
    db: Session,
    audit: Audit,
    row: AuditFrame,
    kind: DrawKind,
    reason: str,
    source: SeedSource,
    seed: str,
) -> _Lot:
    frame = unpack_frame(row)
    floors = asked_of(db, audit, row, frame).floors
    sample = draw_sample(frame, seed, row.planned_records, floors.users, floors.months)
    return _Lot(
        kind,
        reason,
        source,
        seed,
        frame.hash,
        row.planned_records,
        floors.users,
        floors.months,
        sample,
    )


def _store(db: Session, actor: Actor, audit: Audit, lot: _Lot) -> int:
    draw = AuditDraw(
        audit_id=audit.id,
        number=len(store.load_draws(db, audit.id)) + 1,
        kind=lot.kind.value,
        reason=lot.reason,
        seed=lot.seed,
        seed_source=lot.source.value,
        frame_hash=lot.frame_hash,
        base_records=lot.base_records,
        users_floor=lot.users_floor,
        months_floor=lot.months_floor,
        size=len(lot.sample),
        drawn_at=actor.now,
        drawn_by=actor.account_id,
    )
    db.add(draw)
    db.flush()
    db.add_all(
        SampleItem(
            audit_id=audit.id,
            draw_id=draw.id,
            record_id=drawn.record_id,
            person_key=drawn.person,
            local_month=drawn.month,
            position=drawn.position,
            ticket=drawn.ticket,
            rank=drawn.rank,
            basis=drawn.basis.value,
        )
        for drawn in lot.sample
    )
    audit.status = AuditStatus.JUDGING.value
    events.write(
        db,
        actor,
        EventType.SAMPLE_DRAWN,
        about=("audit", audit.id),
        draw=draw.number,
        kind=lot.kind.value,
        reason=lot.reason,
        seed_source=lot.source.value,
        size=len(lot.sample),
        frame_hash=lot.frame_hash,
    )
    return draw.id
