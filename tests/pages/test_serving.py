"""The server's own part: headers on every answer, websockets for our own pages only."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import extra_streamlit_components
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.shared.serving import (
    DRAWING,
    INLINE_SCRIPTS,
    OUR_SCRIPT,
    SecurityHeaders,
    allowed_hosts,
    headers_for,
)

WARMED = """
import gc, sys
from pages.shared.warming import load_and_freeze
load_and_freeze()
assert gc.get_freeze_count() > 100_000
print(*(name for name in sys.modules if name.startswith(("pages.", "services."))))
"""
NGINX = Path(__file__).parents[2] / "deploy" / "nginx" / "cadastre.conf"


async def _echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def client() -> TestClient:
    routes = [
        Route("/{path:path}", lambda _request: PlainTextResponse("ok")),
        WebSocketRoute("/_stcore/stream", _echo),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)])
    return TestClient(app, base_url="https://testserver")


@pytest.mark.parametrize("path", ["/", "/accounts", "/_stcore/health", "/component/a/index.html"])
def test_every_answer_carries_the_headers(path: str) -> None:
    answer = client().get(path)
    for name, value in headers_for(path).items():
        assert answer.headers.get_list(name) == [value]


def test_only_components_may_stand_in_a_frame_and_only_in_ours() -> None:
    assert headers_for("/accounts")["X-Frame-Options"] == "DENY"
    assert headers_for("/component/x")["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'none'" in headers_for("/")["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in headers_for("/component/x")["Content-Security-Policy"]


def test_no_script_from_elsewhere_and_none_made_of_text() -> None:
    policy = headers_for("/")["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts.split()[1:] == ["'self'", *INLINE_SCRIPTS, OUR_SCRIPT, DRAWING]
    assert "http" not in policy and "*" not in policy and "'unsafe-eval'" not in policy


def test_the_inline_scripts_are_those_of_the_installed_packages() -> None:
    pages = [
        Path(streamlit.__file__).parent / "static" / "index.html",
        Path(extra_streamlit_components.__file__).parent
        / "CookieManager"
        / "frontend"
        / "build"
        / "index.html",
    ]
    hashes = []
    for page in pages:
        for script in re.findall(r"<script>(.*?)</script>", page.read_text(), re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            hashes.append(f"'sha256-{digest}'")
    assert tuple(hashes) == INLINE_SCRIPTS


def test_the_proxy_says_what_the_server_says() -> None:
    text = NGINX.read_text(encoding="utf-8")
    said = dict(re.findall(r'add_header ([\w-]+)\s+"?(.+?)"? always;', text))
    hidden = set(re.findall(r"proxy_hide_header ([\w-]+);", text))
    assert hidden == set(headers_for("/")), "else they would come twice"
    assert set(said) == hidden | {"Strict-Transport-Security"}
    for name, value in headers_for("/").items():
        filled = (
            said[name].replace("$cadastre_ancestors", "'none'").replace("$cadastre_frame", "DENY")
        )
        assert filled == value


@pytest.mark.attack("websocket")
@pytest.mark.parametrize(
    ("origin", "opens"),
    [
        (None, True),
        ("https://testserver", True),
        ("https://testserver.evil.test", False),
        ("https://testserver:444", False),
        ("https://evil.test/testserver", False),
        ("https://testserver@evil.test", False),
        ("http://localhost", False),
        ("http://127.0.0.1:8501", False),
        ("null", False),
        ("", False),
        ("file://", False),
    ],
)
def test_a_websocket_opens_for_our_own_pages_only(origin: str | None, opens: bool) -> None:
    headers = {} if origin is None else {"origin": origin}
    if opens:
        with client().websocket_connect("/_stcore/stream", headers=headers):
            return
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client().websocket_connect("/_stcore/stream", headers=headers),
    ):
        pass
    assert refused.value.code == 1008


@pytest.mark.parametrize(
    ("given", "names"),
    [("", []), ("a.tw", ["a.tw"]), ("a.tw, b.tw", ["a.tw", "b.tw"]), (" , ", [])],
)
def test_the_names_of_the_site(
    monkeypatch: pytest.MonkeyPatch, given: str, names: list[str]
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", given)
    assert allowed_hosts() == names


def test_every_part_of_every_page_is_loaded_and_frozen_before_the_port_opens() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", WARMED], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    parts = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in (root / "pages").glob("*/*.py")
        if path.name not in ("page.py", "__init__.py")
    }
    loaded = set(done.stdout.split())
    assert loaded >= parts | {"services.schedule.tasks", "services.usage.trends"}
    assert not {name for name in loaded if name.endswith(".page")}
