"""What the verdicts amount to: progress, deviations, and what the base sample supports."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy.orm import Session

from data.models import Audit
from services.audits.holdings import Holdings, holdings_of
from services.audits.sampling.claims import beside_the_known, upper_limit
from services.audits.sampling.draw import Basis
from services.audits.words import Ruling
from services.audits.worksheet import NOT_JUDGED, Judged
from services.regulation.periods import parse_period

_KINDS = {
    Basis.BASE: "基本樣本",
    Basis.MONTH: "補足月份與人數",
    Basis.PERSON: "補足月份與人數",
    Basis.EXPANSION: "加抽",
}
_PICKED, _LEFT_BEHIND = "判斷抽查", "前次抽樣"


@dataclass(frozen=True)
class Beside:
    """Records of one kind that stand beside the base sample: they carry no claim, and are counted apart."""

    label: str
    records: int
    deviations: int
    """缺失 and 重大缺失 together."""
    still_open: int
    major: int


@dataclass(frozen=True)
class Findings:
    """Counts over the current sample and the picks, and the claim of the base sample."""

    population: int
    to_judge: int
    judged: int
    counts: dict[str, int]
    people: int
    months: int
    base: int
    base_deviations: int
    base_major: int
    base_open: int
    base_limit: int
    """The upper limit that the base sample alone supports, were all of it that is open to prove compliant."""
    limit: int
    """The upper limit, were every record that is still open to prove compliant.

    It is never below what is known to deviate, nor above what is not known to comply.
    """
    known: int
    """Records of the frame known to deviate, however they came into the audit."""
    known_major: int
    still_open: int
    """Records looked at that are not settled: not judged yet, or asked to explain."""
    unseen: int
    """Records of the frame that the audit does not look at."""
    other_deviations: int
    beside: tuple[Beside, ...]
    """What coverage, expansions, judgement and a replaced draw add, each counted apart."""
    sentence: str


def summarise(db: Session, audit_id: int, held: Holdings | None = None) -> Findings:
    """Return the findings of an audit as they stand (domain.md §4), of what was read of it or is read now."""
    held = held or holdings_of(db, audit_id)
    frame, sample, verdicts, wanted = held.frame, held.sample, held.verdicts, held.to_judge
    base = [item.record_id for item in sample if item.basis == Basis.BASE]
    in_base = _counted(base, verdicts)
    beside = _beside(held)
    whole = _counted(list({*wanted, *verdicts}), verdicts)
    counts = Counter(verdicts[r].ruling for r in wanted if r in verdicts)
    base_limit = upper_limit(frame.records, len(base), in_base.deviations)
    complying = whole.records - whole.deviations
    found = Findings(
        population=frame.records,
        to_judge=len(wanted),
        judged=sum(record in verdicts for record in wanted),
        counts={ruling.value: counts[ruling] for ruling in Ruling},
        people=len({item.person_key for item in sample}),
        months=len({item.local_month for item in sample}),
        base=len(base),
        base_deviations=in_base.deviations,
        base_major=in_base.major,
        base_open=in_base.still_open,
        base_limit=base_limit,
        limit=beside_the_known(frame.records, base_limit, whole.deviations, complying),
        known=whole.deviations,
        known_major=whole.major,
        still_open=whole.still_open,
        unseen=frame.records - whole.records,
        other_deviations=sum(kind.deviations for kind in beside),
        beside=beside,
        sentence="",
    )
    said_of = sentence_of(found) if frame.records else nothing_to_say(db, audit_id)
    return replace(found, sentence=said_of)


def nothing_to_say(db: Session, audit_id: int) -> str:
    """Return the sentence of a frame without records."""
    return f"{parse_period(db.get_one(Audit, audit_id).period).this}沒有使用紀錄。"


def _beside(held: Holdings) -> tuple[Beside, ...]:
    """Count apart what is no base sample, a kind at a time and each record once."""
    drawn = {item.record_id: item.basis for item in held.sample}

    def kind_of(record: int) -> str:
        if basis := drawn.get(record):
            return _KINDS[Basis(basis)]
        return _PICKED if record in held.picks else _LEFT_BEHIND

    groups: dict[str, list[int]] = {kind: [] for kind in (*_KINDS.values(), _PICKED, _LEFT_BEHIND)}
    for record in held.to_judge:
        groups[kind_of(record)].append(record)
    return tuple(
        Beside(kind, *_counted(records, held.verdicts))
        for kind, records in groups.items()
        if records and kind != _KINDS[Basis.BASE]
    )


class _Counted(NamedTuple):
    records: int
    deviations: int
    still_open: int
    major: int


def _counted(records: Collection[int], verdicts: Mapping[int, Judged]) -> _Counted:
    """Count the deviations, and the records not settled: not judged yet, or asked to explain."""
    rulings = [verdicts.get(record, NOT_JUDGED).ruling for record in records]
    return _Counted(
        len(rulings),
        sum(ruling is not None and ruling.deviates for ruling in rulings),
        sum(ruling in (None, Ruling.EXPLAIN) for ruling in rulings),
        sum(ruling is Ruling.MAJOR for ruling in rulings),
    )


def said(deviations: int, major: int) -> str:
    """Say how many records were found wanting, as the tiles count them: 缺失 and 重大缺失 apart."""
    minor = deviations - major
    parts = [f"缺失 {minor:,} 筆"] if minor or not major else []
    return "、".join([*parts, f"重大缺失 {major:,} 筆"] if major else parts)


def sentence_of(found: Findings) -> str:
    """Return in one sentence what the verdicts amount to, of a frame with records."""
    if not found.unseen:
        return _whole_sentence(found)
    words = _base_sentence(found)
    if any(kind.records > kind.still_open for kind in found.beside):
        words += _beside_sentence(found)
    return words


def _whole_sentence(found: Findings) -> str:
    """Every record of the frame is looked at: there is nothing to infer, it is counted."""
    everything = f"母體 {found.population:,} 筆全數查核"
    if found.still_open == found.population:
        return f"{everything}，都還沒有結論。"
    counted = said(found.known, found.known_major)
    if found.still_open:
        return f"{everything}，目前{counted}，{found.still_open:,} 筆未定（未判定或請說明）。"
    return f"{everything}完畢，{counted}。"


def _base_sentence(found: Findings) -> str:
    population, base = found.population, found.base
    if not base:
        return f"本件沒有抽籤的基本樣本，對母體 {population:,} 筆不作推論。"
    if found.base_open == base:
        return f"基本樣本 {base:,} 筆都還沒有結論；判定後在此推論母體 {population:,} 筆的情形。"
    counted = said(found.base_deviations, found.base_major)
    words = f"從母體 {population:,} 筆隨機抽出的基本樣本 {base:,} 筆中有{counted}"
    if found.base_open:
        words += f"，{found.base_open:,} 筆未定（未判定或請說明）。若未定者都符合，"
    else:
        words += "。"
    return words + _limit_sentence(found)


def _limit_sentence(found: Findings) -> str:
    """Say the upper limit; where what was found beside the base contradicts it, what is known instead."""
    population = found.population
    if found.known > found.base_limit:
        return (
            f"基本樣本以 95% 信心水準只推論至多 {found.base_limit:,} 筆，與已查得的不合："
            f"母體 {population:,} 筆中的缺失（含重大缺失）至少 {found.known:,} 筆（{found.known / population:.1%}），"
            f"其餘 {found.unseen:,} 筆未查核。"
        )
    at_most = f"{found.limit:,} 筆（{found.limit / population:.1%}）"
    if found.limit < found.base_limit:
        return (
            f"以 95% 信心水準推論，母體 {population:,} 筆中的缺失（含重大缺失）至多 {found.base_limit:,} 筆；"
            f"扣除已查核符合者，至多 {at_most}。"
        )
    return (
        f"以 95% 信心水準推論，母體 {population:,} 筆中的缺失（含重大缺失）至多 {at_most}："
        "實際若更多，只抽到這麼少缺失的機會不超過 5%。"
    )


def _beside_sentence(found: Findings) -> str:
    """Say what was looked at besides, kind by kind; it makes no claim about the whole."""
    parts = []
    for kind in found.beside:
        still = f"，未定 {kind.still_open:,} 筆" if kind.still_open else ""
        counted = said(kind.deviations, kind.major)
        parts.append(f"{kind.label} {kind.records:,} 筆（{counted}{still}）")
    others = sum(kind.deviations for kind in found.beside)
    major = sum(kind.major for kind in found.beside)
    total = f"另發現{said(others, major)}" if others else "沒有另外發現缺失"
    return f"基本樣本以外另查{'、'.join(parts)}，{total}，不列入推論。"
