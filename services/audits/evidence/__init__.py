"""Evidence files of an audit: added, opened, withdrawn (clauses 7.1.1, 7.2.1).

Only what other parts need is named here; the modules have the rest.
"""

from services.audits.evidence.adding import add_evidence, withdraw_evidence
from services.audits.evidence.lines import EvidenceLine, evidence_of
from services.audits.evidence.viewing import OpenedEvidence, content_of, open_evidence

__all__ = [
    "EvidenceLine",
    "OpenedEvidence",
    "add_evidence",
    "content_of",
    "evidence_of",
    "open_evidence",
    "withdraw_evidence",
]
