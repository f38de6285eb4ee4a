"""The papers of an application to print, as PDF and ODT: each made, and on record, when it is taken."""

from collections.abc import Callable, Sequence
from functools import partial

from pages.shared.downloads import followed_download
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.papers.keeping import PaperKind

Take = Callable[[PaperKind, FileFormat], Paper]


def print_buttons(
    number: str, papers: Sequence[PaperKind], take: Take, key: str, due: bool
) -> None:
    """Offer an application's form, and its pledge where it has one, beside each other.

    ``take`` runs outside the page, and counts as an act: it has to know whom and from where.
    """
    for kind in (FileFormat.PDF, FileFormat.ODT):
        is_pdf = kind is FileFormat.PDF
        for paper in papers:
            primary = due and is_pdf and paper is PaperKind.FORM
            followed_download(
                f"列印{paper.label}" if is_pdf else f"{paper.label} ODT 檔",
                partial(_content, take, paper, kind),
                f"{key}.{kind.value}.{paper.value}",
                file_name=f"{paper.label}_{number}.{kind.value}",
                mime=kind.mime,
                icon=":material/print:" if is_pdf else ":material/download:",
                type="primary" if primary else "secondary" if is_pdf else "tertiary",
            )


def _content(take: Take, paper: PaperKind, kind: FileFormat) -> bytes:
    return take(paper, kind).content
