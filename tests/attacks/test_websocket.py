"""A raw client at the served application's websocket: other pages, other people's widgets, files, garbage."""

import random
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import jwt
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from sqlalchemy import select, update
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from data import engine
from data.models import Account
from pages.shared.registry import PAGES, file_of
from pages.shared.session_token import COOKIE_NAME
from services.actor import operator
from services.applications.applying import Wanted, apply_new
from services.clock import utc_now
from services.demo.people import DEMO_PASSWORD
from services.identity.links import print_link
from services.identity.sessions import EndReason, end_all
from services.regulation.items import Item
from services.regulation.roles import Role
from tests.e2e.conftest import database, free_port, serving  # noqa: F401 - fixture
from tests.prepared import objects
from tests.services.applications.cast import NEWCOMER
from tests.signing_in import session_of

pytestmark = pytest.mark.browser
COOKIE_KEY = "k" * 64
MODULES = [entry.address for entry in PAGES]
HIDDEN_FROM_CLERKS = ("accounts", "audit_sampler", "usage_charts", "import_usage", "permissions")
NOT_YOURS = "您沒有這個頁面的權限"
MANAGER = r"（unit\_manager）"
_OWN = {"sign_in_sessions", "accounts", "sign_in_counters"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home directory of whoever serves; nothing may appear in it."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(database: str, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: F811
    log = tmp_path_factory.mktemp("log") / "server.log"
    with serving(database, log, free_port(), HOME=str(home)) as address:
        yield address


@pytest.fixture(autouse=True)
def same_database(database: str) -> Iterator[None]:  # noqa: F811
    engine.configure(database)
    yield
    engine.engine().dispose()


def cookie_of(who: str) -> str:
    """The signed cookie of a new session of ``who``."""
    claims = {
        "session": session_of(who, "127.0.0.1", utc_now()),
        "exp_date": utc_now().timestamp() + 3600,
    }
    return f"{COOKIE_NAME}={jwt.encode(claims, COOKIE_KEY, algorithm='HS256')}"


@contextmanager
def client(server: str, cookie: str = "", *protocols: Any) -> Iterator[ClientConnection]:
    address = server.replace("http://", "ws://") + "/_stcore/stream"
    headers = {"Cookie": cookie} if cookie else {}
    with connect(
        address,
        subprotocols=list(protocols or ("streamlit",)),
        additional_headers=headers,
        max_size=None,
    ) as socket:
        yield socket


def ask(socket: ClientConnection, message: BackMsg | None = None, **state: str) -> list[ForwardMsg]:
    """Send a message (by default a rerun) and return what comes back until the script rests."""
    if message is None:
        message = BackMsg()
        message.rerun_script.SetInParent()
        for name, value in state.items():
            setattr(message.rerun_script, name, value)
    socket.send(message.SerializeToString())
    answers = []
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(socket.recv(timeout=60, decode=False))
        answers.append(answer)
        # A run that a new cookie interrupts is followed by the one that counts.
        if answer.WhichOneof("type") == "script_finished":
            return answers


def texts(answers: list[ForwardMsg]) -> str:
    """Everything that was shown, in one string."""

    def walk(message: Message) -> Iterator[str]:
        for field, value in message.ListFields():
            if field.message_type is not None and field.message_type.GetOptions().map_entry:
                continue
            for one in value if field.is_repeated else [value]:
                if field.type == FieldDescriptor.TYPE_STRING:
                    yield one
                elif isinstance(one, Message):
                    yield from walk(one)

    shown = (answer.delta for answer in answers if answer.WhichOneof("type") == "delta")
    return "\n".join(text for delta in shown for text in walk(delta))


def kinds(answers: list[ForwardMsg]) -> set[str]:
    return {answer.delta.new_element.WhichOneof("type") or "" for answer in answers}


def widget_ids(answers: list[ForwardMsg]) -> list[str]:
    return sorted(
        {
            part.id
            for answer in answers
            for _, part in answer.delta.new_element.ListFields()
            if isinstance(part, Message) and getattr(part, "id", None)
        }
    )


def kept() -> dict[str, Any]:
    return {name: rows for name, rows in objects().items() if name not in _OWN}


def lives(server: str) -> bool:
    with urllib.request.urlopen(f"{server}/_stcore/health", timeout=10) as answer:
        return bool(answer.status == 200)


@pytest.mark.attack("websocket")
@pytest.mark.parametrize("module", MODULES)
def test_a_stranger_gets_the_sign_in_screen_whatever_page_is_asked_for(
    server: str, module: str
) -> None:
    with client(server) as socket:
        for state in (
            {"page_script_hash": calc_hash("" if module == "home" else module)},
            {"page_name": module},
            {"page_name": file_of(module)},
            {"page_script_hash": calc_hash(file_of(module)), "query_string": "account=1"},
            {"page_script_hash": "f" * 32, "page_name": "../app"},
        ):
            answers = ask(socket, None, **state)
            shown = texts(answers)
            assert "密碼" in shown or shown == "", state
            assert not kinds(answers) & {"arrow_data_frame", "arrow_table", "dataframe", "table"}
            assert "登出" not in shown


@pytest.mark.attack("websocket")
@pytest.mark.parametrize("module", HIDDEN_FROM_CLERKS)
def test_a_clerk_gets_no_page_that_is_not_the_clerk_s(server: str, module: str) -> None:
    with client(server, cookie_of("clerk")) as socket:
        assert "待辦" in texts(ask(socket))
        answers = ask(socket, page_script_hash=calc_hash(module))
        assert NOT_YOURS in texts(answers)
        for state in ({"page_name": module}, {"page_script_hash": calc_hash(file_of(module))}):
            answers = ask(socket, None, **state)
            assert not kinds(answers) & {"arrow_data_frame", "dataframe", "arrow_table", "table"}
            assert "匯出" not in texts(answers)


def manager_s_screen(server: str, path: str, query: str) -> list[ForwardMsg]:
    with client(server, cookie_of("unit_manager")) as socket:
        ask(socket)
        return ask(socket, page_script_hash=calc_hash(path), query_string=query)


@pytest.mark.attack("websocket")
def test_another_person_s_widgets_do_nothing_in_one_s_own_session(server: str) -> None:
    with engine.reading() as db:
        clerk_id = db.query(Account.id).filter(Account.username == "clerk").one()[0]
    screen = manager_s_screen(server, "accounts", f"account={clerk_id}")
    ids = widget_ids(screen)
    assert "停權" in texts(screen)
    assert len(ids) > 10
    before = kept()
    for cookie in ("", cookie_of("clerk")):
        with client(server, cookie) as socket:
            ask(socket)
            message = BackMsg()
            state = message.rerun_script
            state.page_script_hash = calc_hash("accounts")
            state.query_string = f"account={clerk_id}"
            for number, widget in enumerate(w for w in ids if not w.endswith("sign_out")):
                one = state.widget_states.widgets.add(id=widget)
                if number % 2:
                    one.trigger_value = True
                else:
                    one.string_value = "x"
            shown = texts(ask(socket, message))
            assert NOT_YOURS in shown or "密碼" in shown
            assert "停權" not in shown
            for hidden in ("sign_in_session", "refresh_actor", "dialog.open"):
                forged = BackMsg()
                forged.rerun_script.widget_states.widgets.add(id=hidden, string_value="1")
                assert "停權" not in texts(ask(socket, forged))
    assert kept() == before


@pytest.mark.attack("websocket")
def test_a_fragment_of_another_page_is_nothing_to_a_stranger(server: str) -> None:
    with client(server) as socket:
        ask(socket)
        message = BackMsg()
        message.rerun_script.fragment_id = calc_hash("accounts")
        message.rerun_script.page_script_hash = calc_hash("accounts")
        socket.send(message.SerializeToString())
        shown = ""
        with suppress(TimeoutError):
            while True:
                answer = ForwardMsg()
                answer.ParseFromString(socket.recv(timeout=2, decode=False))
                shown += texts([answer])
        assert "帳號管理" not in shown


@pytest.mark.attack("websocket")
@pytest.mark.parametrize("late", [0, 5, 10, 15, 20, 30])
def test_a_run_that_is_stopped_leaves_nobody_behind(server: str, late: int) -> None:
    """Who stops a run, wherever it is, and then runs parts of the page only, is still asked who it is."""
    accounts = calc_hash("accounts")
    with client(server, cookie_of("unit_manager")) as socket:
        screen = [a for _ in range(2) for a in ask(socket, page_script_hash=accounts)]
        parts = {a.delta.fragment_id for a in screen if a.WhichOneof("type") == "delta"} - {""}
        assert parts and MANAGER in texts(screen)
        message = BackMsg()
        message.rerun_script.page_script_hash = accounts
        socket.send(message.SerializeToString())
        receive(socket, "new_session")
        time.sleep(late / 1000)
        socket.send(BackMsg(stop_script=True).SerializeToString())
        receive(socket, "script_finished")
        _end_all("unit_manager")
        for part in parts:
            ask(socket, page_script_hash=accounts, fragment_id=part)
            # The part has found nobody, and asks for the whole page.
            assert "密碼" in texts(receive(socket, "script_finished"))


@pytest.mark.attack("websocket")
def test_a_part_of_a_page_is_not_taken_over_by_the_session_s_id(server: str) -> None:
    """Parts run without the rest of the page: dialogs act, and the look at the time says who is there."""
    accounts = calc_hash("accounts")
    with client(server, cookie_of("unit_manager")) as socket:
        screen = [a for _ in range(2) for a in ask(socket, page_script_hash=accounts)]
        session = next(
            a.new_session.initialize.session_id
            for a in screen
            if a.WhichOneof("type") == "new_session"
        )
        parts = {a.delta.fragment_id for a in screen if a.WhichOneof("type") == "delta"} - {""}
        assert parts and MANAGER in texts(screen)
    with client(server, "", "streamlit", "x", session) as thief:
        for part in parts:
            ask(thief, page_script_hash=accounts, fragment_id=part)
            assert "密碼" in texts(receive(thief, "script_finished"))


def receive(socket: ClientConnection, kind: str) -> list[ForwardMsg]:
    """Return what comes until a message of this kind."""
    answers: list[ForwardMsg] = []
    while not answers or answers[-1].WhichOneof("type") != kind:
        answers.append(ForwardMsg())
        answers[-1].ParseFromString(socket.recv(timeout=20, decode=False))
    return answers


def _end_all(who: str) -> None:
    with engine.transaction() as db:
        account = db.query(Account).filter(Account.username == who).one()
        end_all(db, account.id, utc_now(), EndReason.EVERYWHERE)


@pytest.mark.attack("websocket")
def test_a_session_that_is_gone_on_is_not_taken_over_by_its_id(server: str) -> None:
    with client(server, cookie_of("unit_manager")) as socket:
        answers = ask(socket, page_script_hash=calc_hash("accounts"))
        assert MANAGER in texts(answers)
        session = next(
            a.new_session.initialize.session_id
            for a in answers
            if a.WhichOneof("type") == "new_session"
        )
        assert session
        for cookie in ("", cookie_of("clerk")):
            with client(server, cookie, "streamlit", "x", session) as thief:
                shown = texts(ask(thief, page_script_hash=calc_hash("accounts")))
                assert MANAGER not in shown
                assert "密碼" in shown or NOT_YOURS in shown


def recognised(socket: ClientConnection, who: str, **values: Any) -> list[ForwardMsg]:
    """Sign in by the form as somebody whose account has these values; return what is shown next."""
    with engine.transaction() as db:
        db.execute(update(Account).where(Account.username == who).values(**values))
    screen = ask(socket)
    message = BackMsg()
    widgets = message.rerun_script.widget_states.widgets
    for element in (a.delta.new_element for a in screen):
        if element.WhichOneof("type") == "text_input":
            text = who if element.text_input.label == "帳號" else DEMO_PASSWORD
            widgets.add(id=element.text_input.id, string_value=text)
        elif element.button.label == "登入":
            widgets.add(id=element.button.id, trigger_value=True)
    # The run that the form began is followed by the one that shows the next step.
    return screen + ask(socket, message) + receive(socket, "script_finished")


def by_reset_link(socket: ClientConnection) -> list[ForwardMsg]:
    link = print_link(operator(utc_now()), "clerk")
    return ask(socket, query_string=f"reset={link.rpartition('=')[2]}")


def by_application(socket: ClientConnection) -> list[ForwardMsg]:
    with engine.reading() as db:
        unit = db.scalars(select(Account.unit_id).where(Account.username == "clerk")).one()
    wanted = Wanted(Role.GENERAL_USER, unit, (Item.LAND_DESCRIPTION,), "業務需要")
    sent = apply_new(NEWCOMER, wanted, "10.1.1.1", utc_now())
    return ask(socket, query_string=f"follow={sent.token}")


WAYS_IN: dict[str, tuple[Callable[[ClientConnection], list[ForwardMsg]], str]] = {
    "a new password": (lambda s: recognised(s, "ethics", must_change_password=True), "變更密碼"),
    "reinstatement": (
        lambda s: recognised(s, "reviewer", status="suspended", suspended_at=utc_now()),
        "帳號停權中",
    ),
    "a reset link": (by_reset_link, "重設密碼"),
    "an application that is followed": (by_application, "王小明"),
}


@pytest.mark.attack("websocket")
@pytest.mark.parametrize("way", WAYS_IN)
def test_who_is_on_the_way_in_is_not_taken_over_by_the_id(server: str, way: str) -> None:
    reach, shown = WAYS_IN[way]
    with client(server) as socket:
        answers = reach(socket)
        assert shown in texts(answers)
        session = next(
            a.new_session.initialize.session_id
            for a in answers
            if a.WhichOneof("type") == "new_session"
        )
        for cookie in ("", cookie_of("clerk")):
            with client(server, cookie, "streamlit", "x", session) as thief:
                seen = texts(ask(thief))
                assert shown not in seen
                assert "連線曾經中斷" in seen or "待辦" in seen


def test_the_same_browser_goes_on_after_its_connection_was_lost(server: str) -> None:
    cookie = cookie_of("unit_manager")
    with client(server, cookie) as socket:
        session = next(
            a.new_session.initialize.session_id
            for a in ask(socket)
            if a.WhichOneof("type") == "new_session"
        )
    with client(server, cookie, "streamlit", "x", session) as socket:
        assert MANAGER in texts(ask(socket, page_script_hash=calc_hash("accounts")))


@pytest.mark.attack("websocket")
def test_another_person_s_file_is_not_handed_out(server: str) -> None:
    with client(server, cookie_of("unit_manager")) as owner:
        ask(owner)
        screen = ask(owner, page_script_hash=calc_hash("accounts"), query_string="view=accounts")
        files = [
            a.delta.new_element.download_button.deferred_file_id
            for a in screen
            if a.delta.new_element.WhichOneof("type") == "download_button"
        ]
        assert files
        with client(server, cookie_of("clerk")) as thief:
            session = texts(ask(thief))
            assert session
            message = BackMsg()
            request = message.backend_operation_request
            request.request_id = "1"
            request.deferred_file.file_id = files[0]
            thief.send(message.SerializeToString())
            answer = ForwardMsg()
            while answer.WhichOneof("type") != "backend_operation_response":
                answer.ParseFromString(thief.recv(timeout=30, decode=False))
            response = answer.backend_operation_response
        assert response.WhichOneof("payload") is None or not response.deferred_file.url


@pytest.mark.attack("websocket")
def test_garbage_ends_its_own_connection_at_most(server: str, home: Path) -> None:
    before, chance = kept(), random.Random(11)
    for number in range(40):
        with client(server) as socket:
            try:
                socket.send(_garbage(chance, number))
                socket.recv(timeout=0.2)
            except (TimeoutError, WebSocketException):
                pass
    assert lives(server)
    with client(server) as socket:
        assert "密碼" in texts(ask(socket))
    assert kept() == before
    assert [path for path in home.rglob("*") if path.is_file()] == []


def _garbage(chance: random.Random, number: int) -> bytes | str:
    message = BackMsg()
    kind = number % 8
    if kind == 0:
        return chance.randbytes(chance.randint(0, 4000))
    if kind == 1:
        return "text where bytes belong"
    if kind == 2:
        message.debug_shutdown_runtime = True
    elif kind == 3:
        message.debug_disconnect_websocket = True
    elif kind == 4:
        message.clear_cache = True
    elif kind == 5:
        message.backend_operation_request.request_id = "1"
        message.backend_operation_request.install_skills.SetInParent()
    elif kind == 6:
        message.backend_operation_request.request_id = "1"
        message.backend_operation_request.dismiss_skills_nudge.SetInParent()
    else:
        message.rerun_script.query_string = "\x00%ff&" * 2000
        message.rerun_script.page_name = "x" * 100_000
    return bytes(message.SerializeToString())


@pytest.mark.attack("websocket")
def test_a_thousand_widgets_and_a_deep_query_are_survived(server: str) -> None:
    with client(server, cookie_of("clerk")) as socket:
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash = calc_hash("my_usage")
        state.query_string = "month=" + "9" * 5000
        for number in range(1000):
            state.widget_states.widgets.add(
                id=f"$$ID-{number:032x}-None", json_value='{"a": [' * 50
            )
        assert "系統發生未預期的錯誤" not in texts(ask(socket, message))
    assert lives(server)
