"""The details of events in words: labels of their keys, and names for the codes among their values."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services import rocdate
from services.accounts.leaving.words import Settled, Source
from services.audits.words import CorrectionKind, DrawKind, Ruling, SeedSource
from services.event_log.detail_labels import DETAILS
from services.event_log.groups import Group
from services.event_log.words import OBJECTS, OUTCOMES, label_of
from services.identity.entering import Method
from services.identity.link_words import How
from services.identity.lockout import Tried
from services.identity.passwords import Cause
from services.identity.sessions import EndReason
from services.incidents.words import Mark
from services.oversight.checks.all_checks import BY_CODE
from services.oversight.letters import Letter
from services.papers.keeping import PaperKind
from services.regulation.application_states import Act
from services.regulation.finding_states import FindingAct
from services.regulation.incidents import Gravity, Step
from services.regulation.items import Item, UsageAction
from services.regulation.leaving import Leaving
from services.regulation.package_review import ReviewAct
from services.regulation.periods import Quarter, parse_period
from services.regulation.readings import ALL_READINGS
from services.regulation.roles import AccountStatus, Duty, EthicsKind, Role
from services.regulation.workflows import Deed
from services.usage.flags import LABELS
from services.usage.office_hours import TimeOfUse

_VALUES: dict[str, tuple[type[StrEnum], ...]] = {
    "items": (Item,),
    "before": (AccountStatus, Item),
    "after": (AccountStatus, Item),
    "role": (Role,),
    "duty": (Duty,),
    "seed_plan": (SeedSource,),
    "seed_source": (SeedSource,),
    "kind": (DrawKind, PaperKind, Leaving, CorrectionKind, EthicsKind, Letter),
    "ruling": (Ruling,),
    "reason": (EndReason,),
    "cause": (Cause,),
    "how": (How,),
    "method": (Method,),
    "entered": (Source,),
    "settled": (Settled,),
    "act": (Act, ReviewAct, FindingAct),
    "step": (Deed, Step, Mark),
    "gravity": (Gravity,),
    "tried": (Tried,),
    "group": (Group,),
    "item": (Item,),
    "action": (UsageAction,),
    "time": (TimeOfUse,),
}
"""Which details hold codes that have a word; whatever people typed is shown as it is."""
_READINGS = {code: words for one in ALL_READINGS for code, words in one.options.items()}
_WORDS: dict[str, dict[str, str]] = {
    "check": {code: check.label for code, check in BY_CODE.items()},
    "reason": {"locked": "鎖定期間內再次嘗試"},
    "what": {
        "enrolled": "設定驗證器",
        "replaced": "更換驗證器",
        "recovery_codes": "產生新的復原碼",
    },
    "before": _READINGS,
    "after": _READINGS,
    "outcome": OUTCOMES,
    "object_type": OBJECTS,
    "flag": LABELS,
}


def _moment(text: str) -> str:
    return rocdate.roc_second(datetime.fromisoformat(text))


def _day(text: str) -> str:
    return rocdate.roc_date(date.fromisoformat(text))


def _period(text: str) -> str:
    return parse_period(text).label


def _quarter(text: str) -> str:
    return Quarter.parse(text).label


_READ: dict[str, Callable[[str], str]] = {
    "until": _moment,
    "stamped_at": _moment,
    "first_day": _day,
    "last_day": _day,
    "due_on": _day,
    "effective_on": _day,
    "starts_on": _day,
    "ends_on": _day,
    "done_on": _day,
    "before_day": _day,
    "period": _period,
    "quarter": _quarter,
    "type": label_of,
}
"""Details that are stored as a machine writes them, and how people do."""
_MOST_LISTED = 20


def detail_words(detail: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the details of an event as pairs of label and text; what is empty is left out."""
    return tuple(
        (DETAILS.get(key, key), _text(key, value)) for key, value in detail.items() if value != ""
    )


def _text(key: str, value: Any) -> str:
    if value is None:
        return "無"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        return "；".join(f"{_FILTER.get(k, k)}：{_text(k, held)}" for k, held in value.items())
    if isinstance(value, list):
        shown = "、".join(_text(key, one) for one in value[:_MOST_LISTED])
        rest = len(value) - _MOST_LISTED
        return f"{shown}…另有 {rest:,} 項" if rest > 0 else shown or "無"
    for words in _VALUES.get(key, ()):
        if value in set(words):
            return str(words(value).label)  # type: ignore[attr-defined]
    text = str(value)
    if key in _READ:
        with suppress(ValueError):  # whatever an older version stored stands as it is
            return _READ[key](text)
    return _WORDS.get(key, {}).get(text, text)


_FILTER = {
    "first_day": "起日",
    "last_day": "迄日",
    "unit": "單位代碼",
    "person": "人員",
    "item": "項目",
    "action": "作業",
    "time": "時段",
    "hours": "時刻",
    "name": "人名",
    "words": "案由字詞",
    "flag": "系統提示",
    "group": "類別",
    "type": "事件",
    "outcome": "結果",
    "object_type": "對象",
    "object_id": "對象編號",
    "address": "來源位址",
}
"""The parts of a filter of 系統紀錄 and of 使用紀錄, as the events of looking at them keep them."""
