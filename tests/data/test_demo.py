"""The demo city: the same in every load, exact around the thresholds, sound in every row."""

import hashlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import bcrypt
import pytest
from sqlalchemy import func, select

from data import engine
from data.engine import reading, transaction
from data.models import (
    Account,
    AccountDuty,
    Agency,
    Audit,
    AuditDraw,
    Base,
    BuildingDescription,
    Event,
    LandDescription,
    Ownership,
    PackagePart,
    Property,
    Section,
    Setting,
    SourceUser,
    Unit,
    UsageImport,
    UsageMonthSum,
    UsageRecord,
    UsageSource,
)
from services.audits.agency.comparison import verdicts_beside
from services.audits.desk import view_desk
from services.audits.sheet import worksheet_rows
from services.audits.words import Ruling
from services.demo.load import DemoSummary, load
from services.demo.people import DEMO_PASSWORD, DEMO_SIGN_INS
from services.demo.sections import OFFICES, taipei_sections
from services.demo.stories import (
    JUDGING_AGENCY,
    REDRAWN_UNITS,
    SENT_AGENCY,
    SHARED_ADDRESSES,
    SNOOPER_UNIT,
    VAGUE_REASONS,
)
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity.people import as_actor, load_account
from services.papers.listing import PaperFilters, list_papers
from services.papers.viewing import open_paper
from services.papers.words import PaperState
from services.regulation.items import Item
from services.regulation.periods import Quarter
from services.regulation.purpose import Purpose, flags, problems
from services.regulation.roles import Duty, Role
from services.rocdate import local_date, local_month
from services.schedule.board import unit_board
from tests.demo_small import DemoTemplate, load_small
from tests.world import NOW

NAMED_UNITS = {
    ("臺北市稅捐稽徵處", "大安分處"),
    ("臺北市政府工務局", "用地科"),
    ("臺北市政府都市發展局", "都市測量科"),
}


def fingerprint() -> str:
    """Return a hash over every row of every table of the configured database."""
    digest = hashlib.sha256()
    with reading() as db:
        for table in Base.metadata.sorted_tables:
            digest.update(table.name.encode())
            for row in db.execute(select(table).order_by(*table.primary_key.columns)):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


@pytest.fixture(scope="session")
def demo_fingerprint(demo_template: DemoTemplate) -> str:
    engine.configure(f"sqlite:///{demo_template.path}")
    return fingerprint()


def test_every_load_makes_the_same_rows(demo_fingerprint: str, database: str) -> None:
    load_small()
    assert fingerprint() == demo_fingerprint


def test_another_seed_makes_other_rows(
    demo_fingerprint: str, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "other.db")
    engine.configure(f"sqlite:///{tmp_path / 'other.db'}")
    summary = load("small", NOW, seed=7)
    assert fingerprint() != demo_fingerprint
    assert counted_in_quarter(summary) == exact_counts(summary)


def counted_in_quarter(summary: DemoSummary) -> dict[str, int]:
    """Count the records of the threshold units in the last finished quarter, by unit code."""
    months = Quarter.parse(summary.quarter).months
    with reading() as db:
        counted = dict(
            db.execute(
                select(Unit.code, func.count())
                .join(UsageRecord, UsageRecord.unit_id == Unit.id)
                .where(UsageRecord.local_month.in_(months))
                .group_by(Unit.code)
            ).all()
        )
    return {code: counted.get(code, 0) for code in summary.threshold_units.values()}


def exact_counts(summary: DemoSummary) -> dict[str, int]:
    return {code: count for count, code in summary.threshold_units.items()}


def test_units_stand_exactly_at_the_thresholds(demo_city: DemoSummary) -> None:
    assert set(demo_city.threshold_units) == {0, 3, 5, 480}
    assert counted_in_quarter(demo_city) == exact_counts(demo_city)


@pytest.fixture(scope="module")
def whole_city(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, DemoSummary]]:
    path = tmp_path_factory.mktemp("city") / "city.db"
    shutil.copy(sqlite_template, path)
    engine.configure(f"sqlite:///{path}")
    yield path, load("city", NOW)
    engine.engine().dispose()


@pytest.mark.timeout(240)  # its load takes half a minute on a quiet machine
def test_the_whole_city_has_what_was_asked_for(whole_city: tuple[Path, DemoSummary]) -> None:
    path, summary = whole_city
    engine.configure(f"sqlite:///{path}")
    assert set(summary.threshold_units) == {0, 3, 5, 480, 29_999, 30_000}
    assert counted_in_quarter(summary) == exact_counts(summary)
    assert summary.agencies >= 12
    assert summary.units >= 40
    assert summary.accounts >= 600
    assert summary.records == 200_000
    months = Quarter.parse(summary.quarter).months
    with reading() as db:
        actions = Counter(
            dict(
                db.execute(
                    select(UsageRecord.action, func.count()).group_by(UsageRecord.action)
                ).all()
            )
        )
        records, people = db.execute(
            select(func.count(), func.count(UsageRecord.person_key.distinct()))
            .join(Unit, Unit.id == UsageRecord.unit_id)
            .where(Unit.code == "TAX-DAAN", UsageRecord.local_month.in_(months))
        ).one()
    assert actions.total() == summary.records
    assert 0.07 < (actions["print"] + actions["download"]) / summary.records < 0.09
    assert 1_200 <= records <= 1_700
    assert 12 <= people <= 16


def test_months_shown_end_with_the_last_full_month(demo_city: DemoSummary) -> None:
    with reading() as db:
        months = sorted(db.scalars(select(UsageRecord.local_month).distinct()))
    assert len(months) == 24
    assert months[-1] == "2026-10"
    assert demo_city.quarter == "2026Q3"


def test_month_sums_equal_the_records(demo_city: DemoSummary) -> None:
    keys = ("local_month", "unit_id", "source_id", "item", "action", "agency_id")
    with reading() as db:
        columns = [getattr(UsageRecord, key) for key in keys]
        counted = db.execute(select(*columns, func.count()).group_by(*columns)).all()
        summed = db.execute(
            select(*(getattr(UsageMonthSum, key) for key in keys), UsageMonthSum.records)
        ).all()
    assert sorted(map(tuple, summed)) == sorted(map(tuple, counted))
    assert sum(row[-1] for row in summed) == demo_city.records


def test_every_snapshot_agrees_with_person_unit_and_agency(demo_city: DemoSummary) -> None:
    with reading() as db:
        units = {unit.id: unit for unit in db.scalars(select(Unit))}
        agencies = {agency.id: agency.name for agency in db.scalars(select(Agency))}
        accounts = {account.id: account for account in db.scalars(select(Account))}
        known = {(u.source_id, u.user_code): u for u in db.scalars(select(SourceUser))}
        local = db.scalars(select(UsageSource.id).where(UsageSource.code == "local")).one()
        for record in db.scalars(select(UsageRecord)):
            unit = units[record.unit_id]
            assert (record.unit_name, record.agency_id) == (unit.name, unit.agency_id)
            assert record.agency_name == agencies[record.agency_id]
            assert record.local_month == local_month(record.occurred_at)
            assert record.occurred_at <= record.stored_at <= NOW
            if record.account_id is None:
                assert record.person_key == f"S{record.source_id}:{record.username}"
            else:
                account = accounts[record.account_id]
                assert record.person_key == str(account.id)
                assert (record.person_name, record.unit_id) == (account.name, account.unit_id)
                assert account.created_at < record.occurred_at
                assert account.cancelled_at is None or record.occurred_at < account.cancelled_at
                assert account.suspended_at is None or record.occurred_at < account.suspended_at
            if record.source_id != local:
                user = known[record.source_id, record.username]
                assert (user.name, user.account_id) == (record.person_name, record.account_id)


def test_records_stand_in_order_of_time(demo_city: DemoSummary) -> None:
    with reading() as db:
        moments = db.scalars(select(UsageRecord.occurred_at).order_by(UsageRecord.id)).all()
        ids = db.scalars(select(UsageRecord.id).order_by(UsageRecord.id)).all()
    assert list(moments) == sorted(moments)
    assert list(ids) == list(range(1, demo_city.records + 1))


def test_only_the_other_system_lets_weak_purposes_pass(demo_city: DemoSummary) -> None:
    with reading() as db:
        records = db.scalars(select(UsageRecord)).all()
        local = db.scalars(select(UsageSource.id).where(UsageSource.code == "local")).one()
    weak = Counter()  # type: ignore[var-annotated]
    for record in records:
        purpose = Purpose(record.case_no, record.document_no, record.reason)
        assert record.flags == " ".join(flags(purpose))
        if record.source_id == local:
            assert problems(purpose, local_date(record.occurred_at)) == []
            assert record.item_authorised
        weak[record.flags] += 1
    assert {"purpose_missing", "purpose_filler", "number_malformed"} < set(weak)
    platform = sum(record.source_id != local for record in records)
    assert 0.10 < platform / len(records) < 0.20
    assert 0.02 < (len(records) - weak[""]) / platform < 0.15


def test_the_days_have_the_rhythm_of_an_office(demo_city: DemoSummary) -> None:
    with reading() as db:
        moments = [
            moment.astimezone(ZoneInfo("Asia/Taipei"))
            for moment in db.scalars(select(UsageRecord.occurred_at))
        ]
        actions = Counter(db.scalars(select(UsageRecord.action)))
    hours = Counter(moment.hour for moment in moments)
    weekend = sum(moment.weekday() >= 5 for moment in moments)
    assert weekend < len(moments) * 0.03
    assert hours[12] < min(hours[10], hours[14]) / 2
    assert sum(hours[hour] for hour in range(8, 18)) > len(moments) * 0.9
    taken_away = actions["print"] + actions["download"]
    # Eight in a hundred in the whole city; the cases of a small one are shorter.
    assert 0.05 < taken_away / len(moments) < 0.10


def test_imports_hold_the_rows_of_the_other_system(demo_city: DemoSummary) -> None:
    with reading() as db:
        imports = db.scalars(select(UsageImport)).all()
        counted = dict(
            db.execute(
                select(UsageRecord.import_id, func.count())
                .where(UsageRecord.import_id.is_not(None))
                .group_by(UsageRecord.import_id)
            ).all()
        )
    assert len(imports) == 24
    assert {row.id: row.rows_stored for row in imports if row.rows_stored} == counted
    assert all(row.rows_read == row.rows_stored for row in imports)


def test_every_section_of_taipei_is_there(demo_city: DemoSummary) -> None:
    with reading() as db:
        sections = {section.code: section for section in db.scalars(select(Section))}
    assert set(sections) == {section.code for section in taipei_sections()}
    assert len(sections) == 560
    assert len({section.district for section in sections.values()}) == 12
    assert {section.office for section in sections.values()} == set(OFFICES)
    assert len({(s.district, s.name) for s in sections.values()}) == 560
    assert all(s.name.isprintable() and not s.name.isascii() for s in sections.values())
    assert (sections["AD0609"].name, sections["AD0609"].district) == ("延吉段一小段", "松山區")
    assert sections["AD0707"].name == "犂和段一小段"
    assert sections["AC0479"].name == "新里族段灣子小段"


def test_shares_of_every_property_add_up_to_one(demo_city: DemoSummary) -> None:
    shares: dict[int, Fraction] = defaultdict(Fraction)
    with reading() as db:
        for row in db.scalars(select(Ownership)):
            shares[row.property_id] += Fraction(row.share_numerator, row.share_denominator)
        properties = set(db.scalars(select(Property.id)))
    assert set(shares) == properties
    assert set(shares.values()) == {Fraction(1)}


def test_every_property_has_its_description(demo_city: DemoSummary) -> None:
    with reading() as db:
        for kind, model in (("land", LandDescription), ("building", BuildingDescription)):
            properties = set(db.scalars(select(Property.id).where(Property.kind == kind)))
            assert set(db.scalars(select(model.property_id))) == properties
        found = db.execute(
            select(LandDescription.zoning)
            .join(Property, Property.id == LandDescription.property_id)
            .where(Property.section_code == "AD0609", Property.number == "00180001")
        ).all()
    assert len(found) == 1


LETTERS = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))


def is_valid_identity(number: str) -> bool:
    digits = f"{LETTERS[number[0]]}{number[1:]}"
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 10 == 0


def test_identity_numbers_are_valid_and_were_never_given_out(demo_city: DemoSummary) -> None:
    with reading() as db:
        owners = db.execute(select(Ownership.owner_name, Ownership.owner_identity)).all()
    people = {identity: name for name, identity in owners if name != "臺北市"}
    assert len(people) > 100
    assert all(is_valid_identity(identity) for identity in people)
    assert all(identity[0] == "Y" and identity[2] == "9" for identity in people)
    assert {identity for name, identity in owners if name == "臺北市"} <= {""}
    assert is_valid_identity("A123456789")
    assert not is_valid_identity("A123456788")


def test_fixed_sign_ins_have_their_place_role_and_duty(demo_city: DemoSummary) -> None:
    expected = {
        "clerk": ("TAX-DAAN", Role.GENERAL_USER, None),
        "head": ("TAX-DAAN", Role.GENERAL_USER, Duty.UNIT_HEAD),
        "auditor": ("TAX-DAAN", Role.GENERAL_USER, Duty.AUDITOR),
        "unit_manager": ("TAX-DAAN", Role.UNIT_MANAGER, None),
        "agency_manager": ("TAX-LEGAL", Role.AGENCY_MANAGER, None),
        "ethics": ("TAX-LEGAL", Role.GENERAL_USER, Duty.ETHICS_OFFICER),
        "agency_head": ("TAX-LEGAL", Role.GENERAL_USER, Duty.AGENCY_HEAD),
        "reviewer": ("LAND-INFO", Role.GENERAL_USER, Duty.BUREAU_REVIEWER),
        "second_reviewer": ("LAND-INFO", Role.GENERAL_USER, Duty.BUREAU_REVIEWER),
        "system_manager": ("LAND-INFO", Role.SYSTEM_MANAGER, None),
    }
    assert {username for username, _ in DEMO_SIGN_INS} == set(expected)
    with reading() as db:
        hashes = set(db.scalars(select(Account.password_hash)))
        for username, (unit, role, duty) in expected.items():
            account = db.scalars(select(Account).where(Account.username == username)).one()
            assert (account.unit.code, account.role) == (unit, role.value)
            assert account.status == "active"
            held = [row.duty for row in account.duties]
            assert held == ([duty.value] if duty else [])
    assert len(hashes) == 1
    assert len(DEMO_PASSWORD) >= 12
    assert bcrypt.checkpw(DEMO_PASSWORD.encode(), hashes.pop().encode())


def test_every_unit_and_agency_has_its_posts(demo_city: DemoSummary) -> None:
    with reading() as db:
        duties = set(db.execute(select(AccountDuty.duty, AccountDuty.unit_id)).all())
        over = set(db.execute(select(AccountDuty.duty, AccountDuty.agency_id)).all())
        units = db.execute(select(Unit.id, Unit.agency_id)).all()
        managers = set(
            db.scalars(
                select(Unit.agency_id)
                .join(Account, Account.unit_id == Unit.id)
                .where(Account.role == Role.AGENCY_MANAGER.value)
            )
        )
        named = set(db.execute(select(Agency.name, Unit.name).join(Agency.units)).all())
        bureau = db.scalars(select(Agency.name).where(Agency.is_bureau)).all()
    for unit, agency in units:
        assert {(Duty.UNIT_HEAD, unit), (Duty.AUDITOR, unit)} <= duties
        assert {(Duty.ETHICS_OFFICER, agency), (Duty.AGENCY_HEAD, agency)} <= over
        assert agency in managers
    assert named >= NAMED_UNITS
    assert bureau == ["臺北市政府地政局"]


def test_accounts_lead_every_kind_of_life(demo_city: DemoSummary) -> None:
    today = local_date(NOW)
    with reading() as db:
        accounts = db.scalars(select(Account)).all()
        by_status = Counter(account.status for account in accounts)
        newest = dict(
            db.execute(
                select(UsageRecord.account_id, func.max(UsageRecord.occurred_at))
                .join(UsageSource, UsageSource.id == UsageRecord.source_id)
                .where(UsageSource.code == "local")
                .group_by(UsageRecord.account_id)
            ).all()
        )
        assert {a.id: a.last_used_at for a in accounts if a.last_used_at} == newest
        assert min(by_status["suspended"], by_status["cancelled"]) >= 1
        leaving = [a.leaving_on for a in accounts if a.leaving_on and a.status == "active"]
        assert min(leaving) < today < max(leaving)
        users = [a for a in accounts if a.items and a.status == "active"]
        assert any(a.last_used_at is None for a in users)
        assert any(a.last_used_at and (NOW - a.last_used_at).days > 184 for a in users)
        assert any(len(a.items) == len(Item) for a in users)


def test_the_snooper_looks_in_the_evening_for_reasons_that_pass(demo_city: DemoSummary) -> None:
    with reading() as db:
        rows = db.scalars(
            select(UsageRecord).where(
                UsageRecord.username == demo_city.snooper, UsageRecord.reason.in_(VAGUE_REASONS)
            )
        ).all()
        unit = db.scalars(
            select(Unit.code).join(Account).where(Account.username == demo_city.snooper)
        ).one()
    assert unit == SNOOPER_UNIT
    assert len(rows) >= 80
    assert len({row.section_code for row in rows}) == 1
    assert len({row.target for row in rows}) <= 12
    hours = {row.occurred_at.astimezone(ZoneInfo("Asia/Taipei")).hour for row in rows}
    assert hours <= {19, 20, 21, 22}
    assert all(problems(Purpose(reason=reason)) == [] for reason in VAGUE_REASONS)


def test_the_shared_account_works_at_two_places_at_once(demo_city: DemoSummary) -> None:
    with reading() as db:
        rows = db.execute(
            select(UsageRecord.occurred_at, UsageRecord.address)
            .where(
                UsageRecord.username == demo_city.shared_account,
                UsageRecord.address.in_(SHARED_ADDRESSES),
            )
            .order_by(UsageRecord.id)
        ).all()
    days: dict[object, list[tuple[object, str]]] = defaultdict(list)
    for moment, address in rows:
        days[local_date(moment)].append((moment, address))
    assert len(days) == 10
    for uses in days.values():
        assert {address for _, address in uses} == set(SHARED_ADDRESSES)
        assert (uses[-1][0] - uses[0][0]).total_seconds() > 14 * 3600  # type: ignore[operator]
    apart = [
        (later[0] - sooner[0]).total_seconds()
        for sooner, later in zip(rows[::2], rows[1::2], strict=True)
    ]
    assert max(apart) < 60


def test_most_units_have_signed_audits_and_one_agency_is_behind(demo_city: DemoSummary) -> None:
    with reading() as db:
        audits = db.execute(
            select(Agency.code, Audit.period, Audit.status)
            .join(Unit, Unit.id == Audit.unit_id)
            .join(Agency, Agency.id == Unit.agency_id)
        ).all()
    assert {row.status for row in audits} == {"signed", "received"}
    assert {row.period for row in audits} == {"2025Q4", "2026Q1", "2026Q2"}
    assert len(audits) >= demo_city.units * 2
    assert {row.period for row in audits if row.code == demo_city.behind_agency} == {"2025Q4"}


def test_half_years_stand_at_every_stage(demo_city: DemoSummary) -> None:
    """Sent, being judged with a disagreement, late because its units are; the sign-ins' is left to visitors."""
    with reading() as db:
        made = {
            code: (audit.period, audit.status, audit.id)
            for code, audit in db.execute(
                select(Agency.code, Audit)
                .join(Audit, Audit.agency_id == Agency.id)
                .where(Audit.kind == "agency")
            )
        }
        codes = set(db.scalars(select(Agency.code)))
        named = db.scalars(select(Account.id).where(Account.username == "reviewer")).one()
        account = load_account(db, named)
        drawn_twice = db.execute(
            select(Unit.code, AuditDraw.number, AuditDraw.kind, AuditDraw.reason)
            .join(Audit, Audit.id == AuditDraw.audit_id)
            .join(Unit, Unit.id == Audit.unit_id)
            .where(AuditDraw.number > 1)
        ).all()
        parts = db.scalar(select(func.count()).select_from(PackagePart)) or 0
    assert codes - set(made) == {"TAX", demo_city.behind_agency}
    stages = {code: (period, status) for code, (period, status, _) in made.items()}
    assert stages == {SENT_AGENCY: ("2026H1", "sent"), JUDGING_AGENCY: ("2026H1", "judging")}
    assert parts > 8
    assert account is not None
    reviewer = as_actor(account, NOW)
    judging = made[JUDGING_AGENCY][2]
    left = view_desk(reviewer, judging).effort.left
    assert 0 < left < len(worksheet_rows(reviewer, judging))
    differs = [one for one in verdicts_beside(reviewer, judging).values() if one.differs]
    assert [one.unit.ruling for one in differs] == [Ruling.COMPLIANT]
    assert [(code, number, kind) for code, number, kind, _ in drawn_twice] == [
        (REDRAWN_UNITS[0], 2, "redraw")
    ]
    assert drawn_twice[0].reason
    late = {line.agency_code for line in unit_board(reviewer) if line.days_late}
    assert demo_city.behind_agency in late


def test_every_auditor_was_appointed_by_the_head_of_the_unit(demo_city: DemoSummary) -> None:
    with reading() as db:
        heads = dict(
            db.execute(
                select(AccountDuty.unit_id, AccountDuty.account_id).where(
                    AccountDuty.duty == Duty.UNIT_HEAD
                )
            ).all()
        )
        auditors = db.scalars(select(AccountDuty).where(AccountDuty.duty == Duty.AUDITOR)).all()
        told = db.scalars(
            select(Event).where(Event.type == EventType.AUDITOR_APPOINTED.value)
        ).all()
    assert {one.unit_id: one.granted_by for one in auditors} == heads
    assert {(event.account_id, event.object_id) for event in told} == {
        (one.granted_by, str(one.account_id)) for one in auditors
    }


def test_the_load_says_that_it_is_a_demo(demo_city: DemoSummary) -> None:
    with reading() as db:
        settings = {row.key: row.value for row in db.scalars(select(Setting))}
        event = db.scalars(select(Event).where(Event.type == EventType.DEMO_LOADED.value)).one()
    assert settings == {"demo_data": "small"}
    assert (event.at, event.detail["records"]) == (NOW, demo_city.records)


def test_a_database_in_use_is_refused_and_left_alone(demo_city: DemoSummary) -> None:
    before = fingerprint()
    with pytest.raises(Conflict, match="已有機關或帳號"):
        load("small", NOW)
    assert fingerprint() == before


def test_an_unknown_scale_is_refused(database: str) -> None:
    with pytest.raises(Invalid, match="規模"):
        load("huge", NOW)
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Account)) == 0


def test_a_load_cut_off_at_its_audits_goes_on(
    demo_fingerprint: str, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "cut.db")
    engine.configure(f"sqlite:///{tmp_path / 'cut.db'}")

    class PowerCut(Exception):
        pass

    def until_audits(share: float, what: str) -> None:
        if share > 0.9:
            raise PowerCut

    with pytest.raises(PowerCut):
        load("small", NOW, progress=until_audits)
    with transaction() as db:
        assert db.get(Setting, "demo_unfinished") is not None
    load("small", NOW)
    assert fingerprint() == demo_fingerprint


def test_the_agency_of_the_sign_ins_keeps_its_papers(demo_city: DemoSummary) -> None:
    """Those of an account are with a manager concerned; those of an old refusal may be destroyed."""
    with reading() as db:
        people = {one.username: load_account(db, one.id) for one in db.scalars(select(Account))}
    managers = {
        name: as_actor(account, NOW)
        for name in ("unit_manager", "agency_manager", "system_manager")
        if (account := people[name])
    }
    for who, least in (("unit_manager", 2), ("agency_manager", 20), ("system_manager", 4)):
        page = list_papers(managers[who], PaperFilters(), None, 500)
        assert page.total >= least, who
        assert open_paper(managers[who], page.rows[0].id).content.startswith(b"%PDF-")
    ripe = PaperFilters(state=PaperState.DESTROYABLE)
    assert list_papers(managers["unit_manager"], ripe, None, 10).total == 2
    assert list_papers(managers["system_manager"], ripe, None, 10).total == 0
