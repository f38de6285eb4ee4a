"""What the verdicts amount to: progress, deviations, and what the base sample supports."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.models import Audit, SampleItem
from services.audits import store
from services.audits.sampling.claims import upper_limit
from services.audits.sampling.draw import Basis
from services.audits.words import Ruling
from services.audits.worksheet import (
    NOT_JUDGED,
    Judged,
    latest_verdicts,
    picked_records,
    records_to_judge,
)
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
    still_open: int


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
    base_open: int
    limit: int
    """The upper limit, were every record of the base that is still open to prove compliant."""
    other_deviations: int
    beside: tuple[Beside, ...]
    """What coverage, expansions, judgement and a replaced draw add, each counted apart."""
    sentence: str


def summarise(db: Session, audit_id: int) -> Findings:
    """Return the findings of an audit as they stand (domain.md §4)."""
    frame = store.load_frame_row(db, audit_id)
    sample = store.load_sample(db, store.current_draws(store.load_draws(db, audit_id)))
    verdicts = latest_verdicts(db, audit_id)
    wanted = records_to_judge(db, audit_id)
    base = [item.record_id for item in sample if item.basis == Basis.BASE]
    deviations, still_open = _deviations(base, verdicts)
    beside = _beside(db, audit_id, sample, wanted, verdicts)
    others = sum(kind.deviations for kind in beside)
    limit = upper_limit(frame.records, len(base), deviations)
    counts = Counter(verdicts[r].ruling for r in wanted if r in verdicts)
    return Findings(
        population=frame.records,
        to_judge=len(wanted),
        judged=sum(record in verdicts for record in wanted),
        counts={ruling.value: counts[ruling] for ruling in Ruling},
        people=len({item.person_key for item in sample}),
        months=len({item.local_month for item in sample}),
        base=len(base),
        base_deviations=deviations,
        base_open=still_open,
        limit=limit,
        other_deviations=others,
        beside=beside,
        sentence=_sentence(frame.records, len(base), deviations, still_open, limit, beside)
        if frame.records
        else f"{parse_period(db.get_one(Audit, audit_id).period).this}沒有使用紀錄。",
    )


def _beside(
    db: Session,
    audit_id: int,
    sample: Sequence[SampleItem],
    wanted: Sequence[int],
    verdicts: Mapping[int, Judged],
) -> tuple[Beside, ...]:
    """Count apart what is no base sample, a kind at a time and each record once."""
    drawn = {item.record_id: Basis(item.basis) for item in sample}
    picked = set(picked_records(db, audit_id))

    def kind_of(record: int) -> str:
        if basis := drawn.get(record):
            return _KINDS[basis]
        return _PICKED if record in picked else _LEFT_BEHIND

    groups: dict[str, list[int]] = {kind: [] for kind in (*_KINDS.values(), _PICKED, _LEFT_BEHIND)}
    for record in wanted:
        groups[kind_of(record)].append(record)
    return tuple(
        Beside(kind, len(records), *_deviations(records, verdicts))
        for kind, records in groups.items()
        if records and kind != _KINDS[Basis.BASE]
    )


def _deviations(records: list[int], verdicts: Mapping[int, Judged]) -> tuple[int, int]:
    """Count the deviations, and the records not settled: not judged yet, or asked to explain."""
    rulings = [verdicts.get(record, NOT_JUDGED).ruling for record in records]
    deviating = sum(ruling is not None and ruling.deviates for ruling in rulings)
    return deviating, sum(ruling in (None, Ruling.EXPLAIN) for ruling in rulings)


def _sentence(
    population: int,
    base: int,
    deviations: int,
    still_open: int,
    limit: int,
    beside: Sequence[Beside],
) -> str:
    said = _base_sentence(population, base, deviations, still_open, limit)
    if any(kind.records > kind.still_open for kind in beside):
        said += _beside_sentence(beside)
    return said


def _base_sentence(population: int, base: int, deviations: int, still_open: int, limit: int) -> str:
    if not base:
        return f"本件沒有抽籤的基本樣本，對母體 {population:,} 筆不作推論。"
    if still_open == base:
        return f"基本樣本 {base:,} 筆都還沒有結論；判定後在此推論母體 {population:,} 筆的情形。"
    drawn = "" if base == population else f"從母體 {population:,} 筆隨機抽出的"
    said = f"{drawn}基本樣本 {base:,} 筆中有 {deviations:,} 筆缺失"
    if still_open:
        said += f"，{still_open:,} 筆未定（未判定或請說明）。若未定者都符合"
    at_most = f"缺失至多 {limit:,} 筆（{limit / population:.1%}）"
    if base == population:
        return f"{said}{'，' if still_open else '；'}母體 {population:,} 筆全數抽出，{at_most}。"
    join = "，" if still_open else "。"
    return (
        f"{said}{join}以 95% 信心水準推論，母體 {population:,} 筆中的{at_most}："
        f"實際若更多，只抽到這麼少缺失的機會不超過 5%。"
    )


def _beside_sentence(beside: Sequence[Beside]) -> str:
    """Say what was looked at besides, kind by kind; it makes no claim about the whole."""
    parts = []
    for kind in beside:
        still = f"，未定 {kind.still_open:,} 筆" if kind.still_open else ""
        parts.append(f"{kind.label} {kind.records:,} 筆（缺失 {kind.deviations:,} 筆{still}）")
    found = sum(kind.deviations for kind in beside)
    total = f"另發現 {found:,} 筆缺失" if found else "沒有另外發現缺失"
    return f"基本樣本以外另查{'、'.join(parts)}，{total}，不列入推論。"
