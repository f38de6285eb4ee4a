"""The audit sampler's and the usage page's script over a demo city, beside an empty page."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, select
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from data import engine, migrate
from data.engine import ROOT, reading
from data.models import Account, AccountDuty, Unit, UsageRecord
from pages.shared.registry import file_of
from services import clock
from services.actor import operator
from services.audits.commands import freeze_and_draw
from services.demo.load import load
from services.identity import presence
from services.regulation.periods import Quarter
from services.regulation.roles import Duty
from tests.bench.measure import LARGE, Seconds, in_turn
from tests.signing_in import session_of

SCALES = ("city", "ten-million") if LARGE else ("city",)
ROUNDS = 9
SMALL_UNIT = 1_400
SEED = "5f" * 32
EMPTY_PAGE = 'import streamlit as st\n\nst.title("空白頁")\n'
_WHERE = "10.1.1.1"
_MANAGER = "system_manager"
_SESSIONS: dict[str, str] = {}


@dataclass(frozen=True)
class PageFigure:
    """The script run of one page, and of the empty page in the same rounds."""

    page: str
    run: Seconds
    empty: Seconds


@dataclass(frozen=True)
class CityFigures:
    """The pages over one demo city."""

    scale: str
    records: int
    pages: list[PageFigure]


@dataclass(frozen=True)
class Place:
    """A unit whose audit is opened, by its own head."""

    code: str
    head: str
    records: int


def run(folder: Path, scale: str) -> CityFigures:
    """Load a demo city into ``folder`` and measure every page; fails when one shows an error."""
    engine.configure(f"sqlite:///{folder / f'{scale}.db'}")
    migrate.upgrade()
    now = clock.utc_now()
    summary = load(scale, now)
    quarter = Quarter.parse(summary.quarter)
    largest = summary.threshold_units[max(summary.threshold_units)]
    places = [place_of(quarter, unit_near(quarter, SMALL_UNIT)), place_of(quarter, largest)]
    empty = folder / "empty.py"
    empty.write_text(EMPTY_PAGE)
    with as_served():
        before = {
            "待辦 home": open_page(_MANAGER, "home"),
            "使用統計 usage, whole city": open_page(_MANAGER, "usage_charts"),
            "使用統計 usage, one unit": open_page(_MANAGER, "usage_charts", unit=places[0].code),
            **_step(places, quarter, "scope", "before the freeze"),
        }
        figures = _measure(empty, before)
        drawn = [freeze_and_draw(operator(now), place.code, quarter, SEED) for place in places]
        after = {
            **_step(places, quarter, "scope", "frozen"),
            **_step(places, quarter, "draw", "drawn"),
            **_worksheets(places, quarter, drawn),
        }
        figures += _measure(empty, after)
    engine.engine().dispose()
    return CityFigures(scale, summary.records, figures)


def unit_near(quarter: Quarter, records: int) -> str:
    """Return the code of the unit whose records of the quarter come nearest to a number."""
    with reading() as db:
        return db.execute(
            select(Unit.code)
            .join(UsageRecord, UsageRecord.unit_id == Unit.id)
            .where(UsageRecord.local_month.in_(quarter.months))
            .group_by(Unit.code)
            .order_by(func.abs(func.count() - records), Unit.code)
            .limit(1)
        ).scalar_one()


def place_of(quarter: Quarter, code: str) -> Place:
    with reading() as db:
        unit = db.scalars(select(Unit).where(Unit.code == code)).one()
        head = db.scalars(
            select(Account.username)
            .join(AccountDuty, AccountDuty.account_id == Account.id)
            .where(AccountDuty.duty == Duty.UNIT_HEAD.value, AccountDuty.unit_id == unit.id)
        ).one()
        records = db.scalars(
            select(func.count()).where(
                UsageRecord.unit_id == unit.id, UsageRecord.local_month.in_(quarter.months)
            )
        ).one()
    return Place(code, head, records)


def _step(places: list[Place], quarter: Quarter, step: str, state: str) -> dict[str, AppTest]:
    return {
        f"稽核抽樣 sampler, {step} ({state}), {place.records:,} records": open_page(
            place.head, "audit_sampler", unit=place.code, quarter=str(quarter), step=step
        )
        for place in places
    }


def _worksheets(
    places: list[Place], quarter: Quarter, drawn: list[dict[str, Any]]
) -> dict[str, AppTest]:
    return {
        f"稽核抽樣 sampler, worksheet of {len(sample['sample_ids'])} records, of {place.records:,}": open_page(
            place.head, "audit_sampler", unit=place.code, quarter=str(quarter), step="judge"
        )
        for place, sample in zip(places, drawn, strict=True)
    }


def signed_in(who: str) -> str:
    """Return the one live session of ``who``, which all pages of one person share."""
    found = presence.check(_SESSIONS.get(who, ""), clock.utc_now(), _WHERE)
    if not isinstance(found, presence.Present):
        _SESSIONS[who] = session_of(who, _WHERE, clock.utc_now())
    return _SESSIONS[who]


def open_page(who: str, module: str, **params: str) -> AppTest:
    """Open the application at one page as somebody who is signed in."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["sign_in_session"] = signed_in(who)
    for name, value in params.items():
        app.query_params[name] = value
    return app.run().switch_page(file_of(module))


def _measure(empty: Path, pages: dict[str, AppTest]) -> list[PageFigure]:
    blank = AppTest.from_file(str(empty), default_timeout=60)
    times = in_turn({"": blank.run} | {name: app.run for name, app in pages.items()}, ROUNDS)
    for name, app in pages.items():
        assert not app.exception, (name, app.exception)
        assert not app.error, (name, [shown.value for shown in app.error])
    return [PageFigure(name, times[name], times[""]) for name in pages]


@contextmanager
def as_served() -> Iterator[None]:
    """Run scripts as ``manage.py serve`` does, for a browser at one address without cookies."""
    begin = PagesManager.__init__

    def without_the_folder(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    logging.disable(logging.WARNING)  # a run without a browser is announced every time
    with ExitStack() as stack:
        stack.callback(logging.disable, logging.NOTSET)
        stack.enter_context(patch.dict(os.environ, {"COOKIE_KEY": "5f" * 32}))
        stack.enter_context(patch.object(ContextProxy, "ip_address", _WHERE))
        stack.enter_context(patch.object(ContextProxy, "cookies", {}))
        stack.enter_context(patch.object(PagesManager, "__init__", without_the_folder))
        yield
