"""Measures everything in one run and writes docs/benchmarks.md: ``python -m tests.bench``."""

import tempfile
import time
from pathlib import Path

from data.engine import ROOT
from services import clock
from tests.bench import (
    bench_draw,
    bench_import,
    bench_ledger,
    bench_load,
    bench_package,
    bench_pages,
    bench_signin,
    report,
)

OUT = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    """Run the benchmarks one after another, so that none disturbs another, and write the page."""
    begun, start = clock.utc_now(), time.perf_counter()
    machine = report.machine()
    print("a draw over 30,000 and 1,000,000 records …", flush=True)
    draws = bench_draw.run()
    pages = []
    for scale in bench_pages.SCALES:
        print(f"script runs over the demo city of scale {scale} …", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            pages.append(bench_pages.run(Path(folder), scale))
    print("the check on every rerun …", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        checks = bench_signin.run(Path(folder))
    print(f"importing {bench_import.ROWS:,} rows …", flush=True)
    imports = bench_import.run()
    print(f"sealing, and verifying {bench_ledger.ROWS:,} rows …", flush=True)
    writings, verifying = bench_ledger.run()
    print(f"sending a package beside {bench_package.LOGS[-1]:,} records of others …", flush=True)
    packages = bench_package.run()
    print(f"{bench_load.PEOPLE} people at one server …", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        alone, under_load, memory = bench_load.run(Path(folder))
    minutes = (time.perf_counter() - start) / 60
    text = report.page(begun, minutes, machine, draws, pages, checks, imports, writings, verifying)
    text += report.package_section(packages)
    text += report.load_section(alone, under_load, memory)
    OUT.write_text(text, encoding="utf-8")
    print(f"{text}\n{OUT} ({minutes:.1f} minutes)")


if __name__ == "__main__":
    main()
