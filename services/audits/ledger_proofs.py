"""The part of an exported draw that shows its records in the sealed log (docs/ledger.md)."""

import json
from pathlib import Path

from sqlalchemy.orm import Session

from services.audits import store
from services.audits.worksheet import picked_records
from services.ledger import proofs

VERIFIER = Path(__file__).with_name("verify_proofs.py")
FORMAT = 2
"""Of proofs.json: 1 had the drawn records only, 2 has those picked by judgement too (picks.csv)."""


def are_sealed(db: Session, audit_id: int) -> bool:
    """Whether one checkpoint covers every record that was drawn or picked."""
    taken = _taken(db, audit_id)
    return not taken or proofs.covering(db, taken[-1]) is not None


def files(db: Session, audit_id: int) -> dict[str, bytes]:
    """Return the checkpoint, the proofs and the script that checks them, by file name.

    The first checkpoint that covers all records is taken, so that the same draw makes the same files.
    Records that no checkpoint covers yet are named as such. Raises LedgerFault when one is not what
    was sealed.
    """
    taken = _taken(db, audit_id)
    checkpoint = (proofs.covering(db, taken[-1]) if taken else None) or proofs.newest(db)
    through = proofs.usage_through(db, checkpoint) if checkpoint else 0
    proved = [record for record in taken if record <= through]
    about = {
        "format": FORMAT,
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
        "not_sealed": [record for record in taken if record > through],
    }
    made = {
        "proofs.json": json.dumps(about, indent=1).encode(),
        "verify_proofs.py": VERIFIER.read_bytes(),
    }
    if checkpoint:
        made["checkpoint.txt"] = proofs.note_of(db, checkpoint).encode()
    return made


def _taken(db: Session, audit_id: int) -> list[int]:
    """Return the records of every draw, and those picked by judgement: they are judged and signed too."""
    sample = store.load_sample(db, store.load_draws(db, audit_id))
    return sorted({item.record_id for item in sample}.union(picked_records(db, audit_id)))
