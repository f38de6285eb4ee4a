"""The command line as other tools call it: its JSON, its exit codes, its sentences."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo_small import DemoTemplate

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "tests" / "files" / "platform-usage-export.csv"


@pytest.fixture
def city(demo_template: DemoTemplate, tmp_path: Path) -> dict[str, str]:
    """An environment whose database is a copy of the small demo city."""
    copy = tmp_path / "city.db"
    shutil.copy(demo_template.path, copy)
    return os.environ | {"DATABASE_URL": f"sqlite:///{copy}"}


def manage(
    *args: str, env: dict[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env=env,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def answer(*args: str, env: dict[str, str] | None = None) -> dict:  # type: ignore[type-arg]
    result = manage(*args, "--json", env=env)
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_floors_print_what_other_tools_rely_on() -> None:
    result = manage("floors", "--records", "41000", "--users", "640", "--months", "3", "--json")
    assert result.stdout == '{"records": 300, "users": 320, "months": 3, "at_least": 320}\n'


def test_an_import_is_counted_stored_once_and_never_again(city: dict[str, str]) -> None:
    call = ("import-usage", str(SAMPLE), "--source", "另一個平臺")
    counts = {"read": 2034, "stored": 1990, "duplicates": 10, "rejected": 34}
    assert answer(*call, "--dry-run", env=city) == counts
    assert answer(*call, env=city) == counts
    again = answer(*call, env=city)
    assert again == {"read": 2034, "stored": 0, "duplicates": 2000, "rejected": 34}


def test_a_named_seed_draws_the_same_sample_and_marks_it(
    city: dict[str, str], tmp_path: Path
) -> None:
    twin = tmp_path / "twin.db"
    shutil.copy(city["DATABASE_URL"].removeprefix("sqlite:///"), twin)
    call = ("draw", "--unit", "TAX-DAAN", "--quarter", "2026Q3", "--seed", "00FF")
    first = answer(*call, env=city)
    second = answer(*call, env=city | {"DATABASE_URL": f"sqlite:///{twin}"})
    assert first == second
    assert first["seed_source"] == "named"
    assert len(set(first["sample_ids"])) == first["size"] == len(first["sample_ids"])
    assert {"audit_id", "frame_hash", "records", "people", "months"} <= set(first)

    out = tmp_path / "draw.zip"
    assert manage("export-draw", str(first["audit_id"]), str(out), env=city).returncode == 0
    shutil.unpack_archive(out, tmp_path / "draw")
    verified = subprocess.run(
        [sys.executable, "-I", "-S", "verify_draw.py"],
        cwd=tmp_path / "draw",
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr
    assert first["frame_hash"] in verified.stdout


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("draw", "--unit", "NOPE", "--quarter", "2026Q3"), "沒有代碼為"),
        (("draw", "--unit", "TAX-DAAN", "--quarter", "soon"), "請用 2026Q3"),
        (("draw", "--unit", "TAX-DAAN", "--quarter", "2999Q1"), "只能凍結已結束的季別"),
        (("draw", "--unit", "TAX-DAAN", "--quarter", "2026Q3", "--seed", "xyz"), "十六進位"),
        (("export-draw", "999999", "out.zip"), "找不到這件稽核"),
        (("set-reading", "people_counted", "everybody"), "沒有「everybody」這個選項"),
        (("set-reading", "nothing", "x"), "沒有「nothing」這項解讀"),
        (("demo", "--scale", "small"), "已有"),
        (("demo", "--scale", "huge"), "huge"),
        (("floors", "--records", "5", "--users", "0", "--months", "1"), "至少為 1"),
    ],
)
def test_bad_input_ends_with_a_sentence_and_changes_nothing(
    city: dict[str, str], args: tuple[str, ...], sentence: str
) -> None:
    database = Path(city["DATABASE_URL"].removeprefix("sqlite:///"))
    before = dump(database)
    result = manage(*args, env=city)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert dump(database) == before


def dump(database: Path) -> dict[str, int]:
    """Count the rows of every table but the events, where refusals are recorded."""
    import sqlite3

    with sqlite3.connect(database) as db:
        names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for name in names
            if name not in ("events", "sqlite_sequence")
        }


def test_a_new_installation_gets_its_first_system_manager_once(tmp_path: Path) -> None:
    env = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"}
    make = ("create-system-manager", "--username", "admin", "--name", "王系統", "--staff-no", "A1")
    good = (*make, "--password", "long-enough-password")
    assert "請先執行" in manage(*good, env=env).stderr
    assert manage("init", env=env).returncode == 0
    assert "密碼至少" in manage(*make, "--password", "short", env=env).stderr
    assert "密碼至少" in manage(*make, "--password", "  short-one    ", env=env).stderr
    assert manage(*good, env=env).returncode == 0
    assert "已有系統管理者" in manage(*good, env=env).stderr
    assert manage("init", env=env).returncode == 0


def test_a_ledger_is_sealed_verified_and_its_first_fault_named(city: dict[str, str]) -> None:
    import sqlite3

    database = Path(city["DATABASE_URL"].removeprefix("sqlite:///"))
    made = answer("seal", env=city)
    assert (made["checkpoints"], made["left"], made["stamped"]) == (1, 0, False)
    file = database.with_suffix(".checkpoints.txt")
    assert file.read_text(encoding="utf-8").startswith(f"cadastre-ledger\n{made['size']}\n")
    sound = answer("verify-ledger", "--checkpoints", str(file), env=city)
    assert list(sound) == ["ok", "records", "events", "checkpoints", "first_fault"]
    assert sound["ok"] is True and sound["first_fault"] is None
    assert sound["records"] + sound["events"] == made["size"]
    in_words = manage("verify-ledger", env=city)
    assert "ok: True" in in_words.stdout and "not_sealed: 2" in in_words.stdout
    assert "100%" in in_words.stderr

    with sqlite3.connect(database) as db:
        db.execute("DROP TRIGGER usage_records_append_only_update")
        db.execute("UPDATE usage_records SET target = target || '.' WHERE id = 123")
    result = manage("verify-ledger", "--json", env=city)
    assert result.returncode == 1
    fault = json.loads(result.stdout)
    assert fault["ok"] is False
    assert fault["first_fault"].startswith("使用紀錄第 123 筆")
    assert "帳本不符" in result.stderr, "the operator is alerted"

    file.write_text("", encoding="utf-8")
    result = manage("seal", "--new-file", "--json", env=city)
    assert result.returncode == 2 and "還在" in result.stderr
    file.unlink()
    assert answer("seal", "--new-file", env=city)["number"] == 2
    assert file.read_text(encoding="utf-8").count("cadastre-ledger\n") == 2


def test_a_seal_beside_another_file_ends_with_1(city: dict[str, str]) -> None:
    answer("seal", env=city)
    file = Path(city["DATABASE_URL"].removeprefix("sqlite:///")).with_suffix(".checkpoints.txt")
    content = file.read_text(encoding="utf-8")
    file.write_text(content.replace("number 1", "number 2"), encoding="utf-8")
    result = manage("seal", "--json", env=city)
    assert result.returncode == 1 and result.stdout == ""
    assert "檢查點檔的第 1 則的簽章不符" in result.stderr
    assert "Traceback" not in result.stderr
