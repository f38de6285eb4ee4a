"""Files come from people who are signed in: Streamlit alone takes them from every open page.

It keeps what is sent in memory as long as that page is open, 200 MB at a time: a stranger at the sign-in
screen could fill the machine's.
"""

from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.shared.session_token import COOKIE_NAME, session_in
from services.identity import presence
from services.identity.presence import Present
from services.installation import keys

UPLOADS = "/_stcore/upload_file/"


class UploadsOfPeople:
    """Refuses a file, before any of it is read, unless the browser's cookie names a session that holds."""

    def __init__(self, app: ASGIApp, clock: Callable[[], datetime]) -> None:
        self.app = app
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and UPLOADS in scope["path"]
        # The browser's question beforehand brings no cookie and no file.
        if asked and scope["method"] != "OPTIONS":
            token = HTTPConnection(scope).cookies.get(COOKIE_NAME, "")
            if not await run_in_threadpool(self._is_signed_in, token):
                refusal = PlainTextResponse("請先登入再上傳檔案。", status_code=403)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _is_signed_in(self, token: str) -> bool:
        now = self.clock()
        session_id = session_in(token, keys.cookie_key(), now)
        # Sending a file is a part of some click that counts by itself.
        return isinstance(presence.check(session_id, now, seen=False), Present)
