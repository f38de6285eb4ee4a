"""The application behind Debian's nginx with the very file of deploy/nginx, on loopback."""

import contextlib
import http.client
import http.server
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from data.engine import reading
from data.models import Event
from pages.shared.serving import headers_for
from tests.e2e.person import Person
from tests.e2e.proxy import CLIENT, NAME, Proxy, relay, running_nginx

pytestmark = pytest.mark.browser

HSTS = "max-age=31536000; includeSubDomains"
PROBES_QUIETLY = "wasm-eval"
"""The library of protocol buffers tries WebAssembly, is refused, and does without."""


@pytest.fixture(scope="module")
def database(database: str) -> Iterator[str]:
    """The served application goes by one name only."""
    os.environ["ALLOWED_HOSTS"] = NAME
    yield database
    del os.environ["ALLOWED_HOSTS"]


@pytest.fixture(scope="module")
def proxy(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    port = urlparse(server).port
    assert port is not None
    with running_nginx(tmp_path_factory.mktemp("nginx"), port) as running:
        yield running


def trusting(proxy: Proxy) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(proxy.certificate))


class _Https(http.client.HTTPSConnection):
    """Connects to loopback and asks for the site's name there."""

    def __init__(self, proxy: Proxy, name: str = NAME) -> None:
        super().__init__(name, proxy.https, context=trusting(proxy), timeout=30)

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


def ask(
    proxy: Proxy, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    connection = _Https(proxy)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/static/nothing.js", "/_stcore/metrics"])
def test_every_answer_carries_every_header_once(proxy: Proxy, path: str) -> None:
    answer = ask(proxy, path)
    for name, value in (headers_for("/") | {"Strict-Transport-Security": HSTS}).items():
        assert answer.headers.get_all(name) == [value], name
    assert answer.headers["Server"] == "nginx", "no version"


@pytest.mark.attack("proxy")
def test_plain_http_leads_to_tls(proxy: Proxy) -> None:
    plain = http.client.HTTPConnection("127.0.0.1", proxy.http, timeout=30)
    plain.request("GET", "/accounts?unit=7", headers={"Host": NAME})
    answer = plain.getresponse()
    assert answer.status == 308
    assert answer.headers["Location"] == f"{proxy.url}/accounts?unit=7"


@pytest.mark.attack("proxy")
def test_another_name_gets_nothing(proxy: Proxy) -> None:
    plain = http.client.HTTPConnection("127.0.0.1", proxy.http, timeout=30)
    plain.request("GET", "/", headers={"Host": "evil.example"})
    with pytest.raises(http.client.RemoteDisconnected):
        plain.getresponse()
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", proxy.https)) as raw,
        pytest.raises(ssl.SSLError),
    ):
        careless.wrap_socket(raw, server_hostname="evil.example")


@pytest.mark.attack("proxy")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(proxy: Proxy, version: ssl.TLSVersion) -> None:
    old = trusting(proxy)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with socket.create_connection(("127.0.0.1", proxy.https)) as raw, pytest.raises(ssl.SSLError):
        old.wrap_socket(raw, server_hostname=NAME)


@pytest.mark.attack("proxy")
@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics/",
        "/_stcore/metrics?families=cache_memory_bytes",
        "//_stcore//metrics",
        "/_stcore/%6detrics",
        "/static/../_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/_stcore/agent/interact",
        "/_stcore/script-health-check",
    ],
)
def test_what_is_for_the_operator_is_not_for_the_world(proxy: Proxy, path: str) -> None:
    assert ask(proxy, path).status == 404


@pytest.mark.attack("proxy")
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/_stcore/upload_file/x/y", 202 << 20, 413),
        ("/", 2 << 20, 413),
        ("/_stcore/stream", 2 << 20, 413),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_sent(
    proxy: Proxy, path: str, size: int, status: int
) -> None:
    assert ask(proxy, path, "PUT", {"Content-Length": str(size)}).status == status


def test_the_log_names_nobody_s_tab_and_nothing_that_was_looked_at(proxy: Proxy) -> None:
    ask(proxy, "/_stcore/upload_file/tab-of-somebody/file-1", "PUT")
    ask(proxy, "/media/picture-of-somebody.png?number=00180001")
    ask(proxy, "/_stcore/health?number=00180001")
    written = proxy.log.read_text()
    assert "PUT /_stcore/upload_file/- " in written
    assert "GET /media/- " in written
    assert "GET /_stcore/health " in written
    assert "somebody" not in written
    assert "00180001" not in written


def test_a_cookie_that_the_server_sets_is_secure(proxy: Proxy) -> None:
    cookie = ask(proxy, "/_stcore/health").headers["Set-Cookie"]
    assert cookie.startswith("_streamlit_xsrf=")
    assert {"secure", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}


FOREIGN = ("https://evil.example", "null", "http://localhost:3000")


@pytest.mark.parametrize(
    ("origin", "opens"),
    [
        ("own", True),
        *(pytest.param(one, False, marks=pytest.mark.attack("websocket")) for one in FOREIGN),
    ],
)
def test_a_websocket_opens_for_our_own_pages_only(proxy: Proxy, origin: str, opens: bool) -> None:
    own = f"{proxy.url}" if origin == "own" else origin

    def reach() -> None:
        with (
            socket.create_connection(("127.0.0.1", proxy.https)) as raw,
            connect(
                f"wss://{NAME}:{proxy.https}/_stcore/stream",
                sock=raw,
                ssl=trusting(proxy),
                origin=Origin(own),
                subprotocols=[Subprotocol("streamlit")],
            ) as stream,
        ):
            assert stream.subprotocol == "streamlit"

    if opens:
        reach()
    else:
        with pytest.raises(InvalidStatus) as refused:
            reach()
        assert refused.value.response.status_code == 403


@pytest.mark.attack("websocket")
def test_a_websocket_for_another_name_is_refused_by_the_server_itself(server: str) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(server.replace("http", "ws") + "/_stcore/stream"),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_people_work_through_it(proxy: Proxy, browser: Browser) -> None:
    with relay(proxy.https) as port:
        address = f"https://{NAME}:{port}"
        person = Person(browser, address, own_certificate=True)
        said: list[str] = []
        person.page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        person.page.on("pageerror", lambda error: said.append(f"error: {error}"))
        person.context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('CSP', "
            "e.violatedDirective, e.blockedURI))"
        )
        person.sign_in("system_manager", "/usage_charts")
        expect(person.page.locator(".js-plotly-plot .bars path").first).to_be_visible()
        person.open("/accounts")
        expect(person.page.get_by_test_id("stDataFrame").first).to_be_visible()
        assert person.page.locator("[data-testid=stDataFrame] canvas").count() > 0
        person.open("/accounts?view=workflows")
        expect(person.page.locator("[data-testid=stGraphVizChart] svg")).to_be_visible()
        violations = {line for line in said if "CSP" in line or "Content Security Policy" in line}
        assert {line for line in violations if PROBES_QUIETLY not in line} == set()
        cookies = {cookie["name"]: cookie for cookie in person.context.cookies()}
        assert {"cadastre_session", "_streamlit_xsrf"} <= set(cookies)
        assert all(cookie["secure"] for cookie in cookies.values())
        assert all(cookie["sameSite"] == "Strict" for cookie in cookies.values())
        person.leave()
    frame = "/component/extra_streamlit_components.CookieManager.cookie_manager/index.html"
    answer = ask(proxy, frame)
    assert answer.status == 200
    for name, value in headers_for(frame).items():
        assert answer.headers.get_all(name) == [value], name
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    with reading() as db:
        addresses = db.scalars(select(Event.address).where(Event.type == "signed_in")).all()
    assert addresses[-1] == CLIENT, "the events hold where the person really called from"
    log = proxy.log.read_text()
    assert "/accounts " in log and CLIENT in log and "?" not in log


class _Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the headers it got."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(self.headers).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Proxy]:
    """A proxy of its own before a server that says what it was sent."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as behind:
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        with running_nginx(tmp_path, behind.server_port) as running:
            yield running
        behind.shutdown()


@pytest.mark.attack("proxy")
@pytest.mark.parametrize("path", ["/", "/_stcore/stream", "/_stcore/upload_file/x"])
def test_nobody_says_themselves_where_they_come_from(echo: Proxy, path: str) -> None:
    connection = _Https(echo)
    spoofed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    connection.request("GET", path, headers=spoofed)
    seen = connection.getresponse().read().decode().lower()
    assert "203.0.113.9" not in seen
    assert "x-forwarded-for: 127.0.0.1\r\n" in seen.replace("\n", "\r\n").replace("\r\r", "\r")
    assert seen.count("x-forwarded-proto: https") == 1


def statuses(proxy: Proxy, path: str, count: int) -> list[int]:
    """Ask ``count`` times over four connections and return what came."""

    def one(times: int) -> list[int]:
        connection = _Https(proxy)
        found = []
        for _ in range(times):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            found.append(answer.status)
        return found

    with ThreadPoolExecutor(4) as pool:
        return [status for part in pool.map(one, [count // 4] * 4) for status in part]


@pytest.mark.attack("proxy")
@pytest.mark.parametrize(("path", "burst"), [("/_stcore/stream", 100), ("/anything", 600)])
def test_a_flood_is_turned_away(echo: Proxy, path: str, burst: int) -> None:
    came = statuses(echo, path, burst * 3)
    assert set(came) == {200, 429}
    assert came.count(200) >= burst


@pytest.mark.attack("proxy")
def test_too_many_connections_of_one_address_are_turned_away(echo: Proxy) -> None:
    head = (
        f"PUT /_stcore/upload_file/x HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 10\r\n\r\n"
    ).encode()

    def hold(stack: contextlib.ExitStack) -> Callable[[], bytes]:
        raw = stack.enter_context(socket.create_connection(("127.0.0.1", echo.https), timeout=30))
        line = stack.enter_context(trusting(echo).wrap_socket(raw, server_hostname=NAME))
        line.sendall(head)
        return lambda: line.recv(64)

    with contextlib.ExitStack() as stack:
        waiting = [hold(stack) for _ in range(205)]
        assert b" 429 " in waiting[-1]()
