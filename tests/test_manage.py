"""The command line as other tools call it: its JSON, its exit codes, its sentences."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from data import engine
from services.regulation.workflows import WORKFLOWS
from tests import commands
from tests.demo_small import DemoTemplate
from tests.kept_files import copy_database
from tests.services.ledger.conftest import KEY
from tests.services.retention.years import live
from tests.world import build_world

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "tests" / "files" / "platform-usage-export.csv"


@pytest.fixture
def city(demo_template: DemoTemplate, tmp_path: Path) -> dict[str, str]:
    """An environment whose database is a copy of the small demo city."""
    copy = tmp_path / "city.db"
    copy_database(demo_template.path, copy)
    return os.environ | {"DATABASE_URL": f"sqlite:///{copy}"}


def manage(
    *args: str, env: dict[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    with TemporaryDirectory() as folder:
        return commands.run(args, os.environ if env is None else env, typed, Path(folder))


def answer(*args: str, env: dict[str, str] | None = None) -> dict:  # type: ignore[type-arg]
    result = manage(*args, "--json", env=env)
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_floors_print_what_other_tools_rely_on() -> None:
    result = manage("floors", "--records", "41000", "--users", "640", "--months", "3", "--json")
    assert result.stdout == '{"records": 300, "users": 320, "months": 3, "at_least": 320}\n'
    counted = ("--people", "41", "--records", "120", "--months", "6", "--json")
    result = manage("agency-floors", *counted)
    assert result.stdout == '{"records": 60, "users": 21, "months": 6, "at_least": 60}\n'


def test_the_sixteen_applications_are_printed_for_tools_and_for_people() -> None:
    nowhere = os.environ | {"DATABASE_URL": "sqlite:////nowhere/at/all.db"}
    result = manage("workflows", "--json", env=nowhere)
    assert result.returncode == 0, result.stderr
    printed = json.loads(result.stdout)
    assert len(printed) == 16
    assert {(flow["role"], flow["kind"]) for flow in printed} == set(WORKFLOWS)
    for flow in printed:
        assert set(flow) == {"role", "kind", "steps"}
        assert all({"actor", "needs", "clause"} <= set(step) for step in flow["steps"])

    lines = manage("workflows", env=nowhere).stdout.splitlines()
    titles = [line for line in lines if not line.startswith(" ")]
    assert titles == [f"{role.label} {kind.label}" for role, kind in WORKFLOWS]
    assert len(lines) - 16 == sum(len(flow["steps"]) for flow in printed)
    assert "  2. 通知管理者：申請人、單位管理者或機關管理者（電話或電子郵件通知）　5.1.3" in lines


def test_an_import_is_counted_stored_once_and_never_again(city: dict[str, str]) -> None:
    call = ("import-usage", str(SAMPLE), "--source", "另一個平臺")
    counts = {"read": 2034, "stored": 1990, "duplicates": 10, "rejected": 34}
    found = {"alike": 0, "unmapped": [], "imported_before": [], "sheets": [], "late": []}
    assert answer(*call, "--dry-run", env=city) == counts | found
    assert answer(*call, env=city) == counts | found
    again = answer(*call, "--delimiter", "comma", env=city)
    (before,) = again.pop("imported_before")
    assert (before["by"], before["stored"]) == ("系統維運（manage.py）", 1990)
    del found["imported_before"]
    assert again == found | {"read": 2034, "stored": 0, "duplicates": 2000, "rejected": 34}
    wrong = manage(*call, "--delimiter", "colon", env=city)
    assert wrong.returncode == 2
    assert "可用 comma、tab、semicolon、pipe" in wrong.stderr
    words = manage(*call, "--dry-run", "--alike-once", "--ignore-column", "匯出時間", env=city)
    assert "stored: 0" in words.stdout
    assert "先前匯入過" in words.stderr


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
        (("package", "999999", "out.zip"), "找不到這件稽核"),
        (("package", "1", "out.zip", "--json"), "還沒有函送"),
        (("review", "999999", "--json"), "沒有編號 999999 的函送資料"),
        (("set-reading", "people_counted", "everybody"), "沒有「everybody」這個選項"),
        (("set-reading", "nothing", "x"), "沒有「nothing」這項解讀"),
        (("demo", "--scale", "small"), "已有"),
        (("demo", "--scale", "huge"), "huge"),
        (("floors", "--records", "5", "--users", "0", "--months", "1"), "至少為 1"),
        (("agency-floors", "--people", "0", "--records", "5", "--months", "1"), "同時為 0"),
        (("agency-floors", "--people", "9", "--records", "9", "--months", "7"), "只有 6 個月"),
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
    # The first one is of the demo city's load, which sends a package with its proofs.
    assert f"\ncadastre-ledger\n{made['size']}\n" in file.read_text(encoding="utf-8")
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
    assert answer("seal", "--new-file", env=city)["number"] == 3
    assert file.read_text(encoding="utf-8").count("cadastre-ledger\n") == 3


def test_a_seal_beside_another_file_ends_with_1(city: dict[str, str]) -> None:
    answer("seal", env=city)
    file = Path(city["DATABASE_URL"].removeprefix("sqlite:///")).with_suffix(".checkpoints.txt")
    content = file.read_text(encoding="utf-8")
    file.write_text(content.replace("number 1", "number 2"), encoding="utf-8")
    result = manage("seal", "--json", env=city)
    assert result.returncode == 1 and result.stdout == ""
    assert "檢查點檔的第 1 則的簽章不符" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_seal_that_was_cut_off_ends_verifying_with_3_until_the_next_one(
    city: dict[str, str],
) -> None:
    answer("seal", env=city)
    file = Path(city["DATABASE_URL"].removeprefix("sqlite:///")).with_suffix(".checkpoints.txt")
    file.write_bytes(file.read_bytes()[: -len("—") - 100])
    result = manage("verify-ledger", "--json", env=city)
    assert result.returncode == 3
    found = json.loads(result.stdout)
    assert found["ok"] is False and found["first_fault"] is None
    assert "manage.py seal" in found["to_complete"] and "帳本不符" not in result.stderr
    answer("seal", env=city)
    assert answer("verify-ledger", env=city)["ok"] is True


def test_a_seal_on_a_full_disk_ends_with_1_and_a_sentence(city: dict[str, str]) -> None:
    """Of the database, whose file may not grow; and of the file of checkpoints."""
    told = Path(city["DATABASE_URL"].removeprefix("sqlite:///")).with_name("told.txt")
    tell = city | {"ALERT_COMMAND": f"tee -a {told}"}
    result = subprocess.run(
        [sys.executable, "manage.py", "seal", "--json"],
        cwd=ROOT,
        env=tell,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 12, 1 << 12)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1 and result.stdout == ""
    assert "資料庫無法讀寫" in result.stderr and "Traceback" not in result.stderr
    assert "無法寫入" in told.read_text(encoding="utf-8")

    aside = tell | {"LEDGER_CHECKPOINTS": str(told.parent)}  # no file, whatever the reason
    result = manage("seal", "--json", env=aside)
    assert result.returncode == 1 and result.stdout == ""
    assert "檢查點檔" in result.stderr and "Traceback" not in result.stderr
    assert "檢查點檔" in told.read_text(encoding="utf-8")
    assert answer("seal", env=city)["checkpoints"] == 1


def test_applications_that_nobody_confirmed_are_ended_once(city: dict[str, str]) -> None:
    with sqlite3.connect(city["DATABASE_URL"].removeprefix("sqlite:///")) as stored:
        stored.execute(
            "UPDATE applications SET state = 'unconfirmed', step = 0, closed_at = NULL,"
            " submitted_at = '2024-01-02 00:00:00.000000' WHERE number ="
            " (SELECT min(number) FROM applications WHERE kind = 'create')"
        )
        (number,) = stored.execute(
            "SELECT number FROM applications WHERE state = 'unconfirmed'"
        ).fetchone()
    stored.close()
    ended = answer("expire-applications", env=city)
    assert ended == {"unconfirmed": [number], "of_cancelled_accounts": []}
    assert answer("expire-applications", env=city)["unconfirmed"] == []
    said = manage("expire-applications", env=city)
    assert said.stdout.strip() == "已結案 0 件逾期未確認的申請。"


def test_reviews_that_are_due_are_opened_once(city: dict[str, str]) -> None:
    # All agencies of the demo city but one have had theirs, or have one open.
    opened = answer("open-due-reviews", env=city)["opened"]
    codes = [one["agency_code"] for one in opened]
    assert "PWD" in codes and len(codes) == len(set(codes))
    assert all(one["lines"] > 0 for one in opened)
    assert set(opened[0]) == {"campaign_id", "agency_code", "agency", "lines", "due_on"}
    assert answer("open-due-reviews", env=city) == {"opened": []}
    said = manage("open-due-reviews", env=city)
    assert said.stdout.strip() == "已發起 0 件權限清查。"


KEYS_OF_DUE = ["kind", "clause", "period", "agency", "unit", "who", "nominal", "due", "state"]


def test_what_is_due_on_a_day_is_listed_for_other_tools(city: dict[str, str]) -> None:
    result = manage("due", "--on", "2026-02-20", "--json", env=city)
    assert result.returncode == 0, result.stderr
    listed = json.loads(result.stdout)
    assert all(list(one) == KEYS_OF_DUE for one in listed)
    [sending] = [
        one
        for one in listed
        if (one["kind"], one["period"], one["agency"]) == ("sending", "2025H2", "臺北市稅捐稽徵處")
    ]
    assert (sending["nominal"], sending["due"], sending["state"]) == (
        "2026-02-28",
        "2026-03-02",
        "due",
    )
    assert [one["due"] for one in listed] == sorted(one["due"] for one in listed)
    # The same day in ROC years, for people.
    said = manage("due", "--on", "115/02/20", env=city)
    assert said.stdout.splitlines()[-1] == f"共 {len(listed)} 件。"


def test_a_day_that_is_none_is_refused_with_what_is_accepted(city: dict[str, str]) -> None:
    result = manage("due", "--on", "2026-02-30", env=city)
    assert (result.returncode, result.stdout) == (2, "")
    assert "沒有「2026-02-30」這一天" in result.stderr


def test_a_night_does_everything_and_a_second_one_the_same_day_nothing(
    city: dict[str, str],
) -> None:
    environment = city | {
        "PUBLIC_URL": "https://cadastre.example.gov.tw",
        "SMTP_URL": "smtp://127.0.0.1:1?tls=none",
        "MAIL_FROM": "cadastre@example.gov.tw",
    }
    first = manage("nightly", "--json", env=environment)
    night = {one["step"]: one for one in json.loads(first.stdout)["steps"]}
    assert list(night) == [
        *("seal", "receive-packages", "open-due-reviews", "suspend-leavers"),
        *("expire-applications", "send-reminders", "sweep-files"),
    ]
    assert night["send-reminders"]["result"]["sent"] > 0
    assert night["seal"]["result"]["sealed"] > 0

    second = manage("nightly", "--json", env=environment)
    again = {one["step"]: one["result"] for one in json.loads(second.stdout)["steps"]}
    assert again["receive-packages"] == {"received": 0, "failed": []}
    assert again["open-due-reviews"] == {"opened": []}
    assert again["suspend-leavers"]["suspended"] == []
    assert again["expire-applications"] == {"unconfirmed": [], "of_cancelled_accounts": []}
    assert again["sweep-files"] == {"removed": 0, "missing": 0}
    assert again["send-reminders"] == {"sent": 0, "tasks": 0, "failed": [], "mail": True}
    assert first.returncode == second.returncode == (not json.loads(second.stdout)["ok"])


def test_a_step_that_fails_stops_no_other_and_the_night_ends_with_1(city: dict[str, str]) -> None:
    # The public key alone cannot seal.
    only_public = city | {"LEDGER_PUBLIC_KEY": "A" * 43 + "="}
    result = manage("nightly", "--json", env=only_public)
    assert result.returncode == 1
    answer = json.loads(result.stdout)
    assert answer["ok"] is False
    seal, *others = answer["steps"]
    reminders = next(one for one in others if one["step"] == "send-reminders")
    assert (seal["step"], seal["ok"]) == ("seal", False)
    assert "LEDGER_KEY" in seal["error"] and "seal: " in result.stderr
    assert [one["step"] for one in others if not one["ok"]] == []
    assert reminders["result"]["mail"] is False


@pytest.fixture
def old_house(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """An environment whose database has years behind it, sealed as they went by."""
    copy = tmp_path / "house.db"
    shutil.copy(sqlite_template, copy)
    monkeypatch.delenv("LEDGER_CHECKPOINTS", raising=False)
    monkeypatch.setenv("LEDGER_KEY", KEY)
    engine.configure(f"sqlite:///{copy}")
    live(build_world())
    engine.engine().dispose()
    return os.environ | {"DATABASE_URL": f"sqlite:///{copy}"}


def test_old_records_are_purged_from_the_command_line(
    old_house: dict[str, str], tmp_path: Path
) -> None:
    call = ("purge", "--before", "2023-11-23")
    counted = answer(*call, "--dry-run", env=old_house)
    assert list(counted) == [
        *("before", "dry_run", "records", "audits", "incidents", "kept", "waiting"),
        *("archive", "archive_sha256"),
    ]
    assert (counted["records"], counted["audits"], counted["kept"]) == (80, 1, 40)
    assert counted["archive"] == ""

    file = tmp_path / "old.zip"
    done = manage(*call, "--archive", str(file), env=old_house)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "已清除早於 112年11月23日 的使用紀錄 80 筆、稽核 1 件、事件 0 件。"
    assert said[1] == "另有 40 筆屬於仍須保存的稽核或事件，保留不清除。"
    assert said[2].startswith(f"封存檔：{file}（SHA-256 ")

    answer("seal", env=old_house)
    found = answer("verify-ledger", "--archive", str(file), env=old_house)
    assert found["ok"] is True and found["records"] == 150
    assert "purged: 80" in manage("verify-ledger", env=old_house).stdout
    assert answer(*call, env=old_house)["records"] == 0

    file.write_bytes(file.read_bytes()[:-1] + b"x")
    result = manage("verify-ledger", "--archive", str(file), "--json", env=old_house)
    assert result.returncode == 1
    assert json.loads(result.stdout)["first_fault"].startswith("封存檔 old.zip ")


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (("--before", "2999-01-01"), 2, "最早 1091年1月1日 才能清除"),
        (("--before", "soon"), 2, "看不懂日期「soon」"),
        (
            ("--before", "112/11/23", "--archive", "/no-such-folder/old.zip"),
            2,
            "沒有 /no-such-folder 這個資料夾",
        ),
        (("--before", "112/11/23", "--archive", __file__), 2, "已經存在，不會覆寫"),
    ],
)
def test_a_purge_that_is_refused_changes_nothing(
    old_house: dict[str, str], args: tuple[str, ...], code: int, sentence: str
) -> None:
    database = Path(old_house["DATABASE_URL"].removeprefix("sqlite:///"))
    before = dump(database)
    result = manage("purge", *args, env=old_house)
    assert (result.returncode, result.stdout) == (code, "")
    assert sentence in result.stderr and "Traceback" not in result.stderr
    assert dump(database) == before


def test_nothing_is_purged_beside_a_ledger_that_is_not_sound(
    old_house: dict[str, str], tmp_path: Path
) -> None:
    database = Path(old_house["DATABASE_URL"].removeprefix("sqlite:///"))
    file = database.with_suffix(".checkpoints.txt")
    file.write_text("", encoding="utf-8")
    before = dump(database)
    call = ("purge", "--before", "2023-11-23", "--archive", str(tmp_path / "old.zip"))
    result = manage(*call, env=old_house)
    assert (result.returncode, result.stdout) == (1, "")
    assert "帳本不符，不能清除：檢查點檔缺少第 1 號檢查點" in result.stderr
    assert dump(database) == before and not (tmp_path / "old.zip").exists()
