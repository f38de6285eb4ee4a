"""Sending the package of an agency with 40 units and 2,000 sampled records, beside a plain ZIP of its bytes.

Ours reads every audit, sets its forms, packs every draw with proofs, stores the parts and writes the event. The peer is handed the finished files and puts them into a ZIP in memory.
The log holds as many records of other agencies as the demo city has, and then ten million.
"""

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from sqlalchemy import select, text

from data import engine, migrate
from data.engine import ROOT, reading, transaction
from data.models import Account, Audit, AuditAct, AuditPackage, Unit
from services.actor import Actor, operator
from services.audits.drawing import draw_first
from services.audits.forms import exporting
from services.audits.freezing import freeze
from services.audits.package.exporting import export_package
from services.audits.package.sending import send_audit
from services.audits.signing import content_now, sign
from services.audits.words import Ruling
from services.audits.worksheet import judge, records_to_judge
from services.documents.pdf import pdf_bytes
from services.ledger.sealing import seal
from services.regulation.periods import Quarter
from services.regulation.roles import Role
from services.usage.records import add_records
from tests.bench.measure import LARGE, Seconds, in_turn
from tests.services.audits import whole
from tests.services.audits.whole import LETTER, LETTER_DAY, Q1, Q2
from tests.services.import_alone import _peak_mib
from tests.world import CREATED, NOW, PASSWORD_HASH, World, at, build_world

UNITS, SAMPLED = 40, 25
"""Units, and records drawn of each in each of the two quarters: 2,000 in all."""
USED, PEOPLE = 500, 5
"""Records and people of a unit in a quarter."""
LOGS = (200_000, 10_000_000) if LARGE else (200_000,)
ROUNDS = 5
_FILLER = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
    INSERT INTO usage_records (source_id, occurred_at, local_month, stored_at, person_key, username,
        person_name, unit_id, unit_name, agency_id, agency_name, item, item_authorised, action, target,
        case_no, document_no, reason, flags, address, session_id)
    SELECT 1, '2026-02-03 02:00:00.000000', '2026-02', '2026-02-03 02:00:00.000000',
        CAST(:person + i % 700 AS TEXT), 'other' || (i % 700), '其他' || (i % 700), :unit, '用地科',
        :agency, '臺北市政府工務局', 'LandOwnership', 1, 'query', '延吉段一小段18-1地號', '',
        '府授地資字第1136012388號', '', '', '10.1.2.3', ''
    FROM n
"""


@dataclass(frozen=True)
class PackageFigures:
    """One package: how large it is, how long its sending took, and how long its ZIP beside a plain one."""

    log: int
    """Records of other agencies in the same database."""
    audits: int
    sampled: int
    files: int
    mib: float
    send_s: float
    pdf_s: float
    """Of the sending: setting and writing the PDF."""
    start_mib: int
    peak_mib: int
    """Memory of the sending process before and at its highest."""
    export: Seconds
    plain: Seconds


def run(logs: Sequence[int] = LOGS) -> list[PackageFigures]:
    """Return the figures beside each number of records of others."""
    kept = dict(os.environ)
    os.environ["LEDGER_KEY"] = base64.b64encode(bytes(range(32))).decode()
    for name in ("LEDGER_PUBLIC_KEY", "TSA_URL", "LEDGER_CHECKPOINTS"):
        os.environ.pop(name, None)
    try:
        return [_figures(others) for others in logs]
    finally:
        os.environ.clear()
        os.environ.update(kept)


def _figures(log: int) -> PackageFigures:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/package.db"
        engine.configure(url)
        migrate.upgrade()
        world = build_world()
        audit_id = _approved(world)
        seal(operator(NOW))
        _fill(world, log)
        engine.engine().dispose()
        command = [sys.executable, "-m", "tests.bench.bench_package", url, str(audit_id)]
        command += [str(world.accounts["agency_manager"])]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
    export, plain = (Seconds(**found.pop(name)) for name in ("export", "plain"))
    sampled = 2 * UNITS * SAMPLED
    return PackageFigures(log=log, sampled=sampled, export=export, plain=plain, **found)


# --- the agency ----------------------------------------------------------------------------------


def _approved(world: World) -> int:
    """Fill the agency and take its audits to the approval; return the agency's audit."""
    units = _units(world)
    for unit_id, people in units.items():
        for quarter in (Q1, Q2):
            _use(world, people, int(quarter.months[0][5:]))
            _unit_audit(world, unit_id, quarter)
    audit_id = whole.drawn_agency(world)
    _judge_all(world, audit_id, "agency_manager")
    whole.sign_agency(world, audit_id)
    whole.act(world, audit_id, "approved", "agency_head")
    return audit_id


def _units(world: World) -> dict[int, list[str]]:
    made: dict[int, list[str]] = {}
    with transaction() as db:
        for unit in db.scalars(select(Unit).where(Unit.agency_id == world.agencies["tax"])):
            unit.active = False
        for number in range(UNITS):
            unit = Unit(
                agency_id=world.agencies["tax"],
                code=f"TAX-{number:02d}",
                name=f"第{number:02d}分處",
            )
            db.add(unit)
            db.flush()
            world.units[unit.code] = unit.id
            made[unit.id] = []
            for person in range(PEOPLE):
                name = f"u{number:02d}p{person}"
                account = Account(
                    username=name,
                    staff_no=name,
                    name=f"同仁{number:02d}{person}",
                    unit_id=unit.id,
                    role=Role.GENERAL_USER.value,
                    password_hash=PASSWORD_HASH,
                    created_at=CREATED,
                )
                db.add(account)
                db.flush()
                world.accounts[name] = account.id
                made[unit.id].append(name)
    return made


def _use(world: World, people: list[str], month: int) -> None:
    """Store the records of a unit's quarter, spread over its three months."""
    rows = []
    for person in people:
        row = world.row(person, at(2026, month, 1))
        for number in range(USED // PEOPLE):
            when = at(2026, month + number % 3, 1, 8) + timedelta(minutes=number * 97)
            rows.append(
                row
                | {
                    "occurred_at": when,
                    "stored_at": when,
                    "local_month": f"2026-{month + number % 3:02d}",
                }
            )
    with transaction() as db:
        add_records(db, rows)


def _unit_audit(world: World, unit_id: int, quarter: Quarter) -> None:
    code = next(code for code, id_ in world.units.items() if id_ == unit_id)
    head = whole.head_of(world, code)
    audit_id = freeze(head, unit_id, quarter, base_records=SAMPLED, seal=False)
    draw_first(head, audit_id)
    with reading() as db:
        records = records_to_judge(db, audit_id)
    _in_bulk(head, audit_id, records)
    with reading() as db:
        shown = content_now(db, db.get_one(Audit, audit_id))
    sign(head, audit_id, shown)
    whole.act(world, audit_id, "received", "agency_manager")


def _judge_all(world: World, audit_id: int, by: str) -> None:
    with reading() as db:
        records = records_to_judge(db, audit_id)
    _in_bulk(world.actor(by), audit_id, records)


def _in_bulk(judge_of_all: Actor, audit_id: int, records: Collection[int]) -> None:
    seen = dict.fromkeys(records, 0)
    judge(judge_of_all, audit_id, seen, Ruling.COMPLIANT, "與案卷相符", flagged_too=records)


def _fill(world: World, rows: int) -> None:
    values = {"rows": rows, "person": 1_000_000, "unit": world.units["works1"]}
    with transaction() as db:
        db.execute(text(_FILLER), values | {"agency": world.agencies["works"]})


# --- the process that is measured ----------------------------------------------------------------


class _Timed:
    """A function, and how long all of its calls took."""

    def __init__(self, function: Callable[..., bytes]) -> None:
        self.function, self.seconds = function, 0.0

    def __call__(self, *args: Any) -> bytes:
        start = time.perf_counter()
        try:
            return self.function(*args)
        finally:
            self.seconds += time.perf_counter() - start


def _main(url: str, audit_id: int, manager_id: int) -> None:
    """Send one package and write its ZIP; print what it took as JSON."""
    engine.configure(url)
    manager = World(accounts={"manager": manager_id}).actor("manager")
    writing = _Timed(pdf_bytes)
    start_mib, start = _peak_mib(), time.perf_counter()
    with patch.object(exporting, "pdf_bytes", writing):
        send_audit(manager, audit_id, LETTER, LETTER_DAY)
    send_s, peak_mib = time.perf_counter() - start, _peak_mib()
    content = export_package(manager, audit_id)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    def plain() -> None:
        with zipfile.ZipFile(io.BytesIO(), "w") as archive:
            for name, held in files.items():
                archive.writestr(name, held)

    times = in_turn({"export": lambda: export_package(manager, audit_id), "plain": plain}, ROUNDS)
    with reading() as db:
        package = db.scalars(select(AuditPackage)).one()
        sent = db.scalars(select(AuditAct.id).where(AuditAct.act == "sent")).all()
    assert len(sent) == 1 and len(package.manifest["files"]) == len(files) - 2
    found = {
        "audits": len(package.manifest["audits"]),
        "files": len(files),
        "mib": round(len(content) / 2**20, 1),
        "send_s": round(send_s, 2),
        "pdf_s": round(writing.seconds, 2),
        "start_mib": start_mib,
        "peak_mib": peak_mib,
    }
    print(json.dumps(found | {name: asdict(took) for name, took in times.items()}))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        for figure in run([int(sys.argv[1])] if len(sys.argv) > 1 else LOGS):
            print(figure)
