"""The one download button of tables."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.shared.session import actor_source
from services.actor import Actor
from services.documents.formats import FileFormat
from services.documents.tables import export_table
from services.errors import Refused

Rows = Sequence[Sequence[Any]]


def export_button(
    actor: Actor,
    label: str,
    file_stem: str,
    columns: Sequence[str],
    rows: Rows | Callable[[], Rows],
    total: int | None = None,
    kind: FileFormat = FileFormat.CSV,
) -> None:
    """Offer the table as a file; it is written, and the export recorded, only when clicked."""

    def content(person: Actor) -> bytes:
        held = rows() if callable(rows) else rows
        in_all = len(held) if total is None else total
        return export_table(person, file_stem, columns, held, in_all, kind)

    file_button(actor, label, file_stem, content, kind)


def file_button(
    actor: Actor,
    label: str,
    file_stem: str,
    content: Callable[[Actor], bytes],
    kind: FileFormat = FileFormat.CSV,
) -> None:
    """Offer a file that ``content`` writes and records, for the person of that very moment."""
    person_now = actor_source()

    def for_person() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再匯出。")
        return content(person)

    st.download_button(
        label,
        for_person,
        file_name=f"{file_stem}-{actor.today:%Y%m%d}.{kind.value}",
        mime=kind.mime,
        icon=":material/download:",
        on_click="ignore",
    )
