"""Which unit audits an agency's half-year has to do without, and why: settled before the freeze (domain.md §7, 6)."""

from collections.abc import Mapping
from typing import Any

from services.audits.agency.audited import HalfAudited
from services.errors import Conflict, Invalid
from services.regulation.purpose import tidy

SHORTEST, LONGEST = 4, 200


def require_received(audited: HalfAudited) -> None:
    """Raise Conflict while a signed unit audit waits for the agency manager's receipt."""
    if audited.unreceived:
        names = "、".join(audited.unreceived)
        raise Conflict(
            f"{names}已簽核，尚未由機關管理者收存；請先收存，或請單位重新開啟，再凍結母體。"
        )


def declared(audited: HalfAudited, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the missing unit audits with the reason that declares each missing, as the frame keeps them.

    ``reasons`` are by `MissingAudit.key`. Raises Invalid for a missing audit without a reason that can be
    read, Conflict where a reason is given for one that is missing no longer.
    """
    known = {one.key for one in audited.missing}
    if set(reasons) - known:
        raise Conflict("單位稽核的狀態剛剛有變動；請重新看過未完成的名單後再凍結。")
    kept = []
    for one in audited.missing:
        reason = tidy(reasons.get(one.key, ""))
        if not SHORTEST <= len(reason) <= LONGEST:
            raise Invalid(
                f"「{one.label}」的單位稽核未完成；請等單位完成，或寫明宣告未完成的理由"
                f"（{SHORTEST} 至 {LONGEST} 字）。"
            )
        kept.append(dict(vars(one)) | {"reason": reason})
    return kept
