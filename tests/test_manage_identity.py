"""The command line's part in sign-in: a lost phone, another key, the provider's settings."""

from pathlib import Path

import pyotp
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from data.engine import ROOT, configure, reading, transaction
from data.models import Account, Event, ExternalIdentity, KeptDocument, SecondFactor
from services.actor import operator
from services.identity.factor_setup import begin_own_enrolment, confirm_own_enrolment
from services.identity.people import as_actor, load_account
from services.operation.rotation import rotate_secrets
from tests.e2e.conftest import free_port, serving
from tests.test_manage import city, manage
from tests.world import NOW

__all__ = ["city"]
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
REASON = "手機遺失，已當面核對身分"


@pytest.fixture
def auditor(city: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The account of the city's auditor, with a second factor under the old key."""
    configure(city["DATABASE_URL"])
    # The city's documents were kept under the key of whoever loaded it.
    monkeypatch.setenv("DATA_KEYS", f"{OLD},{(ROOT / 'var' / 'data.key').read_text().strip()}")
    rotate_secrets(operator(NOW))
    city["DATA_KEYS"] = OLD
    monkeypatch.setenv("DATA_KEYS", OLD)
    with reading() as db:
        account_id = db.scalars(select(Account.id).where(Account.username == "auditor")).one()
        account = load_account(db, account_id)
        assert account is not None
        actor = as_actor(account, NOW)
    enrolment = begin_own_enrolment(actor)
    confirm_own_enrolment(actor, enrolment, pyotp.TOTP(enrolment.secret).at(NOW))
    return account_id


def details(kind: str) -> list[dict[str, object]]:
    with reading() as db:
        return [event.detail for event in db.scalars(select(Event).where(Event.type == kind))]


def test_a_lost_phone(city: dict[str, str], auditor: int) -> None:
    assert manage("remove-second-factor", "nobody", "--reason", REASON, env=city).returncode == 2
    done = manage("remove-second-factor", "auditor", env=city, typed=f"{REASON}\n")
    assert done.returncode == 0, done.stderr
    with reading() as db:
        assert db.get(SecondFactor, auditor) is None
    assert details("second_factor_removed") == [{"reason": REASON}]
    again = manage("remove-second-factor", "auditor", "--reason", REASON, env=city)
    assert (again.returncode, again.stderr) == (2, "這個帳號沒有設定雙因子驗證，不需要移除。\n")


def test_a_link_without_the_site_s_address_says_what_is_missing(city: dict[str, str]) -> None:
    printed = manage("reset-link", "auditor", env=city | {"PUBLIC_URL": ""})
    assert printed.returncode == 0 and printed.stdout.startswith("/?reset=")
    assert "PUBLIC_URL" in printed.stderr
    whole = manage("reset-link", "auditor", env=city | {"PUBLIC_URL": "https://cadastre.example"})
    assert whole.stdout.startswith("https://cadastre.example/?reset=") and whole.stderr == ""


def test_another_key(city: dict[str, str], auditor: int) -> None:
    lost = manage("rotate-secrets", env=city | {"DATA_KEYS": NEW})
    assert lost.returncode == 2 and "DATA_KEYS" in lost.stderr
    done = manage("rotate-secrets", env=city | {"DATA_KEYS": f"{NEW},{OLD}"})
    with reading() as db:
        kept = db.scalar(select(func.count(KeptDocument.sha256.distinct())))
    told = f"second_factors: 1\nmail: 0\ndocuments: {kept}\n"
    assert kept and (done.returncode, done.stdout) == (0, told)
    again = manage("rotate-secrets", env=city | {"DATA_KEYS": NEW})
    assert again.returncode == 0, again.stderr


def test_a_tie_to_the_provider_is_undone(city: dict[str, str], auditor: int) -> None:
    with transaction() as db:
        db.add(ExternalIdentity(issuer="i", subject="s", account_id=auditor, bound_at=NOW))
    done = manage("release-identity", "auditor", "--reason", "市府帳號重建", env=city)
    assert done.returncode == 0, done.stderr
    assert details("identity_released") == [{"subject": "s", "reason": "市府帳號重建"}]


def test_half_a_provider_is_not_served(city: dict[str, str]) -> None:
    half = city | {"OIDC_ISSUER": "https://login.example", "OIDC_CLIENT_ID": "cadastre"}
    result = manage("serve", "--port", "18699", "--address", "127.0.0.1", env=half)
    assert result.returncode == 2
    assert "OIDC_CLIENT_SECRET" in result.stderr


def test_the_provider_s_secret_goes_when_the_server_ends(
    city: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    settings = {
        "OIDC_ISSUER": "http://127.0.0.1:9",
        "OIDC_CLIENT_ID": "cadastre",
        "OIDC_CLIENT_SECRET": "never left behind",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TMPDIR": str(tmp_path),
    }
    with serving(city["DATABASE_URL"], tmp_path / "server.log", port, **settings):
        (file,) = tmp_path.glob("cadastre-*/secrets.toml")
        assert "never left behind" in file.read_text()
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(tmp_path.glob("cadastre-*")) == []
