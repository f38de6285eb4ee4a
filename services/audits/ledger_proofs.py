"""The part of an exported draw that shows its records in the sealed log (docs/ledger.md)."""

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from data.models import AuditDraw
from services.audits import store
from services.ledger import proofs

VERIFIER = Path(__file__).with_name("verify_proofs.py")


def are_sealed(db: Session, draws: Sequence[AuditDraw]) -> bool:
    """Whether one checkpoint covers every record that was drawn."""
    drawn = _drawn(db, draws)
    return not drawn or proofs.covering(db, drawn[-1]) is not None


def files(db: Session, draws: Sequence[AuditDraw]) -> dict[str, bytes]:
    """Return the checkpoint, the proofs and the script that checks them, by file name.

    The first checkpoint that covers all records is taken, so that the same draw makes the same files.
    Records that no checkpoint covers yet are named as such. Raises LedgerFault when one is not what
    was sealed.
    """
    drawn = _drawn(db, draws)
    checkpoint = (proofs.covering(db, drawn[-1]) if drawn else None) or proofs.newest(db)
    through = proofs.usage_through(db, checkpoint) if checkpoint else 0
    proved = [record for record in drawn if record <= through]
    about = {
        "format": 1,
        "size": checkpoint.size if checkpoint else 0,
        "root": checkpoint.root if checkpoint else "",
        "proofs": [
            {
                "record_id": proof.record_id,
                "index": proof.index,
                "leaf": proof.leaf.hex(),
                "path": [step.hex() for step in proof.path],
            }
            for proof in (proofs.prove(db, proved, checkpoint) if checkpoint else ())
        ],
        "not_sealed": [record for record in drawn if record > through],
    }
    made = {
        "proofs.json": json.dumps(about, indent=1).encode(),
        "verify_proofs.py": VERIFIER.read_bytes(),
    }
    if checkpoint:
        made["checkpoint.txt"] = proofs.note_of(db, checkpoint).encode()
    return made


def _drawn(db: Session, draws: Sequence[AuditDraw]) -> list[int]:
    return sorted({item.record_id for item in store.load_sample(db, draws)})
