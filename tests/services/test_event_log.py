"""系統紀錄: who sees which events, filters, pages, the export, looks; and never register data in it."""

import csv
import io
import json
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from data.engine import engine, reading, transaction
from data.models import Account, BuildingDescription, Event, OtherRight, Ownership, Property
from services import events
from services.accounts.directory import account_detail
from services.actor import Actor
from services.cadastre.numbers import Kind
from services.demo.load import DemoSummary
from services.errors import Invalid, NotFound
from services.event_log import listing
from services.event_log.detail_labels import DETAILS
from services.event_log.groups import Group
from services.event_log.listing import event_story, export_events, list_events
from services.event_log.search import EventFilters, conditions_of, count, matching
from services.event_log.words import EVENT_WORDS
from services.events import EventType
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, Reach, reach
from services.papers.viewing import open_paper
from services.parcels.query import ParcelRequest, query
from services.regulation.items import Item
from services.regulation.purpose import Purpose
from tests.prepared import events_after, last_event
from tests.services.papers.helpers import kept as kept_paper
from tests.world import NOW, World

DAYS = EventFilters(date(2026, 11, 1), date(2026, 11, 30))


def note(actor: Actor, kind: EventType = EventType.TABLE_EXPORTED, **given: Any) -> int:
    """Write one event of ``actor`` and return its id."""
    with transaction() as db:
        events.write(db, actor, kind, **({"about": ("table", "清單")} | given))
    return last_event()


def ids(page: Any) -> list[int]:
    return [row.id for row in page.rows if row.type != "events_viewed"]


@pytest.fixture
def told(world: World) -> dict[str, int]:
    """Events by people of every agency, and one by the bureau about an account of the tax office."""
    written = {
        who: note(world.actor(who, NOW - timedelta(hours=hours)))
        for hours, who in enumerate(("clerk", "clerk_tax2", "works_clerk", "system_manager"), 1)
    }
    bureau = world.actor("system_manager")
    clerk = world.accounts["clerk"]
    written["about clerk"] = note(
        bureau,
        EventType.ACCOUNT_STATUS_CHANGED,
        about=("account", clerk),
        before="active",
        after="suspended",
        reason="調職",
    )
    nobody = Actor(now=NOW, account_id=None, username="", name="（未登入）", role=None)
    written["tried clerk"] = note(
        nobody, EventType.SIGN_IN_FAILED, about=("username", "clerk"), outcome="refused"
    )
    written["tried nobody"] = note(
        nobody, EventType.SIGN_IN_FAILED, about=("username", "nobody"), outcome="refused"
    )
    return written


OF_TAX = {"clerk", "clerk_tax2", "about clerk", "tried clerk"}


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("system_manager", None),
        ("agency_manager", OF_TAX),
        ("ethics", OF_TAX),
        ("works_manager", {"works_clerk"}),
    ],
)
def test_an_agency_sees_what_its_people_did_and_what_was_done_to_its_accounts(
    world: World, told: dict[str, int], who: str, sees: set[str] | None
) -> None:
    seen = {told[name] for name in (told if sees is None else sees)}
    actor = world.actor(who)
    page = list_events(actor, DAYS, None, 50)
    assert set(ids(page)) == seen
    for name, event_id in told.items():
        if sees is None or name in sees:
            assert event_story(actor, event_id).row.id == event_id
        else:
            with pytest.raises(NotFound):
                event_story(actor, event_id)
    exported = list(csv.reader(io.StringIO(export_events(actor, DAYS).decode("utf-8-sig"))))[1:-1]
    kinds = EVENT_WORDS[EventType.EVENTS_VIEWED].label, EVENT_WORDS[EventType.REFUSED].label
    assert {int(row[0]) for row in exported if row[2] not in kinds} == seen


def test_the_newest_comes_first_and_pages_join(world: World, told: dict[str, int]) -> None:
    actor = world.actor("system_manager")
    list_events(actor, DAYS, None, 1)  # the look itself is the newest
    whole = [row.id for row in list_events(actor, DAYS, None, 50).rows]
    with reading() as db:
        assert whole == list(
            db.scalars(select(Event.id).order_by(Event.at.desc(), Event.id.desc()))
        )
    for limit in (1, 2, 3):
        joined: list[int] = []
        before: int | None = None
        while True:
            page = list_events(actor, DAYS, before, limit)
            assert page.counted == len(whole)
            joined += [row.id for row in page.rows]
            before = page.next_before
            if before is None:
                break
        assert joined == whole


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"person": "clerk_tax2"}, {"clerk_tax2"}),
    ({"person": "測試001（clerk）"}, {"clerk"}),
    ({"person": "ＣＬＥＲＫ＿ＴＡＸ２"}, {"clerk_tax2"}),
    ({"person": "未登入"}, {"tried clerk", "tried nobody"}),
    ({"person": "查無此人"}, set()),
    ({"group": Group.ACCOUNTS}, {"about clerk"}),
    ({"group": Group.SIGN_IN}, {"tried clerk", "tried nobody"}),
    ({"type": EventType.ACCOUNT_STATUS_CHANGED}, {"about clerk"}),
    ({"type": EventType.SIGNED_OUT}, set()),
    ({"outcome": "refused"}, {"tried clerk", "tried nobody"}),
    ({"object_type": "username"}, {"tried clerk", "tried nobody"}),
    ({"object_type": "username", "object_id": "clerk"}, {"tried clerk"}),
    ({"object_id": "nobody"}, {"tried nobody"}),
    ({"object_type": "account", "object_id": "nobody"}, set()),
    ({"address": "10.9.9.9"}, set()),
    ({"person": "%"}, set()),
    ({"object_id": "' OR '1'='1"}, set()),
    ({"address": "\x00"}, {"clerk", "clerk_tax2", "works_clerk", "system_manager"} | {"about clerk", "tried clerk", "tried nobody"}),
]  # fmt: skip


def test_every_filter_narrows_the_list(world: World, told: dict[str, int]) -> None:
    actor = world.actor("system_manager")
    for given, kept in FILTERS:
        filters = EventFilters(DAYS.first_day, DAYS.last_day, **given)
        page = list_events(actor, filters, None, 50)
        assert set(ids(page)) == {told[name] for name in kept}, given


def test_days_are_taipei_days_and_both_are_included(world: World) -> None:
    actor = world.actor("system_manager")
    midnight = NOW.replace(day=9, hour=16, minute=0)  # 115年11月10日 00:00 in Taipei
    first = note(world.actor("clerk", midnight))
    last = note(world.actor("clerk", midnight + timedelta(days=1, seconds=-1)))
    note(world.actor("clerk", midnight - timedelta(seconds=1)))
    note(world.actor("clerk", midnight + timedelta(days=1)))
    day = EventFilters(date(2026, 11, 10), date(2026, 11, 10))
    assert ids(list_events(actor, day, None, 9)) == [last, first]
    with pytest.raises(Invalid, match="晚於迄日"):
        list_events(actor, EventFilters(date(2026, 11, 2), date(2026, 11, 1)), None, 9)


def test_one_look_is_one_event_and_another_filter_another(world: World) -> None:
    actor = world.actor("ethics")
    other = EventFilters(DAYS.first_day, DAYS.last_day, person="clerk")
    for filters, moment in (
        (DAYS, 0), (DAYS, 1), (other, 2), (DAYS, 3), (DAYS, 12), (DAYS, 13),
    ):  # fmt: skip
        list_events(actor.at(NOW + timedelta(minutes=moment)), filters, None, 5)
    looks = [event for event in events_after(0) if event.type == "events_viewed"]
    assert [event.detail["filter"].get("person") for event in looks] == [None, "clerk", None]
    assert looks[0].detail == {"filter": {"first_day": "2026-11-01", "last_day": "2026-11-30"}}
    assert {event.object_id for event in looks} == {DAYS.digest, other.digest}
    list_events(world.actor("agency_manager"), DAYS, None, 5)
    assert events_after(looks[-1].id)[0].account_id == world.accounts["agency_manager"]


def test_looking_at_another_account_is_on_record_and_at_the_own_is_not(world: World) -> None:
    manager = world.actor("unit_manager")
    for who in ("clerk", "clerk", "unit_manager", "clerk2"):
        account_detail(manager, world.accounts[who])
    seen = [event for event in events_after(0) if event.type == "account_viewed"]
    assert [int(event.object_id) for event in seen] == [
        world.accounts["clerk"],
        world.accounts["clerk2"],
    ]


def test_what_cannot_be_recorded_is_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(events, "write", broken)
    for call in (
        lambda: list_events(world.actor("ethics"), DAYS, None, 5),
        lambda: export_events(world.actor("ethics"), DAYS),
        lambda: account_detail(world.actor("unit_manager"), world.accounts["clerk"]),
    ):
        with pytest.raises(RuntimeError):
            call()


def test_the_story_holds_the_session_around_and_what_befell_the_same_thing(world: World) -> None:
    clerk = world.actor("clerk")
    here = [note(replace(clerk, now=NOW + timedelta(minutes=n), session_id="S1")) for n in range(3)]
    note(replace(clerk, session_id="S2"))
    account = ("account", world.accounts["clerk"])
    bureau = world.actor("system_manager")
    first = note(bureau, EventType.ACCOUNT_VIEWED, about=account)
    second = note(bureau.at(NOW + timedelta(days=3)), EventType.ACCOUNT_VIEWED, about=account)
    viewer = world.actor("agency_manager")
    assert [row.id for row in event_story(viewer, here[1]).in_session] == [here[0], here[2]]
    assert [row.id for row in event_story(viewer, first).about_object] == [second]
    assert event_story(viewer, first).row.about == "測試001（clerk）"


def many(world: World, number: int) -> None:
    actor = world.actor("clerk")
    with transaction() as db:
        db.execute(
            insert(Event),
            [
                {
                    "type": "refused", "at": NOW - timedelta(seconds=n), "account_id": actor.account_id,
                    "actor_name": actor.name, "unit_id": actor.unit_id, "agency_id": actor.agency_id,
                    "session_id": "", "address": "10.1.1.1", "object_type": "action",
                    "object_id": "view_events", "outcome": "refused",
                    "detail": {"sentence": "=cmd", "function": "list_events"},
                }
                for n in range(number)
            ],
        )  # fmt: skip


def test_the_export_holds_all_that_match_and_neutralises_formulas(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_EXPORT_CHUNK", 7)
    many(world, 40)
    note(world.actor("works_clerk"), about=("table", "=HYPERLINK(1)"))
    actor, last = world.actor("system_manager"), last_event()
    rows = list(csv.reader(io.StringIO(export_events(actor, DAYS).decode("utf-8-sig"))))
    assert rows[-1] == ["本檔 41 筆，符合條件者共 41 筆"]
    assert len({row[0] for row in rows[1:-1]}) == 41
    assert rows[1][1] == "115年11月23日 10:00:00"
    assert [row[9] for row in rows[1:-1] if "HYPERLINK" in row[9]] == ["'=HYPERLINK(1)"]
    (event,) = events_after(last)
    assert (event.type, event.object_id) == ("table_exported", "系統紀錄")
    assert event.detail == {"rows": 41, "total": 41, "filter": DAYS.said}


def test_too_many_are_refused_with_advice_and_nothing_is_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_EXPORTED", 10)
    many(world, 11)
    last = last_event()
    with pytest.raises(Invalid, match=r"超過 10 筆.*縮短期間"):
        export_events(world.actor("system_manager"), DAYS)
    assert events_after(last) == []


def test_an_export_holds_few_rows_at_a_time(world: World) -> None:
    """Four times the rows take about four times the file, and no pile of objects beside it."""
    actor = world.actor("system_manager")
    peaks, sizes = [], []
    for more in (3_000, 9_000):
        many(world, more)
        export_events(actor, DAYS)
        tracemalloc.start()
        sizes.append(len(export_events(actor, DAYS)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sizes[1] > 3 * sizes[0]
    # The file twice (as it grows, and as it is handed out) and a share for the database driver.
    assert peaks[1] - peaks[0] < 4 * (sizes[1] - sizes[0])


def plan_of(reached: Reach, filters: EventFilters, counting: bool = False) -> str:
    """Return how SQLite would find the events."""
    said: list[str] = []

    class Explained:
        """Takes the statements instead of the database, and asks how they would be carried out."""

        def __init__(self, db: Any) -> None:
            self._db = db

        def scalars(self, statement: Any) -> Any:
            if "FROM accounts" in str(statement) and "events" not in str(statement):
                return self._db.scalars(statement)
            made = statement.compile(self._db.bind, compile_kwargs={"literal_binds": True})
            said.extend(row[3] for row in self._db.execute(text(f"EXPLAIN QUERY PLAN {made}")))
            return self._db.scalars(statement)

        def scalar(self, statement: Any) -> Any:
            self.scalars(statement)
            return 0

    with reading() as db:
        explained: Any = Explained(db)
        conditions = conditions_of(db, filters)
        if counting:
            count(explained, reached, conditions, 11)
        else:
            matching(explained, reached, conditions, 51)
    return "\n".join(said)


PLANS: list[tuple[dict[str, Any], str]] = [
    ({}, "ix_events_at"),
    ({"person": "clerk_tax2"}, "ix_events_account"),
    ({"type": EventType.SIGNED_IN}, "ix_events_type"),
    ({"object_type": "account", "object_id": "1"}, "ix_events_object"),
    ({"object_id": "1"}, "ix_events_object"),
    ({"group": Group.ACCOUNTS}, "ix_events_"),
    ({"address": "10.1.1.1"}, "ix_events_at"),
]


@pytest.mark.parametrize("counting", [False, True], ids=["list", "count"])
@pytest.mark.parametrize(("given", "index"), PLANS, ids=[str(sorted(g)) for g, _ in PLANS])
def test_no_page_reads_the_whole_log(
    world: World, database: str, given: dict[str, Any], index: str, counting: bool
) -> None:
    many(world, 300)
    if database != "sqlite":
        with engine().connect() as connection:
            names = connection.execute(text("SELECT indexname FROM pg_indexes")).scalars().all()
        assert index == "ix_events_" or index in names
        return
    filters = EventFilters(DAYS.first_day, DAYS.last_day, **given)
    for reached in (Reach(everything=True), reach(world.actor("ethics"), Action.VIEW_EVENTS)):
        plan = plan_of(reached, filters, counting)
        assert "SCAN events" not in plan, plan
        if reached.everything:
            assert index in plan, plan
        else:
            assert "ix_events_agency" in plan or index in plan, plan


def test_no_event_holds_register_data(demo_city: DemoSummary) -> None:
    """The demo city's own work and a day's more: no owner, identity number or address is in a detail."""
    clerk = person("clerk")
    with reading() as db:
        land = select(Property.section_code, Property.number).where(Property.kind == "land")
        parcels = db.execute(land.limit(30)).all()
    for section, number in parcels:
        found = query(
            clerk,
            ParcelRequest(
                section,
                Kind.LAND,
                f"{int(number[:4])}-{int(number[4:])}",
                tuple(i for i in (Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP) if i in clerk.items),
                Purpose(document_no="府授地資字第1136012388號"),
            ),
        )
        assert found.found
    list_events(
        person("system_manager"), EventFilters(date(2020, 1, 1), date(2027, 1, 1)), None, 50
    )
    with reading() as db:
        held = [
            json.dumps(detail, ensure_ascii=False) for detail in db.scalars(select(Event.detail))
        ]
        keys = {key for detail in db.scalars(select(Event.detail)) for key in detail}
        register = register_texts(db)
    assert len(held) > 100
    assert keys <= set(DETAILS)
    assert len(register) > 500
    everything = "\n".join(held)
    assert [word for word in register if word in everything] == []


def register_texts(db: Session) -> set[str]:
    """Return who owns or holds what, and where: the names, identity numbers and addresses."""
    columns = (
        Ownership.owner_name,
        Ownership.owner_identity,
        Ownership.owner_address,
        OtherRight.holder_name,
        BuildingDescription.address,
    )
    return {text for column in columns for text in db.scalars(select(column).distinct()) if text}


def person(username: str) -> Actor:
    """Somebody of the demo city."""
    with reading() as db:
        found = db.scalars(select(Account.id).where(Account.username == username)).one()
        account = load_account(db, found)
        assert account is not None
        return as_actor(account, NOW)


def test_an_agency_sees_what_the_bureau_does_with_its_documents(world: World) -> None:
    paper = kept_paper(world, "agency_manager", mark="tax")
    other = kept_paper(world, "works_manager", mark="works")
    for document_id in (paper, other):
        open_paper(world.actor("system_manager"), document_id)
    views = replace(DAYS, type=EventType.DOCUMENT_VIEWED)
    for who, expected in {
        "agency_manager": [str(paper)],
        "works_manager": [str(other)],
        "system_manager": [str(other), str(paper)],
    }.items():
        rows = list_events(world.actor(who), views, None, 10).rows
        assert [row.object_id for row in rows] == expected, who
