"""Sign-in by an identity provider in a real browser, against a small one on loopback."""

from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select, update

from data.engine import reading, transaction
from data.models import Account, Event, ExternalIdentity, SignInSession
from services.identity import oidc
from tests.e2e.conftest import free_port, serving
from tests.e2e.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, start_provider
from tests.e2e.person import PATIENCE, Person

pytestmark = pytest.mark.browser
BUTTON = "以市府帳號登入"
IDENTITY = "_streamlit_user"


@dataclass
class Place:
    """The application and the provider it is configured to."""

    address: str
    provider: Provider
    log: Path


@pytest.fixture(scope="module")
def place(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    provider, pages = start_provider()
    port = free_port()
    log = tmp_path_factory.mktemp("log") / "provider.log"
    settings = {
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    try:
        with serving(database, log, port, **settings) as address:
            yield Place(address, provider, log)
    finally:
        pages.shutdown()


@pytest.fixture
def person(browser: Browser, place: Place) -> Iterator[Person]:
    place.provider.fault = ""
    somebody = Person(browser, place.address)
    yield somebody
    somebody.leave()


def press_and_sign_in(person: Person, place: Place, **claims: Any) -> None:
    """Press the button, sign in at the provider as these claims say, and come back."""
    place.provider.claims = claims
    person.page.get_by_role("button", name=BUTTON).click()
    person.page.get_by_role("link", name="sign me in").click()
    person.page.wait_for_url(f"{place.address}/**", timeout=PATIENCE)
    person.rest()


def is_outside(person: Person) -> None:
    # While one screen gives way to the other the button can stand there twice.
    expect(person.page.get_by_role("button", name=BUTTON)).to_have_count(1, timeout=PATIENCE)
    expect(person.page.get_by_role("button", name=BUTTON)).to_be_visible()
    expect(person.page.get_by_role("button", name="登出")).to_have_count(0)


def is_inside(person: Person) -> None:
    expect(person.page.get_by_role("button", name="登出")).to_be_visible(timeout=PATIENCE)


def count(kind: str) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).where(Event.type == kind)) or 0


def identity_cookies(person: Person) -> list[Any]:
    return [one for one in person.context.cookies() if one["name"].startswith(IDENTITY)]


def test_whom_the_provider_knows_signs_in_with_a_session_of_ours(
    person: Person, place: Place
) -> None:
    person.open("/")
    person.picture("provider-sign-in")
    press_and_sign_in(person, place, sub="s-clerk", preferred_username="clerk")
    is_inside(person)
    asked = place.provider.asked[-1]
    assert (asked["prompt"], asked["code_challenge_method"]) == ("login", "S256")
    assert asked["nonce"] and asked["state"] and asked["scope"] == "openid profile"
    with reading() as db:
        session = db.scalars(
            select(SignInSession).order_by(SignInSession.started_at.desc())
        ).first()
        assert session is not None and session.method == "oidc"
        bound = db.scalars(select(ExternalIdentity)).one()
        assert (bound.issuer, bound.subject) == (place.provider.issuer, "s-clerk")
    person.page.reload()
    is_inside(person)


@pytest.mark.attack("cookie")
def test_after_signing_out_neither_the_browser_nor_a_copy_of_its_cookies_gets_in(
    person: Person, place: Place, browser: Browser
) -> None:
    person.open("/")
    press_and_sign_in(person, place, sub="s-clerk", preferred_username="clerk")
    is_inside(person)
    copies: Any = person.context.cookies()
    assert any(one["name"].startswith(IDENTITY) for one in copies)
    before = place.provider.signed_out
    person.page.get_by_role("button", name="登出").click()
    is_outside(person)
    assert place.provider.signed_out == before + 1
    assert identity_cookies(person) == []

    thief = Person(browser, place.address)
    thief.context.add_cookies(copies)
    for path in ("/", "/my_usage", "/"):
        thief.open(path)
        is_outside(thief)
    thief.leave()

    press_and_sign_in(person, place, sub="s-clerk", preferred_username="clerk")
    is_inside(person)


@pytest.mark.attack("cookie")
@pytest.mark.parametrize("how", ["ended", "suspended"])
def test_a_session_ended_from_outside_needs_the_button_again(
    person: Person, place: Place, how: str
) -> None:
    person.open("/")
    press_and_sign_in(person, place, sub="s-auditor", preferred_username="auditor")
    is_inside(person)
    whose = select(Account.id).where(Account.username == "auditor")
    with transaction() as db:
        if how == "suspended":
            change = update(Account).where(Account.username == "auditor")
            db.execute(change.values(status="suspended"))
        else:
            mine = update(SignInSession).where(SignInSession.account_id.in_(whose))
            # As if nothing had been done for an hour.
            db.execute(
                mine.values(last_seen_at=func.datetime(SignInSession.last_seen_at, "-1 hour"))
            )
    try:
        before = count("signed_in")
        for _ in range(3):
            person.page.reload()
            person.rest()
            is_outside(person)
        assert count("signed_in") == before
        assert identity_cookies(person) != []
        press_and_sign_in(person, place, sub="s-auditor", preferred_username="auditor")
        if how == "suspended":
            person.sees("帳號停權中")
            expect(person.page.get_by_role("button", name="登出")).to_have_count(0)
            assert count("signed_in") == before
        else:
            is_inside(person)
    finally:
        with transaction() as db:
            db.execute(update(Account).where(Account.username == "auditor").values(status="active"))


def test_whom_nobody_knows_here_is_refused_with_a_sentence_and_once(
    person: Person, place: Place
) -> None:
    before = count("sign_in_failed")
    person.open("/")
    press_and_sign_in(person, place, sub="s-stranger", preferred_username="stranger")
    person.sees(oidc.UNKNOWN)
    person.picture("provider-refused")
    is_outside(person)
    assert count("sign_in_failed") == before + 1


@pytest.mark.attack("sign-in")
def test_a_recycled_name_is_refused(person: Person, place: Place) -> None:
    person.open("/")
    press_and_sign_in(person, place, sub="s-newcomer", preferred_username="clerk")
    person.sees("另一個市府身分")
    is_outside(person)


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize(
    ("fault", "because"),
    [
        ("issuer", "InvalidClaimError"),
        ("nonce", "InvalidClaimError"),
        ("expired", "ExpiredTokenError"),
        ("key", "BadSignatureError"),
        ("no signature", "UnsupportedAlgorithmError"),
        ("audience", ""),
    ],
)
def test_a_false_token_lets_nobody_in(
    person: Person, place: Place, fault: str, because: str
) -> None:
    """Streamlit refuses all but one by itself, for the right reason; ours sees the audience."""
    place.provider.fault = fault
    before, logged = count("signed_in"), len(place.log.read_text())
    person.open("/")
    press_and_sign_in(person, place, sub="s-clerk", preferred_username="clerk")
    is_outside(person)
    assert count("signed_in") == before
    if because:
        assert because in place.log.read_text()[logged:]
    else:
        person.sees(oidc.MISMATCH)


@pytest.mark.attack("fixation")
def test_the_callback_of_somebody_else_s_sign_in_lets_nobody_in(
    person: Person, place: Place, browser: Browser
) -> None:
    """A link with an attacker's own code: without the state of this browser it leads nowhere."""
    attacker = Person(browser, place.address)
    attacker.open("/")
    place.provider.claims = {"sub": "s-clerk", "preferred_username": "clerk"}
    attacker.page.get_by_role("button", name=BUTTON).click()
    link = attacker.page.get_by_role("link", name="sign me in").get_attribute("href")
    attacker.leave()
    # The provider gives the code, and nobody has used it up yet.
    provider = HTTPConnection(place.provider.issuer.removeprefix("http://"))
    provider.request("GET", str(link))
    callback = provider.getresponse().headers["Location"]
    assert callback.startswith(f"{place.address}/oauth2callback?code=")
    person.open(callback.removeprefix(place.address))
    is_outside(person)
    assert len(place.provider.codes) == 1


def test_the_secret_s_file_is_private_and_outside_the_repository(place: Place) -> None:
    root = Path(__file__).parents[2]
    holding = [
        path
        for path in root.rglob("*.toml")
        if ".venv" not in path.parts and CLIENT_SECRET in path.read_text(errors="replace")
    ]
    assert holding == []
