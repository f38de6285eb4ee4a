"""The page registry: every page once, with its section, its address and who may see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from services.actor import Actor
from services.events import record_refusal
from services.identity.permissions import Action, reach

Door = str | Callable[[], None]
_REFUSED = "refused_page"
"""The page that this visit was refused: one event a visit, not one a rerun."""


@dataclass(frozen=True)
class Entry:
    """One page: it is offered only to persons who hold ``action`` somewhere."""

    section: str
    title: str
    room: str
    """Its folder in ``pages/``."""
    address: str
    """What stands behind the site's name; links that people keep have it."""
    icon: str
    action: Action
    also: Callable[[Actor], bool] = lambda _actor: True

    @property
    def file(self) -> str:
        """The file that Streamlit runs, as links name it."""
        return f"pages/{self.room}/page.py"

    def open_to(self, actor: Actor) -> bool:
        """Whether ``actor`` may see the page; the services check again on every call."""
        return bool(reach(actor, self.action)) and self.also(actor)


def _has_items(actor: Actor) -> bool:
    return bool(actor.items)


def _sees_agencies(actor: Actor) -> bool:
    """Whether somebody may look at audits of a whole agency, or of all."""
    reached = reach(actor, Action.VIEW_AUDIT)
    return bool(reached.everything or reached.agency_ids)


PAGES: tuple[Entry, ...] = (
    Entry("", "待辦", "home", "home", "checklist", Action.VIEW_HOME),
    Entry("", "我的帳號", "my_account", "my_account", "person", Action.MANAGE_OWN_SIGN_IN),
    Entry("查詢", "地籍查詢", "parcels", "parcel_query", "search", Action.QUERY_PARCEL, _has_items),
    Entry("查詢", "我的使用紀錄", "my_usage", "my_usage", "history", Action.QUERY_PARCEL),
    Entry("帳號", "申請", "applications", "apply", "assignment", Action.APPLY),
    Entry("帳號", "帳號管理", "accounts", "accounts", "manage_accounts", Action.VIEW_APPLICATIONS),
    Entry("帳號", "權限清查", "access_review", "access_review", "fact_check", Action.VIEW_REVIEWS),
    Entry(
        "帳號", "文件保管", "documents", "kept_documents", "folder_managed", Action.KEEP_DOCUMENTS
    ),
    Entry("稽核", "稽核抽樣", "sampler", "audit_sampler", "casino", Action.VIEW_AUDIT),
    Entry(
        "稽核",
        "機關稽核",
        "agency_audit",
        "agency_audit",
        "domain",
        Action.VIEW_AUDIT,
        _sees_agencies,
    ),
    Entry("稽核", "使用紀錄", "records", "records", "manage_search", Action.VIEW_RECORDS),
    Entry("稽核", "異常與事件", "incidents", "incidents", "report", Action.VIEW_INCIDENTS),
    Entry("稽核", "缺失改善", "findings", "findings", "rule", Action.VIEW_FINDINGS),
    Entry("統計", "使用統計", "usage", "usage_charts", "monitoring", Action.VIEW_USAGE),
    Entry("地政局", "稽核複核", "review", "review", "inventory", Action.REVIEW_PACKAGE),
    Entry("系統", "匯入", "importing", "import_usage", "upload_file", Action.IMPORT_USAGE),
    Entry(
        "系統", "權限對照", "permissions", "permissions", "verified_user", Action.VIEW_PERMISSIONS
    ),
    Entry("系統", "驗證", "verify", "verify", "verified", Action.VERIFY_PAPER),
    Entry("系統", "系統紀錄", "event_log", "event_log", "receipt_long", Action.VIEW_EVENTS),
)


def file_of(address: str) -> str:
    """Return the file of the page at this address, as links inside the application name it."""
    return next(entry.file for entry in PAGES if entry.address == address)


def closed_doors() -> list[Any]:
    """Return every address with nothing behind it, for a visitor who has not signed in."""
    return [_door(entry, _nothing, title="登入") for entry in PAGES] + [_home_by_name(_nothing)]


def menu(actor: Actor) -> dict[str, list[Any]]:
    """Return the navigation for ``actor``: sections with the pages that are open to this person.

    Behind the address of any other page stands one sentence; its file is not even named.
    """
    sections: dict[str, list[Any]] = {}
    hidden = [_home_by_name(_go_home)]
    for entry in PAGES:
        if entry.open_to(actor):
            page = _door(entry, entry.file, icon=f":material/{entry.icon}:")
            sections.setdefault(entry.section, []).append(page)
        else:
            hidden.append(_door(entry, _not_yours(actor, entry), visibility="hidden"))
    sections.setdefault("", []).extend(hidden)
    return sections


def _door(entry: Entry, leads_to: Door, title: str | None = None, **look: Any) -> Any:
    first = entry.address == "home"
    return st.Page(
        leads_to,
        title=title or entry.title,
        url_path="" if first else entry.address,
        default=first,
        **look,
    )


def _home_by_name(leads_to: Door) -> Any:
    """The first page has the empty address; ``/home`` is what people write from the module's name."""
    return st.Page(leads_to, title="待辦", url_path="home", visibility="hidden")


def _nothing() -> None:
    """What a visitor's page shows: the sign-in screen above it is all there is."""


def show(page: Any) -> None:
    """Run the page that was asked for."""
    if st.session_state.get(_REFUSED) != page.url_path:
        st.session_state.pop(_REFUSED, None)
    page.run()


def _not_yours(actor: Actor, entry: Entry) -> Callable[[], None]:
    """What stands behind the address of a page that is not for this person; each visit is on record."""

    def refuse() -> None:
        sentence = "您沒有這個頁面的權限；請由左側選單進入。"
        if st.session_state.get(_REFUSED) != entry.address:
            record_refusal(actor, entry.action.value, f"pages.{entry.address}", sentence)
            st.session_state[_REFUSED] = entry.address
        st.warning(sentence, icon=":material/lock:")

    return refuse


def _go_home() -> None:
    st.switch_page("pages/home/page.py")
