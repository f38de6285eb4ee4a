"""Every kind of event has its words, its details and its row in docs/events.md; the code writes no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.event_log.detail_labels import DETAILS
from services.event_log.details import detail_words
from services.event_log.groups import Group
from services.event_log.words import (
    EVENT_WORDS,
    OBJECTS,
    OUTCOMES,
    label_of,
    object_words,
    types_of,
)
from services.events import EventType

ROOT = Path(__file__).parents[2]
WRITERS = {"write", "record_look"}
_ARGUMENTS = {"about", "outcome"}


def written() -> Iterator[tuple[Path, ast.Call, str]]:
    """Yield every call that writes an event of a kind named in place."""
    for folder in ("services", "data"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                kinds = [
                    argument.attr
                    for argument in node.args
                    if isinstance(argument, ast.Attribute)
                    and getattr(argument.value, "id", "") == "EventType"
                ]
                if name in WRITERS and kinds:
                    yield path, node, kinds[0]


CALLS = list(written())


def literal(node: Any) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def test_there_are_calls_to_look_at() -> None:
    assert len(CALLS) > 20


@pytest.mark.parametrize(
    ("path", "call", "kind"),
    CALLS,
    ids=[f"{path.stem}-{call.lineno}-{kind}" for path, call, kind in CALLS],
)
def test_a_written_event_holds_only_what_is_declared(path: Path, call: ast.Call, kind: str) -> None:
    details = {word.arg for word in call.keywords if word.arg} - _ARGUMENTS
    assert details <= EVENT_WORDS[EventType[kind]].detail
    for word in call.keywords:
        if word.arg == "about" and isinstance(word.value, ast.Tuple):
            kinds = [literal(node) for node in ast.walk(word.value.elts[0]) if literal(node)]
            assert kinds
            assert {kind for kind in kinds if kind.islower()} <= set(OBJECTS)
        if word.arg == "outcome":
            assert literal(word.value) in (None, *OUTCOMES)


def test_every_kind_has_its_words() -> None:
    assert set(EVENT_WORDS) == set(EventType)
    labels = [words.label for words in EVENT_WORDS.values()]
    assert len(set(labels)) == len(labels)
    assert all(label and not label.isascii() for label in labels)
    assert sorted(kind for group in Group for kind in types_of(group)) == sorted(EventType)
    assert all(group.label for group in Group)


def test_every_detail_has_its_label() -> None:
    declared = set().union(*(words.detail for words in EVENT_WORDS.values()))
    assert declared == set(DETAILS)


def test_a_kind_of_a_later_version_stands_for_itself() -> None:
    assert label_of("signed_in") == "登入"
    assert label_of("something_new") == "something_new"


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ({"before": "active", "after": "suspended"}, "變更前：使用中；變更後：停權"),
        ({"before": ["LandDescription"], "after": []}, "變更前：土地標示部；變更後：無"),
        ({"records": list(range(1, 23))}, "另有 2 項"),
        ({"changed": True, "ruling": "major"}, "更改先前判定：是；判定：重大缺失"),
        ({"account_id": None}, "對應帳號：無"),
        ({"filter": {"first_day": "2026-11-01", "person": "clerk"}}, "條件：起日：115年11月1日；人員：clerk"),
        (
            {"filter": {"group": "sign_in", "outcome": "refused", "object_type": "mail"}},
            "類別：登入與驗證；結果：拒絕；對象：郵件",
        ),
        ({"filter": {"type": "signed_in"}}, "條件：事件：登入"),
        ({"unheard_of": {"a": [1, {"b": None}]}}, "unheard_of：a：1、b：無"),
        ({"reason": "query"}, "原因：query"),
        ({"reason": "locked"}, "原因：鎖定期間內再次嘗試"),
        ({"reason": "replaced"}, "原因：帳號在別處登入"),
        ({"method": "password"}, "登入方式：密碼"),
        ({"what": "replaced"}, "內容：更換驗證器"),
        ({"until": "2026-11-23T23:26:45.654203+00:00"}, "鎖定至：115年11月24日 07:26:45"),
        ({"until": "some day"}, "鎖定至：some day"),
        ({"period": "2026Q3"}, "期間：115年第3季"),
        ({"before": "with_records"}, "變更前：當季有使用紀錄的人數"),
    ],
)  # fmt: skip
def test_details_are_readable(detail: dict[str, Any], text: str) -> None:
    assert text in "；".join(f"{label}：{value}" for label, value in detail_words(detail))


@pytest.mark.parametrize(
    ("kind", "id_", "words"),
    [
        ("setting", "policy.idle_minutes", "設定：閒置幾分鐘自動登出"),
        ("setting", "people_counted", "設定：總使用人數如何計算"),
        ("setting", "policy.of_a_later_version", "設定：policy.of_a_later_version"),
        ("events", "0d628558d48f23ab", "系統紀錄"),
        ("event", "12", "單筆系統紀錄 12"),
        ("username", "clerk", "輸入的帳號 clerk"),
        ("address", "10.1.2.3", "來源位址 10.1.2.3"),
        ("ledger", "", "帳本"),
    ],
)
def test_things_are_called_as_screens_call_them(kind: str, id_: str, words: str) -> None:
    assert object_words(kind, id_) == words


def test_the_document_lists_every_kind_with_its_details() -> None:
    document = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` (\S+) \| (.+?) \| (.+?) \|$", document, re.MULTILINE)
    assert {code: (label, set(re.findall(r"`(\w+)`", keys))) for code, label, _, keys in rows} == {
        kind.value: (words.label, set(words.detail)) for kind, words in EVENT_WORDS.items()
    }
    assert all(when and when != "?" for _, _, when, _ in rows)
