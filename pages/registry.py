"""The page registry: every page once, with its section, its address and who may see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from services.identity.actor import Actor
from services.identity.permissions import Action, reach


@dataclass(frozen=True)
class Entry:
    """One page: it is offered only to persons who hold ``action`` somewhere."""

    section: str
    title: str
    module: str
    icon: str
    action: Action
    also: Callable[[Actor], bool] = lambda _actor: True

    def open_to(self, actor: Actor) -> bool:
        """Whether ``actor`` may see the page; the services check again on every call."""
        return bool(reach(actor, self.action)) and self.also(actor)


def _has_items(actor: Actor) -> bool:
    return bool(actor.items)


PAGES: tuple[Entry, ...] = (
    Entry("", "待辦", "home", "checklist", Action.VIEW_HOME),
    Entry("查詢", "地籍查詢", "parcel_query", "search", Action.QUERY_PARCEL, _has_items),
    Entry("查詢", "我的使用紀錄", "my_usage", "history", Action.QUERY_PARCEL),
    Entry("帳號", "帳號管理", "accounts", "manage_accounts", Action.VIEW_ACCOUNTS),
    Entry("稽核", "稽核抽樣", "audit_sampler", "casino", Action.VIEW_AUDIT),
    Entry("統計", "使用統計", "usage_charts", "monitoring", Action.VIEW_USAGE),
    Entry("系統", "匯入", "import_usage", "upload_file", Action.IMPORT_USAGE),
)


def closed_doors() -> list[Any]:
    """Return every address with nothing behind it, for a visitor who has not signed in."""
    return [
        st.Page(_nothing, title="登入", url_path=entry.module, default=entry.module == "home")
        for entry in PAGES
    ]


def _nothing() -> None:
    """What a visitor's page shows: the sign-in screen above it is all there is."""


def menu(actor: Actor) -> dict[str, list[Any]]:
    """Return the navigation for ``actor``: sections with the pages that are open to this person."""
    sections: dict[str, list[Any]] = {}
    for entry in PAGES:
        if entry.open_to(actor):
            page = st.Page(
                f"pages/{entry.module}.py",
                title=entry.title,
                icon=f":material/{entry.icon}:",
                url_path=entry.module,
                default=entry.module == "home",
            )
            sections.setdefault(entry.section, []).append(page)
    return sections
