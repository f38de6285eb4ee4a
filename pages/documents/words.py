"""The same word and colour for the same state everywhere on the page."""

from pages.shared.badges import Colour
from services import rocdate
from services.papers.listing import PaperRow
from services.papers.words import PaperState

PAGE = "kept_documents"
STATE_COLOURS: dict[PaperState, Colour] = {
    PaperState.KEPT: "green",
    PaperState.DESTROYABLE: "orange",
    PaperState.PROPOSED: "blue",
    PaperState.DESTROYED: "gray",
}


def lawful_words(row: PaperRow) -> str:
    """Say from which day a document may be destroyed."""
    if row.state is PaperState.DESTROYED:
        return ""
    if row.lawful_from is None:
        return "未註銷，繼續保管" if row.account_id else "未結案，繼續保管"
    return rocdate.roc_date(row.lawful_from)


def title_of(row: PaperRow) -> str:
    """Return what a document is called in a sentence."""
    return f"文件 {row.id}　{row.kind.label}　{row.about}"
