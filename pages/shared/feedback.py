"""How a page says that something went wrong: a sentence, or a reference number and a log entry."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import streamlit as st

from pages.shared.text import plain
from services.errors import Held, UserError

log = logging.getLogger("cadastre")


def show_error(sentence: object) -> None:
    """Show a sentence about what went wrong."""
    st.error(plain(sentence), icon=":material/error:")


@contextmanager
def showing_errors() -> Iterator[None]:
    """Show a service's sentence where the page stands; anything else goes on to `numbered_errors`.

    Dialogs and fragments run without `numbered_errors` around them: a hold is met here as well.
    """
    try:
        yield
    except UserError as error:
        show_error(error)
    except Held:
        _leave_the_page()


@contextmanager
def numbered_errors() -> Iterator[None]:
    """Show an unexpected error as a reference number and log it whole.

    Streamlit's own rerun and stop signals are no ``Exception`` and pass through.
    """
    try:
        yield
    except UserError as error:
        show_error(error)
    except Held:
        _leave_the_page()
    except Exception:
        number = secrets.token_hex(4).upper()
        log.exception("reference %s", number)
        st.error(
            f"系統發生未預期的錯誤，您的資料沒有變動。請把編號 **{number}** 告訴系統管理者。",
            icon=":material/report:",
        )


def _leave_the_page() -> NoReturn:
    """Leave nothing of this run on the screen: the next one shows that the service is held.

    Where it has resumed by then, the page comes anew and says what became of the act.
    """
    notify("剛才的動作因無法留存紀錄而沒有完成；請確認後再做一次。", ":material/pause_circle:")
    st.rerun()


class _RefusedDownloads(logging.Filter):
    """Logs a service's refusal of a download as one line: it is an answer and no fault of the code.

    Streamlit runs downloads outside the script, shows its own words for whatever they raise, and
    logs the traceback.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        reason = error.__cause__ if error else None
        if isinstance(reason, UserError | Held):
            record.msg, record.args, record.exc_info = "download refused: %s", (reason,), None
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


logging.getLogger("streamlit.runtime.backend_operation_handler").addFilter(_RefusedDownloads())


def notify(sentence: str, icon: str = ":material/check_circle:") -> None:
    """Keep a short notice for the next run, so that it survives the rerun after an act."""
    st.session_state["notice"] = (sentence, icon)


def show_notice() -> None:
    """Show the notice left by `notify`, once."""
    if notice := st.session_state.pop("notice", None):
        sentence, icon = notice
        st.toast(plain(sentence), icon=icon)
