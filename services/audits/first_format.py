"""What a signature stood for before its format was written down: the findings in their first words.

Signatures are over a hash that held the sentence as it was worded then. They stand as long as this gives the
same: nothing here is ever changed, whatever is said on the screen today.
"""

from collections.abc import Sequence
from typing import Any

from services.audits.findings import Beside, Findings


def findings_of(found: Findings, nothing: str) -> dict[str, Any]:
    """Return the findings as they were hashed; ``nothing`` is the sentence of a frame without records."""
    return {
        "population": found.population,
        "to_judge": found.to_judge,
        "judged": found.judged,
        "counts": found.counts,
        "people": found.people,
        "months": found.months,
        "base": found.base,
        "base_deviations": found.base_deviations,
        "base_open": found.base_open,
        "limit": found.base_limit,
        "other_deviations": found.other_deviations,
        "beside": tuple(
            {
                "label": one.label,
                "records": one.records,
                "deviations": one.deviations,
                "still_open": one.still_open,
            }
            for one in found.beside
        ),
        "sentence": _sentence(
            found.population,
            found.base,
            found.base_deviations,
            found.base_open,
            found.base_limit,
            found.beside,
        )
        if found.population
        else nothing,
    }


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
