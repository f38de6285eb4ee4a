"""Serving is refused where anything that guards an installation in earnest is left at its default."""

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from data.append_only import APPEND_ONLY, unprotect
from data.engine import configure, engine, transaction
from data.models import Setting
from services.actor import operator
from services.identity.policy import set_policy
from services.installation.facts import DEMO_KEY
from services.installation.keys import new_keys
from services.operation.startup import startup_problems, startup_warnings
from services.operation.upgrading import upgrade
from tests.demo_small import DemoTemplate
from tests.roles import APPLICATION, OWNER, as_role, run_file

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ALL = ("CADASTRE_MODE", "ALLOWED_HOSTS", *new_keys())


@pytest.fixture
def owner(database: str) -> str:
    """The URL of who owns the tables; the service itself goes by the application's role, as the guide says."""
    admin = engine().url.render_as_string(hide_password=False)
    if database == "sqlite":
        return admin
    run_file(admin)
    engine().dispose()
    configure(as_role(admin, APPLICATION))
    return as_role(admin, OWNER)


@contextmanager
def acting_as(url: str) -> Iterator[None]:
    """Let the owner of the tables do what the service must not be able to."""
    service = engine().url.render_as_string(hide_password=False)
    engine().dispose()
    configure(url)
    yield
    engine().dispose()
    configure(service)


@pytest.fixture
def in_earnest(owner: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An installation that may serve: fresh keys, a name, tables, no demo data, a role that owns nothing."""
    for name in ALL:
        monkeypatch.delenv(name, raising=False)
    for name, value in new_keys().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ALLOWED_HOSTS", "cadastre.gov.taipei")
    return monkeypatch


def load_demo() -> None:
    with transaction() as db:
        db.add(Setting(key=DEMO_KEY, value="small", changed_at=NOW))


@pytest.mark.parametrize("mode", ["", "production"])
def test_an_installation_with_everything_set_may_serve(
    in_earnest: pytest.MonkeyPatch, mode: str
) -> None:
    in_earnest.setenv("CADASTRE_MODE", mode)
    assert startup_problems() == []
    assert startup_warnings() == []


@pytest.mark.parametrize("mode", ["", "production", "trial"])
def test_nothing_is_served_over_tables_that_anybody_can_change(
    in_earnest: pytest.MonkeyPatch, owner: str, mode: str
) -> None:
    in_earnest.setenv("CADASTRE_MODE", mode)
    with acting_as(owner), transaction() as db:
        unprotect(db.connection(), "usage_records")
    (problem,) = startup_problems()
    assert "（usage_records）" in problem and "verify-ledger" in problem
    with acting_as(owner):
        upgrade(operator(NOW))
    assert startup_problems() == []


MIGHTY = "擁有或能更動只增不改的資料表（"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("mode", ["", "production"])
def test_the_owner_of_the_tables_does_not_serve_in_production(
    in_earnest: pytest.MonkeyPatch, owner: str, mode: str
) -> None:
    """Whoever serves as the owner or a superuser could drop the triggers, and any row after them."""
    in_earnest.setenv("CADASTRE_MODE", mode)
    for url in (owner, as_role(owner, "postgres")):
        with acting_as(url):
            (problem,) = startup_problems()
            assert f"{MIGHTY}application_acts 等 {len(APPEND_ONLY)} 個）" in problem
            assert "deploy/postgresql-roles.sql" in problem and "cadastre_app" in problem
    in_earnest.setenv("CADASTRE_MODE", "trial")
    with acting_as(owner):
        assert startup_problems() == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("given", "table"),
    [
        ("GRANT UPDATE ON verdicts TO cadastre_app", "verdicts"),
        ("GRANT UPDATE (outcome) ON events TO cadastre_app", "events"),
        ("GRANT DELETE ON signatures TO PUBLIC", "signatures"),
        ("GRANT TRUNCATE ON usage_records TO cadastre_app", "usage_records"),
        ("GRANT TRIGGER ON purges TO cadastre_app", "purges"),
        ("GRANT cadastre_owner TO cadastre_app", "application_acts"),
    ],
)
def test_a_right_too_many_is_not_served_in_production(
    in_earnest: pytest.MonkeyPatch, owner: str, given: str, table: str
) -> None:
    with acting_as(as_role(owner, "postgres")), transaction() as db:
        db.execute(text(given))
    try:
        (problem,) = startup_problems()
        assert f"{MIGHTY}{table} 等 " in problem
    finally:  # a membership is the whole server's, not this database's
        with acting_as(as_role(owner, "postgres")), transaction() as db:
            db.execute(text("REVOKE cadastre_owner FROM cadastre_app"))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_owner_still_makes_the_tables(in_earnest: pytest.MonkeyPatch, owner: str) -> None:
    """What `init` does is the owner's, in production too; `demo` and `purge` are tried elsewhere."""
    in_earnest.setenv("CADASTRE_MODE", "production")
    with acting_as(owner):
        assert upgrade(operator(NOW)) == []


def test_keys_are_fresh_every_time_and_never_refused(in_earnest: pytest.MonkeyPatch) -> None:
    for _ in range(200):
        for name, value in new_keys().items():
            in_earnest.setenv(name, value)
        assert startup_problems() == []


def test_missing_keys_are_not_called_alike(in_earnest: pytest.MonkeyPatch) -> None:
    for name in new_keys():
        in_earnest.delenv(name)
    problems = startup_problems()
    assert len(problems) == 3
    assert all("必須設定" in problem for problem in problems)


def as_key(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("COOKIE_KEY", "", "必須設定 COOKIE_KEY"),
        ("COOKIE_KEY", "short", "太短"),
        ("COOKIE_KEY", "k" * 64, "太容易猜到"),
        ("COOKIE_KEY", "0123456789" * 7, "太容易猜到"),
        ("COOKIE_KEY", "ab" * 40, "太容易猜到"),
        ("COOKIE_KEY", "this-is-a-Secret-that-you-must-replace", "範例值"),
        ("COOKIE_KEY", "…64 hexadecimal digits from make-keys…", "範例值"),
        ("DATA_KEYS", "", "必須設定 DATA_KEYS"),
        ("DATA_KEYS", "not base64 at all!", "格式不正確"),
        ("DATA_KEYS", as_key(b"0123456789abcdef"), "太短"),
        ("DATA_KEYS", as_key(bytes(32)), "太容易猜到"),
        ("DATA_KEYS", as_key(bytes(range(32))), "太容易猜到"),
        ("DATA_KEYS", as_key(sha256(b"the second is missing").digest()) + ",", "必須設定"),
        ("LEDGER_KEY", "zz", "格式不正確"),
        ("LEDGER_KEY", as_key(b"\x01" * 32), "太容易猜到"),
        ("LEDGER_PUBLIC_KEY", "?", "格式不正確"),
        ("ALLOWED_HOSTS", " ", "ALLOWED_HOSTS"),
        ("CADASTRE_MODE", "Production", "只能是 production"),
    ],
)
def test_every_default_or_weak_value_is_a_sentence(
    in_earnest: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    in_earnest.setenv(name, value)
    problems = startup_problems()
    assert len(problems) == 1 and says in problems[0]


def test_the_public_key_alone_is_enough_for_whoever_does_not_seal(
    in_earnest: pytest.MonkeyPatch,
) -> None:
    in_earnest.delenv("LEDGER_KEY")
    assert startup_problems() == []
    in_earnest.delenv("LEDGER_PUBLIC_KEY")
    assert "LEDGER_KEY" in startup_problems()[0]


def test_one_key_for_two_purposes_is_refused(in_earnest: pytest.MonkeyPatch) -> None:
    in_earnest.setenv("COOKIE_KEY", os.environ["DATA_KEYS"])
    assert "各不相同" in startup_problems()[0]


def test_demo_data_has_no_place_in_production(in_earnest: pytest.MonkeyPatch) -> None:
    load_demo()
    assert startup_problems() == [], "demo data alone makes a trial"
    in_earnest.setenv("CADASTRE_MODE", "production")
    assert [p for p in startup_problems() if "示範資料" in p]


@pytest.mark.parametrize(("mode", "demo", "serves"), [("", True, True), ("", False, False)])
def test_without_keys_only_a_trial_serves(
    in_earnest: pytest.MonkeyPatch, mode: str, demo: bool, serves: bool
) -> None:
    for name in ALL:
        in_earnest.delenv(name, raising=False)
    if demo:
        load_demo()
    assert (startup_problems() == []) is serves
    in_earnest.setenv("CADASTRE_MODE", "trial")
    assert startup_problems() == []


def test_a_database_that_is_behind_or_away_is_not_served(
    in_earnest: pytest.MonkeyPatch, owner: str
) -> None:
    with acting_as(owner), transaction() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    for mode in ("production", "trial"):
        in_earnest.setenv("CADASTRE_MODE", mode)
        assert startup_problems() == ["資料庫不是目前版本；請先執行 python manage.py init。"]
    with acting_as(owner), transaction() as db:
        db.execute(text("DROP TABLE alembic_version"))
    assert "不是目前版本" in startup_problems()[0]
    configure("postgresql+psycopg://nobody:x@127.0.0.1:1/nothing")
    assert "無法連線到資料庫" in startup_problems()[0]


def test_files_that_cannot_be_kept_are_found_before_anybody_uploads_one(
    in_earnest: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    in_earnest.setenv("FILES_DIR", str(tmp_path / "file" / "files"))
    (problem,) = startup_problems()
    assert f"檔案資料夾 {tmp_path}/file/files（FILES_DIR）無法寫入" in problem
    in_earnest.setenv("CADASTRE_MODE", "trial")
    assert startup_problems() == []
    in_earnest.setenv("CADASTRE_MODE", "production")
    in_earnest.setenv("FILES_DIR", str(tmp_path / "new" / "files"))
    assert startup_problems() == []
    assert not list((tmp_path / "new" / "files").iterdir()), "a trial leaves nothing behind"


def test_a_second_factor_that_is_off_is_warned_of(in_earnest: pytest.MonkeyPatch) -> None:
    set_policy(operator(NOW), "second_factor", "0")
    assert startup_problems() == []
    assert "雙因子驗證已關閉" in startup_warnings()[0]


def test_the_command_ends_with_code_2_and_serves_nothing(
    demo_template: DemoTemplate, tmp_path: Path
) -> None:
    copy = tmp_path / "city.db"
    shutil.copy(demo_template.path, copy)
    kept = {name: value for name, value in os.environ.items() if name not in ALL}
    result = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", "18499", "--address", "127.0.0.1"],
        cwd=ROOT,
        env=kept | {"DATABASE_URL": f"sqlite:///{copy}", "CADASTRE_MODE": "production"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 2
    sentences = result.stderr.strip().splitlines()
    assert sum("示範資料" in line for line in sentences) == 1
    assert {key for key in ("COOKIE_KEY", "DATA_KEYS", "LEDGER_KEY") if key in result.stderr}
    # Ours and nothing else: no traceback, and none of Streamlit's warnings in English.
    assert len(sentences) == 5
    assert all(line.startswith(("正式環境", "資料庫")) for line in sentences), sentences


def test_python_without_its_asserts_is_refused() -> None:
    result = subprocess.run(
        [sys.executable, "-O", "manage.py", "serve"],
        cwd=ROOT,
        env=os.environ | {"CADASTRE_MODE": "trial", "DATABASE_URL": "sqlite://"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, result.stderr.strip()) == (
        2,
        "請勿以 python -O 執行；程式的內部檢查會被略過。",
    )
