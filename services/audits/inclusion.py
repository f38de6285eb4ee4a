"""With which probability a record of an audit's frame comes into its sample, in words."""

from collections.abc import Callable

from data.engine import reading
from services.actor import Actor
from services.audits import store
from services.audits.frozen import unpack_frame
from services.audits.sampling.inclusion import Inclusion, inclusion_probability
from services.errors import Conflict, Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action


@guarded(Action.VIEW_AUDIT)
def inclusion_of(
    actor: Actor, audit_id: int, record_id: int, tell: Callable[[float], None] | None = None
) -> Inclusion:
    """Return the probability with which any record of the frame comes into a sample of this size.

    It is that of a whole draw as the audit's newest one was made, before anything was drawn;
    expansions and picks by judgement are no part of it. ``tell`` hears how much is done.
    """
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        draws = store.current_draws(store.load_draws(db, audit.id))
        if not draws:
            raise Conflict("這件稽核還沒有抽樣，沒有可計算的抽中機率。")
        frame, whole = unpack_frame(store.load_frame_row(db, audit.id)), draws[0]
    try:
        return inclusion_probability(
            frame,
            whole.base_records,
            whole.users_floor,
            whole.months_floor,
            record_id,
            tell=tell,
        )
    except ValueError as error:
        raise Invalid(str(error)) from None


def in_words(found: Inclusion) -> str:
    """Return the sentence that tells the probability, its exact part and its estimate."""
    base = f"{found.base.numerator:,}/{found.base.denominator:,}"
    if not found.draws:
        return "母體全數列入基本樣本，每筆一定抽中。"
    exact = f"抽入基本樣本的機率為 {float(found.base):.2%}（{base}，精確值）"
    if found.coverage == 0:
        return f"{exact}；重抽 {found.draws:,} 次都沒有因補足月份或人數而抽到，合計約 {found.total:.2%}。"
    return (
        f"{exact}；因補足月份或人數而抽到的機率約 {found.coverage:.2%}"
        f"（重抽 {found.draws:,} 次估計，標準誤 {found.error:.2%}），合計約 {found.total:.2%}。"
    )
