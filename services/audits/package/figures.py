"""The figures of a package: what each audit counted, had to audit and audited, and the rule's own in force."""

from datetime import date
from typing import Any

from services.audits.forms.facts import AuditFacts, Tally
from services.regulation.figures import ALL_FIGURES

POINT = "7."
"""The clauses that audits rest on; the figures of other points are not about them."""


def figures_of_audit(facts: AuditFacts) -> dict[str, Any]:
    """Return people, records and months of one audit: total, required, audited; and its draws.

    They are the very numbers of its form (附件二, 附件三). Of an agency's also what the units audited,
    which its floors are taken of (7.1.2).
    """
    covered = sum(month in facts.months_covered for month in facts.months)
    figures: dict[str, Any] = {
        "people": _tally(facts.people) | {"counted": facts.people_counted},
        "records": _tally(facts.records),
        "months": _tally(Tally(len(facts.months), len(facts.months), covered)),
        "draws": [
            {"number": one.number, "seed": one.seed, "size": one.size, "in_force": one.current}
            for one in facts.draws
        ],
    }
    if facts.of_agency:
        figures["units"] = {"people": facts.of_agency.people, "records": facts.of_agency.records}
    return figures


def _tally(tally: Tally) -> dict[str, int]:
    return {"total": tally.total, "required": tally.required, "audited": tally.audited}


def figures_in_force(day: date) -> list[dict[str, Any]]:
    """Return the numbers of point 7 in force on ``day``, each with its clause and since when it holds.

    Before the first wording that is known here, ``known`` is false, and the figure is the first known one.
    """
    return [
        {
            "name": figure.name,
            "clause": figure.clause,
            "unit": figure.unit,
            "value": str(figure.on(day)),
            "since": figure.since(day).isoformat(),
            "known": figure.known_on(day),
        }
        for figure in ALL_FIGURES
        if figure.clause.startswith(POINT)
    ]
