"""The server: the security headers of every answer, and what Streamlit is told beside config.toml.

`deploy/nginx/cadastre.conf` sends the same headers for what it answers itself; a test holds the two
together.
"""

import base64
import hashlib
import hmac
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.pages_manager import PagesManager

from pages.shared.unsent import SCRIPT
from pages.shared.uploads import UploadsOfPeople
from pages.shared.warming import load_and_freeze
from services.identity.provider import streamlit_secrets
from services.installation.keys import cookie_key

INLINE_SCRIPTS = (
    "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='",
    "'sha256-CLFEkP0dgnFU04lAyNI12tJzuaDySVyrOCO6rb04XmE='",
)
"""The inline scripts of others: of Streamlit's own page, and of the cookie component's frame."""
OUR_SCRIPT = f"'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"
"""Our own one, `pages/shared/unsent.py`."""
DRAWING = "'wasm-unsafe-eval'"
"""Lets our own scripts compile WebAssembly, without which no Graphviz picture is drawn. It is not
``unsafe-eval``: text still becomes no script."""

_POLICY = {
    "default-src": "'self'",
    "script-src": f"'self' {' '.join(INLINE_SCRIPTS)} {OUR_SCRIPT} {DRAWING}",
    "style-src": "'self' 'unsafe-inline'",  # Streamlit makes its styles while it runs
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
COMPONENTS = "/component/"
"""Frames of our own pages: the only answers that may stand in a frame, and only in one of ours."""


def headers_for(path: str) -> dict[str, str]:
    """Return the security headers of an answer to ``path``."""
    ours = path.startswith(COMPONENTS)
    policy = _POLICY | {"frame-ancestors": "'self'" if ours else "'none'"}
    return HEADERS | {
        "X-Frame-Options": "SAMEORIGIN" if ours else "DENY",
        "Content-Security-Policy": "; ".join(f"{name} {what}" for name, what in policy.items()),
    }


class SecurityHeaders:
    """Puts the headers on every answer, and opens websockets for our own pages only.

    Streamlit alone would open them for pages of the visitor's own machine too, and would ask a server
    of the internet for its outer address whenever a foreign page calls.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers_for(scope["path"]))
            await send(message)

        if scope["type"] == "websocket" and _is_foreign(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def _is_foreign(headers: Headers) -> bool:
    """Whether a page of another site asks; programs that are no browser send no origin."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def allowed_hosts() -> list[str]:
    """Return the names that the site goes by (``ALLOWED_HOSTS``); none means any."""
    return [name for name in os.environ.get("ALLOWED_HOSTS", "").replace(",", " ").split() if name]


def serve(script: Path, port: int, address: str, clock: Callable[[], datetime]) -> None:
    """Serve ``script`` until the process is stopped."""
    # A folder called pages/ makes Streamlit look for pages by itself until the first session has called
    # st.navigation. It would find none, and tell the first visitor of a fresh server whose link names a
    # page that there is no such page.
    PagesManager.uses_pages_directory = False
    # Streamlit signs cookies of its own: the same key on every replica, and not our sessions' key.
    secret = hmac.new(cookie_key().encode(), b"streamlit cookies", hashlib.sha256).hexdigest()
    os.environ.setdefault("STREAMLIT_SERVER_COOKIE_SECRET", secret)
    config: dict[str, object] = {"server.port": port}
    if address:
        config["server.address"] = address
    if hosts := allowed_hosts():
        config["server.allowedHosts"] = hosts
    # The server shuts down at this signal and raises it once more: let that be an ordinary end, at
    # which the provider's file is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with streamlit_secrets() as secrets:
        if secrets is not None:
            config["secrets.files"] = [str(secrets)]
        guards = [Middleware(SecurityHeaders), Middleware(UploadsOfPeople, clock=clock)]
        st.App(script, middleware=guards, lifespan=_before_the_port).run(config=config)


@asynccontextmanager
async def _before_the_port(_app: st.App) -> AsyncIterator[None]:
    load_and_freeze()
    from pages.shared.cookies import announce_component  # loaded just now, and not before

    announce_component()
    yield
