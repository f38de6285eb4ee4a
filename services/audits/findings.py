"""What the verdicts amount to: progress, deviations, and what the base sample supports."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.audits import store
from services.audits.sampling.claims import upper_limit
from services.audits.sampling.draw import Basis
from services.audits.words import Ruling
from services.audits.worksheet import NOT_JUDGED, Judged, latest_verdicts, records_to_judge


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
    sentence: str


def summarise(db: Session, audit_id: int) -> Findings:
    """Return the findings of an audit as they stand (domain.md §4)."""
    frame = store.load_frame_row(db, audit_id)
    sample = store.load_sample(db, store.current_draws(store.load_draws(db, audit_id)))
    verdicts = latest_verdicts(db, audit_id)
    wanted = records_to_judge(db, audit_id)
    base = [item.record_id for item in sample if item.basis == Basis.BASE]
    deviations, still_open = _deviations(base, verdicts)
    others, _ = _deviations([r for r in wanted if r not in set(base)], verdicts)
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
        sentence=_sentence(frame.records, len(base), deviations, still_open, limit, others),
    )


def _deviations(records: list[int], verdicts: Mapping[int, Judged]) -> tuple[int, int]:
    """Count the deviations, and the records not settled: not judged yet, or asked to explain."""
    rulings = [verdicts.get(record, NOT_JUDGED).ruling for record in records]
    deviating = sum(ruling is not None and ruling.deviates for ruling in rulings)
    return deviating, sum(ruling in (None, Ruling.EXPLAIN) for ruling in rulings)


def _sentence(
    population: int, base: int, deviations: int, still_open: int, limit: int, others: int
) -> str:
    if population == 0:
        return "本季沒有使用紀錄。"
    said = _base_sentence(population, base, deviations, still_open, limit)
    if others:
        said += f"補足、加抽、判斷抽查與前次抽樣另發現 {others:,} 筆缺失，不列入推論。"
    return said


def _base_sentence(population: int, base: int, deviations: int, still_open: int, limit: int) -> str:
    if still_open == base:
        return f"基本樣本 {base:,} 筆都還沒有結論；判定後在此推論母體 {population:,} 筆的情形。"
    said = f"基本樣本 {base:,} 筆中有 {deviations:,} 筆缺失"
    if still_open:
        said += f"，{still_open:,} 筆未定（未判定或請說明）。若未定者都符合"
    at_most = f"缺失至多 {limit:,} 筆（{limit / population:.1%}）。"
    if base == population:
        return f"{said}{'，' if still_open else '；'}母體 {population:,} 筆全數抽出，{at_most}"
    join = "，" if still_open else "。"
    return f"{said}{join}以 95% 信心水準推論，母體 {population:,} 筆中的{at_most}"
