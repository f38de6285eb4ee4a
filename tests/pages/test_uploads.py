"""No file comes into the server's memory but from somebody who is signed in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.shared.session_token import COOKIE_NAME
from pages.shared.uploads import UPLOADS, UploadsOfPeople
from services.identity.sessions import end_session
from tests.signing_in import session_of
from tests.world import NOW, World

KEY = "k" * 64
PATH = f"{UPLOADS}session/file"


@pytest.fixture
def put(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A function that sends a file and returns the status of the answer."""
    monkeypatch.setenv("COOKIE_KEY", KEY)

    async def take(request: Any) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS"]
    routes = [Route("/{path:path}", take, methods=methods)]

    def send(token: str = "", now: datetime = NOW, path: str = PATH, method: str = "PUT") -> int:
        guard = Middleware(UploadsOfPeople, clock=lambda: now)
        client = TestClient(Starlette(routes=routes, middleware=[guard]))
        headers = {"Cookie": f"a=b; {COOKIE_NAME}={token}; c=d"} if token else {}
        answer = client.request(method, path, content=b"x" * 1000, headers=headers)
        return int(answer.status_code)

    return send


def token(session: str, key: str = KEY, **claims: Any) -> str:
    end = (NOW + timedelta(hours=1)).timestamp()
    return jwt.encode({"session": session, "exp_date": end} | claims, key, algorithm="HS256")


def test_who_is_signed_in_sends_files(put: Callable[..., int]) -> None:
    assert put(token(session_of("system_manager"))) == 200


@pytest.mark.attack("upload")
@pytest.mark.parametrize(
    "forged",
    [
        lambda session: "",
        lambda session: "nonsense",
        lambda session: session,
        lambda session: token("x" * 43),
        lambda session: token(session, key="o" * 64),
        lambda session: token(session, exp_date=NOW.timestamp()),
        lambda session: token(session, exp_date="later"),
        lambda session: jwt.encode({"session": session, "exp_date": 9e9}, "", algorithm="none"),
    ],
    ids=["none", "nonsense", "bare id", "unknown", "other key", "expired", "no time", "alg none"],
)
def test_a_stranger_sends_none(put: Callable[..., int], forged: Callable[[str], str]) -> None:
    sent = forged(session_of("system_manager"))
    assert [put(sent, method=method) for method in ("PUT", "POST", "DELETE")] == [403] * 3


@pytest.mark.attack("upload")
def test_nobody_sends_files_after_the_session(put: Callable[..., int]) -> None:
    session = session_of("system_manager")
    assert put(token(session), now=NOW + timedelta(minutes=14)) == 200
    assert put(token(session), now=NOW + timedelta(minutes=16)) == 403
    session = session_of("system_manager")
    end_session(session, NOW)
    assert put(token(session)) == 403


def test_nothing_else_is_asked_for_a_session(put: Callable[..., int]) -> None:
    assert put(method="OPTIONS") == 200
    assert put(method="GET", path="/_stcore/health") == 200
