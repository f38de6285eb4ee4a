"""What an agency's frozen audit rests on, counted anew from the unit audits that it names (7.1.2)."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from services.audits.agency.audited import HalfAudited, MissingAudit, share_of
from services.audits.counted import counted_audits
from services.audits.held import records_held, rows_of
from services.audits.sampling.frame import FrameRow


def audited_when_frozen(db: Session, basis: Mapping[str, Any]) -> HalfAudited:
    """Return what the unit audits that a freeze counted hold, and what it declared missing.

    Those audits are final since the freeze (`counted.why_final`), so that it is what was counted then.
    """
    held = records_held(db, counted_audits(basis))
    rows = rows_of(db, set(chain.from_iterable(held.values())))
    shares = []
    everything: dict[int, FrameRow] = {}
    for unit in basis.get("units", ()):
        supplements = tuple(unit.get("supplements", ()))
        ids = {record for audit_id in (unit["audit_id"], *supplements) for record in held[audit_id]}
        mine = [rows[record] for record in ids if record in rows]
        whose = (unit["audit_id"], unit["unit_id"], unit["unit"], unit["quarter"])
        shares.append(share_of(*whose, mine, supplements))
        everything |= {row[0]: row for row in mine}
    missing = tuple(
        MissingAudit(
            one["unit_id"],
            one["unit"],
            one["quarter"],
            one.get("records", 0),
            one.get("people", 0),
        )
        for one in basis.get("missing", ())
    )
    return HalfAudited(tuple(shares), missing, tuple(everything.values()))
