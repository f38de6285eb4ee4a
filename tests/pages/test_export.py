"""Downloads that are refused: no file, and one line in the log instead of a traceback."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

import pages.shared.feedback  # noqa: F401 - it is what is tested
from services.errors import Held, Refused


def download(error: Exception, caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    """Ask for a file whose making ends in ``error``, as the browser does; return the log entry."""

    def content() -> bytes:
        raise error

    files = MediaFileManager(MemoryMediaFileStorage("/media"))
    files._deferred_callables["x"] = {"callable": content, "mimetype": None, "filename": "x.csv"}  # type: ignore[typeddict-item]
    request = BackendOperationRequest(request_id="1")
    request.deferred_file.file_id = "x"
    logger = logging.getLogger("streamlit.runtime.backend_operation_handler")
    logger.addHandler(caplog.handler)
    try:
        # In a thread of its own: the browser tests leave a running loop in this one.
        with ThreadPoolExecutor(1) as apart:
            work = DeferredFileHandler(lambda: files).handle(request, "session")
            answer = apart.submit(asyncio.run, work).result()
    finally:
        logger.removeHandler(caplog.handler)
    assert answer.error_msg
    return caplog.records[-1]


def test_a_refused_download_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    record = download(Refused("登入已結束，請重新登入後再匯出。"), caplog)
    assert record.getMessage() == "download refused: 登入已結束，請重新登入後再匯出。"
    assert record.exc_info is None
    assert "Traceback" not in caplog.text


def test_a_download_of_a_held_service_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    assert download(Held("service held, 1A2B3C4D"), caplog).exc_info is None
    assert "Traceback" not in caplog.text


def test_a_broken_download_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    assert download(RuntimeError("broken"), caplog).exc_info
    assert "Traceback" in caplog.text
