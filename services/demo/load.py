"""Loads the demo city into an empty database: everything in one transaction, then signed audits."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from random import Random

import numpy as np
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import (
    Account,
    Agency,
    Event,
    Property,
    Setting,
    UsageImport,
    UsageRecord,
    UsageSource,
)
from services import events
from services.actor import operator
from services.demo.acting import meet_anew
from services.demo.applications import write_applications
from services.demo.half_years import audit_half_years
from services.demo.history import sign_history
from services.demo.incidents import write_incidents
from services.demo.names import invented_names
from services.demo.organisation import PlacedUnit, write_organisation
from services.demo.owners import Owners
from services.demo.packages import review_packages
from services.demo.papers import write_papers
from services.demo.people import Person, write_people
from services.demo.plan import SCALES, Plan, make_plan, shown_months
from services.demo.register import Site, write_register
from services.demo.reviews import write_reviews
from services.demo.rhythm import days_of
from services.demo.sections import write_sections
from services.demo.stories import BEHIND_AGENCY, Stories, make_stories
from services.demo.usage import Month, Row, Usage
from services.demo.users import make_users
from services.errors import Conflict, Invalid
from services.events import EventType
from services.installation.facts import DEMO_KEY, DEMO_UNFINISHED_KEY
from services.regulation.periods import last_finished_quarter
from services.rocdate import local_date, midnight, roc_month
from services.usage.records import LOCAL_SOURCE, add_records

PLATFORM_SOURCE = "platform"
_SOURCES = {LOCAL_SOURCE: "臺北地政雲", PLATFORM_SOURCE: "臺北市政府資料整合平臺"}
_CHUNK = 20_000
SEED = 1130522
"""The day of the rule's last amendment, for want of a better number."""

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class DemoSummary:
    """What was loaded, and where its stories are."""

    scale: str
    seed: int
    agencies: int
    units: int
    accounts: int
    properties: int
    records: int
    quarter: str
    """The last finished quarter, in which the units stand around the thresholds."""
    threshold_units: dict[int, str]
    """Codes of the units by the number of their records in that quarter."""
    snooper: str
    shared_account: str
    behind_agency: str


def load(
    scale: str, now: datetime, seed: int = SEED, progress: Progress | None = None
) -> DemoSummary:
    """Fill the configured database with the demo city as it stands at ``now``.

    The same scale, moment and seed make the same rows. Raises Invalid for an unknown scale and Conflict when
    there are agencies or accounts already. A load that was cut off at its audits goes on where it stopped.
    """
    if scale not in SCALES:
        raise Invalid(f"沒有「{scale}」這個規模；可用：{'、'.join(SCALES)}。")
    tell = progress or (lambda share, what: None)
    with transaction() as db:
        if begun := _begun(db, scale):
            summary, now = begun
        else:
            _refuse_when_in_use(db)
            summary = _Loading(db, scale, now, seed, tell).run()
    meet_anew()
    sign_history(summary.seed, now, lambda share, what: tell(0.8 + 0.15 * share, what))
    audit_half_years(now, lambda share, what: tell(0.95 + 0.05 * share, what))
    write_incidents(summary.shared_account, now)
    review_packages(now)
    _finish()
    tell(1.0, "完成")
    return summary


def _refuse_when_in_use(db: Session) -> None:
    if any(db.scalar(select(key).limit(1)) is not None for key in (Account.id, Agency.id)):
        raise Conflict("資料庫裡已有機關或帳號，不能載入示範資料；請改用空的資料庫。")


def _begun(db: Session, scale: str) -> tuple[DemoSummary, datetime] | None:
    """Return what a load of this scale stored, and when, if it was cut off at its audits."""
    if db.get(Setting, DEMO_UNFINISHED_KEY) is None or db.get_one(Setting, DEMO_KEY).value != scale:
        return None
    event = db.scalars(select(Event).where(Event.type == EventType.DEMO_LOADED.value)).one()
    detail = dict(event.detail)
    units = {int(count): code for count, code in detail.pop("threshold_units").items()}
    return DemoSummary(**detail, threshold_units=units), event.at


def _finish() -> None:
    with transaction() as db:
        db.execute(delete(Setting).where(Setting.key == DEMO_UNFINISHED_KEY))


class _Loading:
    """One load: the organisation, the register, then the usage month by month."""

    def __init__(self, db: Session, scale: str, now: datetime, seed: int, tell: Progress) -> None:
        self.db, self.name, self.now, self.seed, self.tell = db, scale, now, seed, tell
        self.scale = SCALES[scale]
        self.today = local_date(now)
        self.months = shown_months(self.today)
        self.names = invented_names(self._random("names"))

    def run(self) -> DemoSummary:
        """Store everything but the audits."""
        self.tell(0.0, "組織與帳號")
        sections = write_sections(self.db)
        units = write_organisation(self.db, self.scale.small)
        people = write_people(
            self.db, units, self.names, self.months, self.now, self.scale.users_of
        )
        write_papers(self.db, people, self.now)
        write_applications(self.db, people, self.now)
        self.tell(0.02, "地籍資料")
        owners = Owners(self._random("register"), self.names)
        sites = write_register(self.db, sections, owners, self.today, self.scale.parcels_a_section)
        quarter = last_finished_quarter(self.today)
        stories = make_stories(people, sites, self.months, quarter, self._random("stories"))
        plan = make_plan(self.scale, units, self.today, stories.records, self._numpy(1))
        self._write_usage(plan, units, people, sites, stories)
        self.tell(0.8, "權限清查")
        write_reviews(self.db, people, self.now)
        return self._summary(plan, units, people, stories)

    def _random(self, what: str) -> Random:
        return Random(f"{self.seed}:{what}")  # nosec B311  # invents the demo city; nothing rests on its secrecy

    def _numpy(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream])

    def _write_usage(
        self,
        plan: Plan,
        units: Sequence[PlacedUnit],
        people: Sequence[Person],
        sites: Sequence[Site],
        stories: Stories,
    ) -> None:
        sources = self._sources()
        users = make_users(self.db, units, people, self.names, sources, self._numpy(2))
        usage = Usage(plan, units, users, sites, stories.uses, self._numpy(3))
        importer = next(p.account_id for p in people if p.post == "system_manager")
        for index, name in enumerate(plan.months):
            self.tell(0.05 + 0.75 * index / len(plan.months), f"使用紀錄 {roc_month(name)}")
            month = self._import_of(index, name, sources[1], importer)
            chunk: list[Row] = []
            for rows in usage.rows_of(month):
                chunk += rows
                if len(chunk) >= _CHUNK:
                    add_records(self.db, chunk)
                    chunk = []
            add_records(self.db, chunk)
            self.db.execute(
                update(UsageImport)
                .where(UsageImport.id == month.import_id)
                .values(rows_read=usage.imported, rows_stored=usage.imported)
            )
        self._mark_last_use(sources[0])

    def _sources(self) -> tuple[int, int]:
        """Return the ids of this system and of the other one, storing them where missing."""
        known = {source.code: source for source in self.db.scalars(select(UsageSource))}
        opened = midnight(date.fromisoformat(f"{self.months[0]}-01")) - timedelta(days=365)
        for code, name in _SOURCES.items():
            if code not in known:
                known[code] = UsageSource(code=code, name=name, created_at=opened)
                self.db.add(known[code])
        self.db.flush()
        return known[LOCAL_SOURCE].id, known[PLATFORM_SOURCE].id

    def _import_of(self, index: int, name: str, source: int, importer: int) -> Month:
        """Store the import of the other system's file for a month: the morning after it ends."""
        file_name = f"platform-{name}.csv"
        after = midnight(days_of(name)[-1] + timedelta(days=1)) + timedelta(hours=7, minutes=30)
        stored = UsageImport(
            source_id=source,
            file_name=file_name,
            file_sha256=hashlib.sha256(f"{self.seed}:{file_name}".encode()).hexdigest(),
            rows_read=0,
            rows_stored=0,
            rows_duplicate=0,
            rows_rejected=0,
            imported_at=min(after, self.now),
            imported_by=importer,
        )
        self.db.add(stored)
        self.db.flush()
        return Month(index, name, stored.id, stored.imported_at)

    def _mark_last_use(self, source: int) -> None:
        newest = (
            select(UsageRecord.occurred_at)
            .where(UsageRecord.account_id == Account.id, UsageRecord.source_id == source)
            .order_by(UsageRecord.occurred_at.desc())
            .limit(1)
            .scalar_subquery()
        )
        self.db.execute(update(Account).values(last_used_at=newest))

    def _summary(
        self, plan: Plan, units: Sequence[PlacedUnit], people: Sequence[Person], stories: Stories
    ) -> DemoSummary:
        summary = DemoSummary(
            scale=self.name,
            seed=self.seed,
            agencies=len({unit.agency_id for unit in units}),
            units=len(units),
            accounts=len(people),
            properties=self.db.scalar(select(func.count()).select_from(Property)) or 0,
            records=int(plan.counts.sum()) + stories.records,
            quarter=str(plan.quarter),
            threshold_units=plan.threshold_units,
            snooper=stories.snooper.username,
            shared_account=stories.shared.username,
            behind_agency=BEHIND_AGENCY,
        )
        for key, value in ((DEMO_KEY, self.name), (DEMO_UNFINISHED_KEY, "audits")):
            self.db.add(Setting(key=key, value=value, changed_at=self.now))
        events.write(
            self.db,
            operator(self.now),
            EventType.DEMO_LOADED,
            about=("demo", self.name),
            **asdict(summary),
        )
        return summary
