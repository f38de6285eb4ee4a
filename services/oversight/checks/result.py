"""What a check is, and what it yields."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from services.oversight.facts import AuditFacts, PackageFacts
from services.oversight.words import CheckState


@dataclass(frozen=True)
class Outcome:
    """Something a check came upon; what it has nothing to say about has passed."""

    state: CheckState
    sentence: str
    audit_id: int | None = None
    """Where to look."""


def failed(sentence: str, audit_id: int | None = None) -> Outcome:
    """Return that something is not as it has to be."""
    return Outcome(CheckState.FAILED, sentence, audit_id)


def to_look(sentence: str, audit_id: int | None = None) -> Outcome:
    """Return that a person has to look at something."""
    return Outcome(CheckState.LOOK, sentence, audit_id)


def unreadable(audit: AuditFacts) -> Outcome:
    """Return that nothing can be said of an audit whose frame cannot be read; `frames` says that it failed."""
    return to_look(f"{audit.name}：母體無法讀取，這一項未能檢核。", audit.audit_id)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: pure, over one audit of a package or over the package."""

    code: str
    label: str
    clause: str
    passed: str
    """The sentence where nothing was found."""
    of_audit: Callable[[AuditFacts], Iterator[Outcome]] | None = None
    of_package: Callable[[PackageFacts], Iterator[Outcome]] | None = None


@dataclass(frozen=True)
class Result:
    """What one check came to over a whole package."""

    check: str
    label: str
    clause: str
    state: CheckState
    figure: str
    """Of how many audits how many have something, or how many were looked at."""
    sentence: str
    items: tuple[Outcome, ...] = ()

    @property
    def sha256(self) -> str:
        """Of what it found: whoever overrules it overrules this."""
        said = [self.check, self.state, [[one.state, one.sentence] for one in self.items]]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return it as ``manage.py review --json`` prints it."""
        return {
            "check": self.check,
            "clause": self.clause,
            "state": self.state.value,
            "figure": self.figure,
            "sentence": self.sentence,
        }

    def stored(self) -> dict[str, Any]:
        """Return it as a run keeps it."""
        items = [[one.state.value, one.sentence, one.audit_id] for one in self.items]
        return self.as_json() | {"label": self.label, "items": items}


def read(kept: dict[str, Any]) -> Result:
    """Return a result from what a run kept."""
    return Result(
        kept["check"],
        kept["label"],
        kept["clause"],
        CheckState(kept["state"]),
        kept["figure"],
        kept["sentence"],
        tuple(Outcome(CheckState(state), said, audit) for state, said, audit in kept["items"]),
    )


def numbers(ids: list[int], most: int = 5) -> str:
    """Return record numbers as a sentence names them, the first few of many."""
    said = "、".join(str(one) for one in sorted(ids)[:most])
    return f"{said} 等 {len(ids):,} 筆" if len(ids) > most else f"{said} "
