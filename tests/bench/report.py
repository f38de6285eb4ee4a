"""docs/benchmarks.md: the tables of one run, and how each figure was measured."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.bench_draw import BASE, DrawFigures
from tests.bench.bench_ledger import VERIFY_ROUNDS, WRITE_ROUNDS, WRITES, Verifying, Writing
from tests.bench.bench_load import PEOPLE, THINK, LoadFigure, MemoryFigure, ServedFigure
from tests.bench.bench_load import ROUNDS as LOAD_ROUNDS
from tests.bench.bench_load import SECONDS as LOAD_SECONDS
from tests.bench.bench_package import ROUNDS as PACKAGE_ROUNDS
from tests.bench.bench_package import UNITS, PackageFigures
from tests.bench.bench_pages import ROUNDS, CityFigures, PageFigure
from tests.bench.bench_signin import ROUNDS as CHECK_ROUNDS
from tests.bench.bench_signin import CheckFigure
from tests.bench.measure import Seconds

FASTER_THAN_PUBLISHED = 5
WITHIN_HASHING = 2
"""The two goals of a draw."""
CHECK_SHARE = 0.05
"""The goal of the check on every rerun."""
WRITING_WITHIN, VERIFYING_WITHIN = 1.05, 2
"""The two goals of the ledger."""


def machine() -> str:
    """Describe the machine, and how busy it is already."""
    model = re.search(r"model name\s*: (.+)", _read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+) kB", _read("/proc/meminfo"))
    return ", ".join(
        (
            f"{os.cpu_count()} cores" + (f" ({model[1]})" if model else ""),
            *((f"{int(memory[1]) / 2**20:.0f} GiB",) if memory else ()),
            f"load average {os.getloadavg()[0]:.1f} at the start",
        )
    )


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""


def page(
    begun: datetime,
    minutes: float,
    machine: str,
    draws: Sequence[DrawFigures],
    pages: Sequence[CityFigures],
    checks: Sequence[CheckFigure],
    imports: Sequence[dict[str, Any]],
    writings: Sequence[Writing],
    verifying: Verifying,
) -> str:
    """Return the whole page."""
    packages = ("numpy", "streamlit", "SQLAlchemy", "consistent-sampler")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"""# Benchmarks

Written by `make bench`; every figure below comes from one run of {minutes:.1f} minutes begun at
{begun:%Y-%m-%d %H:%M} UTC. Nothing here is a test: a slow machine fails nothing.

- machine: {machine}
- databases: {", ".join(figure["database"] for figure in imports)}
- Python {platform.python_version()}, {versions}

Times are medians, with the best and the worst in brackets. The contenders of a table take turns,
round by round, each warmed up once and after a garbage collection that is not counted; a ratio is
that of two medians of the same rounds.

## A draw

{_draw_table(draws)}

{_goals(draws)}

Measured on frames with gaps in the ids and a few people with most of the records
({_list(f"{d.records:,} records of {d.people:,} people in {d.rounds} rounds" for d in draws)}):

- *base sample*: the order of all tickets, the lowest {BASE} and their ranks, by
  `services/audits/sampling`.
- *whole draw*: `draw_sample`, which adds the coverage of months and people and writes down every
  ticket and rank ({_list(f"{d.sample:,} records" for d in draws)}). The frame is frozen and its hash known.
- *consistent_sampler*: `sampler(ids, seed, take={BASE})`, run to its end. The run fails when its
  records are not those of our base sample, in the same order.
- *bare hashing*: `[sha256(prefix + str(id).encode()).digest() for id in ids]` and nothing else.
- *memory*: the peak that `tracemalloc` saw above what was held before (the ids), in a call of its
  own, divided by the records. For ours it is the base sample's; a chunk of 4,096 hashes at a time
  is a fixed cost that shows in the smaller frame.

## Script runs with a demo city loaded

{_page_tables(pages)}

Each city is loaded afresh into SQLite. Each page is `app.py` run by Streamlit's `AppTest` as a signed-in
person (the unit's own head in the sampler, the system manager elsewhere), rerun {ROUNDS} times; it
holds everything a click costs on the server: the check of the session, the menu, the services, the
charts, and AppTest's own reading of what was sent. The empty page is a script of one `st.title`, run the
same way in the same rounds. 待辦 shows what `app.py` itself costs.

## The check on every rerun

{_check_table(checks)}

- at most {CHECK_SHARE:.0%} of every page's time: {_verdict(all(c.share <= CHECK_SHARE for c in checks))}

The check is `presence.check`: the session with its times, status, role, duties and items, in two
statements. It is timed where it happens, within the very runs whose time stands beside it, in {CHECK_ROUNDS} rounds
with SQLite. The pages are those of the small city, as `app.py` run by `AppTest`: with more data a page
takes longer, and the share is smaller.

## Importing {imports[0]["rows"]:,} rows

{_import_table(imports)}

One measurement each, since one takes minutes. Ours is `import_file` in a process of its own: it reads
a CSV file, judges every row, looks for duplicates, stores, keeps the month sums and writes the event,
in one transaction. The peer is handed the finished rows and only writes them into an equal empty
database with the same indexes, in one transaction: `executemany` of `sqlite3`, `COPY` of `psycopg`.
Both databases write through to the disk as in production. Memory is the peak of the importing process.

## The ledger

{_ledger_table(writings, verifying)}

{_ledger_goals(writings, verifying)}

- *writing*: {WRITES:,} usage records a round, each with its event in a transaction of its own, as a query
  commits them; beside it the same while another process seals what was written in the round before,
  which is more often than every night. {WRITE_ROUNDS} rounds.
- *verifying*: `verify_ledger` over {verifying.rows:,} sealed records in SQLite: every row read as its leaf,
  hashed, held against the tiles, every root derived anew. The peer fetches the same columns of the same
  rows with `sqlite3` and does nothing with them. {VERIFY_ROUNDS} rounds. Sealing those rows the first time
  took {verifying.seal_s:.0f} s ({verifying.seal_s / verifying.rows * 1e6:.1f} µs a row, each read and hashed twice).
"""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _draw_table(draws: Sequence[DrawFigures]) -> str:
    rows = []
    for drawn in draws:
        for name, took, held in (
            ("base sample", drawn.base, drawn.base_bytes),
            ("whole draw", drawn.whole, None),
            ("consistent_sampler", drawn.published, drawn.published_bytes),
            ("bare hashing", drawn.hashing, None),
        ):
            faster = f"{drawn.published.median / took.median:.1f} times as fast"
            longer = f"{took.median / drawn.hashing.median:.2f} times as long"
            rows.append(
                (
                    f"{drawn.records:,} records: {name}",
                    _ms(took),
                    "" if took is drawn.published else faster,
                    "" if took is drawn.hashing else longer,
                    f"{held:,.0f}" if held is not None else "",
                )
            )
    head = ("", "ms", "beside consistent_sampler", "beside bare hashing", "bytes a record")
    return _table(head, rows)


def _goals(draws: Sequence[DrawFigures]) -> str:
    """Say for every size whether base and whole draw reach both goals."""
    said = []
    for drawn in draws:
        for name, took in (("base sample", drawn.base), ("whole draw", drawn.whole)):
            faster = drawn.published.median / took.median >= FASTER_THAN_PUBLISHED
            near = took.median / drawn.hashing.median <= WITHIN_HASHING
            said.append(
                f"- {drawn.records:,} records, {name}: at least {FASTER_THAN_PUBLISHED} times as fast as "
                f"consistent_sampler: {_verdict(faster)}; within {WITHIN_HASHING} times of the bare "
                f"hashing: {_verdict(near)}"
            )
    return "\n".join(said)


def _verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def _page_tables(cities: Sequence[CityFigures]) -> str:
    return "\n\n".join(
        f"### {city.records:,} records (`{city.scale}`)\n\n{_page_table(city.pages)}"
        for city in cities
    )


def _page_table(pages: Sequence[PageFigure]) -> str:
    return _table(
        ("page", "ms", "empty page, ms", "ratio"),
        [
            (
                figure.page,
                _ms(figure.run),
                _ms(figure.empty),
                f"{figure.run.median / figure.empty.median:.0f}",
            )
            for figure in pages
        ],
    )


def _check_table(checks: Sequence[CheckFigure]) -> str:
    return _table(
        ("page", "ms", "checks in a run", "ms", "their share"),
        [(c.page, _ms(c.run), str(c.checks), _ms(c.check), f"{c.share:.1%}") for c in checks],
    )


def _import_table(imports: Sequence[dict[str, Any]]) -> str:
    return _table(
        ("what", "s", "peer", "peer, s", "ratio"),
        [
            (
                figure["what"],
                f"{figure['ours_s']:.1f}",
                figure["peer"],
                f"{figure['peer_s']:.1f}",
                f"{figure['ratio']:.1f}",
            )
            for figure in imports
        ],
    )


def _ledger_table(writings: Sequence[Writing], verifying: Verifying) -> str:
    rows = [
        (
            f"write {WRITES:,} records, {w.database}",
            _ms(w.sealing),
            "without sealing",
            _ms(w.alone),
            _ratio(w),
        )
        for w in writings
    ]
    took, peer = verifying.verify, verifying.select
    rows.append(
        (
            f"verify {verifying.rows:,} rows",
            _ms(took),
            "bare SELECT",
            _ms(peer),
            f"{took.median / peer.median:.2f}",
        )
    )
    return _table(("what", "ms", "peer", "peer, ms", "ratio"), rows)


def _ratio(writing: Writing) -> str:
    """Say how much longer writing takes while a seal runs."""
    return f"{writing.sealing.median / writing.alone.median:.2f}"


def _ledger_goals(writings: Sequence[Writing], verifying: Verifying) -> str:
    said = [
        f"- writing on {w.database} while sealing within {WRITING_WITHIN} times: "
        f"{_verdict(w.sealing.median / w.alone.median <= WRITING_WITHIN)}"
        for w in writings
    ]
    within = verifying.verify.median / verifying.select.median <= VERIFYING_WITHIN
    said.append(f"- verifying within {VERIFYING_WITHIN} times the bare SELECT: {_verdict(within)}")
    return "\n".join(said)


def package_section(packages: Sequence[PackageFigures]) -> str:
    """Return the section about packages, which stands at the end of the page."""
    first = packages[0]
    return f"""
## A half-year's package

{_package_table(packages)}

- *sending*: `send_audit` in a process of its own, one measurement: the records of {first.audits} audits as PDF, ODT
  and ODS, every draw packed with a proof for each of its records, the whole put into a ZIP once for its hash, everything
  stored in one transaction ({UNITS} units, {first.sampled:,} records sampled by them, {first.files} files, {first.mib:.1f} MiB).
- *of it PDF*: the time in `pdf_bytes`, setting and writing.
- *memory*: the highest of that process, and what it had before (Python, the libraries).
- *its ZIP*: `export_package`, every part read and held against its hash; the peer puts the same files, which it has
  in memory already, into a ZIP with `zipfile` and does nothing else. {PACKAGE_ROUNDS} rounds.
"""


def load_section(
    alone: Sequence[ServedFigure], load: Sequence[LoadFigure], memory: Sequence[MemoryFigure]
) -> str:
    """Return what the real server does for one person, and for a hundred."""
    return f"""
## Pages over the real server

{
        _table(
            ("page", "ms", "empty page, ms", "ratio"),
            [
                (
                    one.page,
                    f"{one.run * 1000:.1f}",
                    f"{one.empty * 1000:.1f}",
                    f"{one.run / one.empty:.1f}",
                )
                for one in alone
            ],
        )
    }

A rerun from the message that asks for it to the one that says it has ended, over the websocket, as the browser
speaks it; the city loaded. The empty page is a script of one `st.title`, served by `streamlit run` as it comes,
asked in the same {LOAD_ROUNDS} rounds.

## A hundred people at once

Measured when this was found, on another day (p50 / p95 of a rerun): with Streamlit's own collection of garbage
after every run 18 s / 24 to 29 s, the trivial app beside it 0.1 s / 0.3 to 0.4 s; without it 0.03 to 0.04 s / 0.12 to
0.16 s beside 0.06 to 0.07 s / 0.2 to 0.3 s. In this run:

{
        _table(
            ("server", "reruns", "p50, s", "p95, s", "memory, MiB"),
            [
                (
                    one.what,
                    f"{one.waits.reruns:,}",
                    f"{one.waits.median:.2f}",
                    f"{one.waits.p95:.2f}",
                    f"{one.memory_mib:,}",
                )
                for one in load
            ],
        )
    }

{PEOPLE} people with {THINK[0]:.0f} to {THINK[1]:.0f} s to think, each on pages of their kind, for {
        LOAD_SECONDS:.0f} s a server; the
servers one after the other, the city loaded. What they send is written by one process beside them on the same machine.

{_table(("after", "memory, MiB"), [(one.after, f"{one.mib:,}") for one in memory])}

Fifty sessions ask one rerun after the other; what is read is the resident memory of the serving process.
"""


def _package_table(packages: Sequence[PackageFigures]) -> str:
    head = (
        "records of others",
        "sending, s",
        "of it PDF",
        "memory, MiB",
        "its ZIP, ms",
        "plain ZIP, ms",
        "ratio",
    )
    rows = [
        (
            f"{figure.log:,}",
            f"{figure.send_s:.1f}",
            f"{figure.pdf_s / figure.send_s:.0%}",
            f"{figure.peak_mib} ({figure.start_mib} before)",
            _ms(figure.export),
            _ms(figure.plain),
            f"{figure.export.median / figure.plain.median:.1f}",
        )
        for figure in packages
    ]
    return _table(head, rows)


def _list(parts: Iterable[str]) -> str:
    return " and ".join(parts)


def _ms(took: Seconds) -> str:
    return f"{_number(took.median)} ({_number(took.low)}–{_number(took.high)})"


def _number(seconds: float) -> str:
    digits = 1 if seconds < 0.1 else 0
    return f"{seconds * 1000:,.{digits}f}"
