"""Sign-in by the identity provider: whose account it is, once a token, and the settings."""

import stat
import threading
import tomllib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from data.engine import reading, transaction
from data.models import Account, Event, ExternalIdentity, OneTimeLink
from services.actor import operator
from services.errors import Conflict, Invalid, NotFound, Refused
from services.identity import oidc
from services.identity.entering import Entering, Method, Step, next_step
from services.identity.provider import Provider, configured_provider, streamlit_secrets
from services.identity.release import release_identity
from services.identity.sessions import open_session
from services.installation import keys
from tests.world import NOW, World

ISSUER = "https://login.example.gov.taipei"
PROVIDER = Provider(
    metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    issuer=ISSUER,
    client_id="cadastre",
    client_secret="never shown",
    claim="preferred_username",
    public_url="https://cadastre.example.gov.taipei",
)
ADDRESS = "10.1.1.1"
_made = iter(range(1_000_000))


def claims(subject: str = "s-1", name: Any = "clerk", **others: Any) -> dict[str, Any]:
    """What Streamlit hands over after a sign-in at NOW, with a nonce of its own."""
    return {
        "iss": ISSUER,
        "sub": subject,
        "aud": "cadastre",
        "iat": int(NOW.timestamp()) - 1,
        "exp": int(NOW.timestamp()) + 300,
        "nonce": f"nonce-{next(_made)}",
        "preferred_username": name,
        "is_logged_in": True,
        "provider": "default",
    } | others


def come(said: dict[str, Any], now: Any = NOW) -> Entering | None:
    return oidc.recognise(PROVIDER, said, ADDRESS, now)


def bound() -> dict[str, int]:
    with reading() as db:
        return {row.subject: row.account_id for row in db.scalars(select(ExternalIdentity))}


def events_of(kind: str) -> list[Event]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type == kind).order_by(Event.id)))


def accounts() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(Account)) or 0


@pytest.mark.parametrize("by", ["username", "staff_no"])
def test_the_first_time_the_claim_names_the_account_and_binds_it(world: World, by: str) -> None:
    clerk = world.accounts["clerk"]
    with reading() as db:
        name = getattr(db.get_one(Account, clerk), by)
    entering = come(claims(name=name))
    assert entering == Entering(clerk, Method.OIDC, NOW)
    assert next_step(entering, NOW) is None
    assert bound() == {"s-1": clerk}
    [told] = events_of("identity_bound")
    assert told.detail == {"issuer": ISSUER, "subject": "s-1", "claim": name}
    assert (told.account_id, told.address) == (clerk, ADDRESS)


def test_afterwards_only_the_subject_counts(world: World) -> None:
    come(claims("s-1", "clerk"))
    # The person's name changed at the provider, even to that of another account here.
    again = come(claims("s-1", "clerk2"))
    assert again is not None and again.account_id == world.accounts["clerk"]
    [noticed] = events_of("identity_claim_changed")
    assert (noticed.object_id, noticed.detail) == (
        str(world.accounts["clerk"]),
        {"claim": "clerk2"},
    )
    assert bound() == {"s-1": world.accounts["clerk"]}


@pytest.mark.attack("sign-in")
def test_a_recycled_name_inherits_nothing(world: World) -> None:
    come(claims("s-1", "clerk"))
    with pytest.raises(Refused, match="另一個市府身分"):
        come(claims("s-2", "clerk"))
    # Nor does the same subject at another issuer.
    elsewhere = Provider(**(PROVIDER.__dict__ | {"issuer": ""}))
    with pytest.raises(Refused, match="另一個市府身分"):
        oidc.recognise(elsewhere, claims("s-1", iss="https://other.example"), ADDRESS, NOW)
    assert bound() == {"s-1": world.accounts["clerk"]}


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"preferred_username": "nobody"}, oidc.UNKNOWN),
        ({"preferred_username": ""}, oidc.UNKNOWN),
        ({"preferred_username": None}, oidc.UNKNOWN),
        ({"preferred_username": ["clerk"]}, oidc.UNKNOWN),
        ({"preferred_username": "CLERK"}, oidc.UNKNOWN),
        ({"preferred_username": " clerk"}, oidc.UNKNOWN),
        ({"preferred_username": "clerk\x00"}, oidc.UNKNOWN),
        ({"preferred_username": "cl%"}, oidc.UNKNOWN),
        ({"preferred_username": "clerk' OR '1'='1"}, oidc.UNKNOWN),
        ({"preferred_username": "測試001"}, oidc.UNKNOWN),
        ({"preferred_username_verified": False}, oidc.UNVERIFIED),
        ({"iss": "https://evil.example"}, oidc.MISMATCH),
        ({"iss": ""}, oidc.MISMATCH),
        ({"aud": "another client"}, oidc.MISMATCH),
        ({"aud": ["another", "and another"]}, oidc.MISMATCH),
        ({"aud": None}, oidc.MISMATCH),
        ({"sub": ""}, oidc.MISMATCH),
        ({"sub": 17}, oidc.MISMATCH),
        ({"sub": "x" * 256}, oidc.MISMATCH),
        ({"sub": "a\x00b"}, oidc.MISMATCH),
        ({"nonce": None}, oidc.MISMATCH),
    ],
)
def test_whoever_is_nobody_here_is_refused_with_a_sentence(
    world: World, change: dict[str, Any], says: str
) -> None:
    before = accounts()
    with pytest.raises(Refused) as refused:
        come(claims() | change)
    assert str(refused.value) == says
    assert (bound(), accounts()) == ({}, before)
    [told] = events_of("sign_in_failed")
    assert (told.outcome, told.object_type, told.detail["sentence"]) == (
        "refused",
        "identity",
        says,
    )


def test_a_claim_that_two_accounts_answer_to_is_refused(world: World) -> None:
    with transaction() as db:
        one = db.get_one(Account, world.accounts["clerk2"])
        one.staff_no = "clerk"
    with pytest.raises(Refused, match="多個帳號"):
        come(claims())
    assert bound() == {}


def test_the_account_in_use_is_meant_and_not_the_one_that_the_person_had_before(
    world: World,
) -> None:
    with transaction() as db:
        before = db.get_one(Account, world.accounts["clerk2"])
        before.status, before.staff_no = "cancelled", "T00001"
    clerk = world.accounts["clerk"]
    with reading() as db:
        assert db.get_one(Account, clerk).staff_no == "T00001"
    assert come(claims(name="T00001")) == Entering(clerk, Method.OIDC, NOW)


@pytest.mark.parametrize("before", [False, True])
def test_a_cancelled_account_is_refused_bound_or_not(world: World, before: bool) -> None:
    if before:
        come(claims())
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk").values(status="cancelled"))
    with pytest.raises(Refused, match="不是使用中"):
        come(claims())
    assert len(bound()) == before


@pytest.mark.parametrize("before", [False, True])
def test_a_suspended_person_comes_as_far_as_the_application(world: World, before: bool) -> None:
    if before:
        come(claims())
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk").values(status="suspended"))
    entering = come(claims())
    assert entering is not None
    assert next_step(entering, NOW) is Step.REINSTATE
    with pytest.raises(Conflict):
        open_session(entering, ADDRESS, NOW)
    # Having applied leads no further, either.
    assert next_step(entering.after(Step.REINSTATE), NOW) is Step.REINSTATE


def test_an_e_mail_address_counts_only_when_it_is_verified(world: World) -> None:
    mail = Provider(**(PROVIDER.__dict__ | {"claim": "email"}))
    said = claims(email="clerk")
    for verified in ({}, {"email_verified": False}, {"email_verified": "true"}):
        with pytest.raises(Refused, match="沒有確認"):
            oidc.recognise(mail, said | verified, ADDRESS, NOW)
    assert oidc.recognise(mail, said | {"email_verified": True}, ADDRESS, NOW)


@pytest.mark.attack("cookie")
def test_a_token_lets_in_once_and_not_for_long(world: World) -> None:
    said = claims()
    assert come(said) is not None
    assert come(said) is None
    assert come(said, NOW + timedelta(days=20)) is None
    unused = claims()
    assert come(unused, NOW + oidc.FRESH) is None
    assert events_of("sign_in_failed") == []
    # Marks of tokens that are too old to count anyway are dropped.
    later = NOW + timedelta(hours=1)
    assert come(claims(iat=later.timestamp()), later) is not None
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(OneTimeLink)) == 1
    assert come(said, later) is None


@given(
    st.one_of(st.none(), st.text(), st.booleans(), st.floats(), st.integers(), st.lists(st.none()))
)
def test_any_time_of_making_is_judged(made: Any) -> None:
    fresh = oidc.is_fresh({"iat": made}, NOW)
    if isinstance(made, int | float) and not isinstance(made, bool):
        assert fresh is (-300 <= made - NOW.timestamp() <= 120)
    else:
        assert not fresh


@pytest.mark.attack("cookie")
@pytest.mark.parametrize("same_token", [True, False])
def test_at_once_one_token_lets_in_once(world: World, same_token: bool) -> None:
    said = [claims()] * 4 if same_token else [claims(f"s-{n}") for n in range(4)]
    results: list[object] = []
    gate = threading.Barrier(len(said))

    def run(one: dict[str, Any]) -> None:
        gate.wait()
        try:
            results.append(come(one))
        except Refused as refused:
            results.append(refused)

    threads = [threading.Thread(target=run, args=(one,)) for one in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([result for result in results if isinstance(result, Entering)]) == 1
    assert len(results) == 4
    assert len(bound()) == 1


def test_the_operator_can_undo_a_binding(world: World) -> None:
    come(claims("s-1", "clerk"))
    with pytest.raises(Refused):
        release_identity(world.actor("system_manager"), "clerk", "市府帳號重建")
    with pytest.raises(Invalid, match="原因"):
        release_identity(operator(NOW), "clerk", "")
    with pytest.raises(NotFound):
        release_identity(operator(NOW), "nobody", "市府帳號重建")
    release_identity(operator(NOW), "clerk", "市府帳號重建")
    with pytest.raises(Conflict):
        release_identity(operator(NOW), "clerk", "市府帳號重建")
    assert [event.detail["subject"] for event in events_of("identity_released")] == ["s-1"]
    assert come(claims("s-2", "clerk")) is not None
    assert bound() == {"s-2": world.accounts["clerk"]}


# --- settings -----------------------------------------------------------------------------------

GOOD = {
    "OIDC_ISSUER": ISSUER,
    "OIDC_CLIENT_ID": "cadastre",
    "OIDC_CLIENT_SECRET": 'a "secret"\\ with \n signs 密',
    "PUBLIC_URL": "https://cadastre.example.gov.taipei/",
}
NAMES = (*GOOD, "OIDC_METADATA_URL", "OIDC_CLAIM")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    def choose(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return choose


def test_without_settings_there_is_no_provider(environment: Any) -> None:
    assert configured_provider() is None
    with streamlit_secrets() as path:
        assert path is None
    environment(PUBLIC_URL="https://cadastre.example.gov.taipei")  # needed for mail as well
    assert configured_provider() is None


def test_what_streamlit_is_told_stands_in_a_private_file_while_it_runs(environment: Any) -> None:
    environment(**GOOD)
    with streamlit_secrets() as path:
        assert path is not None
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        told = tomllib.loads(path.read_text())["auth"]
    assert not path.exists()
    assert told == {
        "redirect_uri": "https://cadastre.example.gov.taipei/oauth2callback",
        "cookie_secret": told["cookie_secret"],
        "client_id": "cadastre",
        "client_secret": GOOD["OIDC_CLIENT_SECRET"].strip(),
        "server_metadata_url": f"{ISSUER}/.well-known/openid-configuration",
        "client_kwargs": {"scope": "openid profile", "prompt": "login"},
    }
    assert len(told["cookie_secret"]) == 64
    assert told["cookie_secret"] != keys.cookie_key()
    provider = configured_provider()
    assert provider is not None and "secret" not in repr(provider).replace("client_secret", "")


def test_another_address_of_the_metadata_and_another_claim(environment: Any) -> None:
    environment(**GOOD, OIDC_METADATA_URL="https://login.example/meta", OIDC_CLAIM="email")
    provider = configured_provider()
    assert provider is not None
    assert (provider.metadata_url, provider.issuer) == ("https://login.example/meta", ISSUER)
    with streamlit_secrets() as path:
        assert path is not None
        told = tomllib.loads(path.read_text())["auth"]
    assert told["client_kwargs"]["scope"] == "openid profile email"


@pytest.mark.parametrize(
    "change",
    [
        {"OIDC_CLIENT_ID": ""},
        {"OIDC_CLIENT_SECRET": " "},
        {"PUBLIC_URL": ""},
        {"PUBLIC_URL": "http://cadastre.example.gov.taipei"},
        {"PUBLIC_URL": "cadastre.example.gov.taipei"},
        {"PUBLIC_URL": "https://"},
        {"PUBLIC_URL": "http://[::1"},
        {"OIDC_ISSUER": "http://login.example.gov.taipei"},
        {"OIDC_ISSUER": "file:///etc/passwd"},
        {"OIDC_METADATA_URL": "http://login.example.gov.taipei/meta"},
        {"OIDC_ISSUER": "http://127.0.0.1.evil.example"},
    ],
)
def test_half_or_unsafe_settings_are_a_sentence(environment: Any, change: dict[str, str]) -> None:
    environment(**(GOOD | change))
    with pytest.raises(Invalid):
        configured_provider()


@pytest.mark.parametrize("host", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:9"])
def test_plain_http_is_for_one_s_own_machine(environment: Any, host: str) -> None:
    environment(**(GOOD | {"OIDC_ISSUER": host, "PUBLIC_URL": host}))
    assert configured_provider() is not None
