"""The documents say what is true: commands, links, modules, addresses, and the worked example."""

import contextlib
import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml  # type: ignore[import-untyped]

import manage
from pages.shared.registry import PAGES
from services.audits import verify_draw
from services.audits.sampling.claims import upper_limit
from services.audits.sampling.draw import Drawn, draw_sample, expand_sample
from services.audits.sampling.frame import Frame, read_frame
from services.audits.sampling.tickets import TicketOrder, seed_prefix, seed_text, ticket
from services.demo.people import DEMO_PASSWORD, DEMO_SIGN_INS
from services.regulation.floors import Floors, unit_floors
from services.regulation.periods import Quarter
from services.regulation.readings import ALL_READINGS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("deploy/*.md")])
BROWSER_IMAGES = {
    f"docs/images/{name}.png"
    for name in ("sign-in", "query", "import", "frame", "draw", "judge", "sign", "trend")
}
"""Written by the browser test, so they may be missing where it has not run."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def block(document: str, kind: str) -> str:
    """Return the one fenced block of ``document`` that is marked ``kind``, without its last newline."""
    found = re.findall(rf"^```{kind}\n(.*?)\n```$", document, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"{kind}: {len(found)} blocks"
    return str(found[0])


def sections(document: str, level: str) -> dict[str, str]:
    """Return the text under each heading of ``level`` (``##`` …), up to the next one as high."""
    parts = re.split(rf"^({level}|{level[1:]}) (.+)$", document, flags=re.MULTILINE)[1:]
    return {
        title: body
        for mark, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        if mark == level
    }


# --- manage.py and the environment ------------------------------------------------------------

OPERATING = text_of("docs/operating.md")
GROUP: Any = typer.main.get_command(manage.app)
COMMANDS: dict[str, Any] = GROUP.commands
COMMAND_SECTIONS = {
    title.strip("`"): body for title, body in sections(OPERATING, "###").items() if "`" in title
}


def options_of(command: Any) -> set[str]:
    return {
        name
        for parameter in command.params
        if parameter.param_type_name == "option"
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


def test_every_command_has_its_section_and_no_other_has() -> None:
    assert set(COMMAND_SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_a_command_is_documented_and_exists(name: str) -> None:
    body = COMMAND_SECTIONS[name]
    documented = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", body))
    assert documented == options_of(COMMANDS[name])
    assert f"manage.py {name}" in body, "no example"


def test_the_options_of_the_whole_command_line_are_documented() -> None:
    assert all(option in OPERATING for option in options_of(GROUP) | {"--help"})


def examples() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        for line in re.findall(r"manage\.py ([a-z][^`\n|]*)", path.read_text(encoding="utf-8")):
            yield path.name, line.rstrip(" ,.")


@pytest.mark.parametrize(("document", "line"), sorted(set(examples())))
def test_every_example_is_accepted_by_the_command_line(
    document: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, *words = shlex.split(line)
    command = COMMANDS[name]
    if not words:
        return  # the command is only named
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith((".csv", ".txt")):
            (tmp_path / word).touch()
    asks = any(getattr(parameter, "prompt", None) for parameter in command.params)
    with command.make_context(name, words, resilient_parsing=asks) as context:
        assert not context.args


def test_every_environment_variable_that_is_read_is_documented() -> None:
    read = {"PORT"}
    for folder in ("data", "services", "pages", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            read |= set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", source))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATING, re.MULTILINE))
    assert documented == read | {"DATABASE_URL", "COOKIE_KEY", "CHROMIUM_PATH"}


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        named = re.findall(r"(?:`|^    |… )make ([a-z][a-z-]*)", text, re.MULTILINE)
        assert set(named) <= targets, path.name


# --- links and files ---------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere_and_named_files_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        aim = (path.parent / file).resolve() if file else path
        if str(aim.relative_to(ROOT)) in BROWSER_IMAGES:
            continue
        assert aim.exists(), target
        assert not anchor or anchor in anchors(aim), target
    rooms = r"app|manage|docs|pages|services|data|tests|deploy|\.ci|\.streamlit"
    for named in re.findall(rf"`((?:{rooms})(?:/[\w./-]*|\.py))`", text):
        assert (ROOT / named).exists(), named


def test_both_readmes_show_every_image_and_the_same_demo_sign_ins() -> None:
    for name in ("README.md", "README.zh-TW.md"):
        readme = text_of(name)
        assert set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", readme)) == BROWSER_IMAGES
        assert f"`{DEMO_PASSWORD}`" in readme
        rows = "\n".join(re.findall(r"^\| (`.+?) \|", readme, re.MULTILINE))
        assert {who for who, _ in DEMO_SIGN_INS} <= set(re.findall(r"`([a-z_]+)`", rows))


def test_publiccode_has_what_the_standard_demands() -> None:
    about = yaml.safe_load(text_of("publiccode.yml"))
    mandatory = {
        *("publiccodeYmlVersion", "name", "url", "platforms", "categories", "developmentStatus"),
        *("softwareType", "description", "legal", "maintenance", "localisation"),
    }
    assert mandatory <= set(about)
    for words in about["description"].values():
        assert len(words["shortDescription"]) <= 150
        assert 150 <= len(words["longDescription"]) <= 10_000
        assert words["features"]
    for image in about["description"]["zh-Hant"]["screenshots"]:
        assert image in BROWSER_IMAGES


# --- the map of the house ------------------------------------------------------------------------

ARCHITECTURE = text_of("docs/architecture.md")
ROOMS = {
    title.strip("`"): set(re.findall(r"^\| `(\w+\.py)` \|", body, re.MULTILINE))
    for title, body in sections(ARCHITECTURE, "###").items()
}


def modules() -> dict[str, set[str]]:
    """Return the modules of every package, migrations apart."""
    found: dict[str, set[str]] = {}
    for folder in ("services", "pages", "data"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "__init__.py" and path.parent.name != "versions":
                room = f"{path.parent.relative_to(ROOT)}/"
                found.setdefault(room, set()).add(path.name)
    return found


def test_the_map_has_every_room_and_no_other() -> None:
    assert set(ROOMS) == set(modules())


@pytest.mark.parametrize("room", sorted(modules()))
def test_the_map_names_every_module_of_a_room_and_no_other(room: str) -> None:
    assert ROOMS.get(room) == modules()[room]


def test_the_map_names_every_page_with_its_address() -> None:
    for entry in PAGES:
        address = "/" if entry.address == "home" else f"/{entry.address}"
        assert f"| {entry.title} | `{address}` |" in ARCHITECTURE


def test_every_reading_is_listed_with_its_values() -> None:
    table = sections(text_of("docs/readings.md"), "##")["Settings"]
    for reading in ALL_READINGS:
        row = next(row for row in table.splitlines() if row.startswith(f"| `{reading.key}` |"))
        assert f"| {reading.clause} | " in row and reading.question in row
        values = re.findall(r"`(\w+)`: ", row)
        assert values[0] == reading.default and set(values) == set(reading.options)
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {r.key for r in ALL_READINGS}


# --- the worked example of docs/draw.md ----------------------------------------------------------

DRAW = text_of("docs/draw.md")
EXAMPLE = sections(DRAW, "##")["Worked example"]
QUARTER = Quarter(2026, 3)
SEED, FRESH = "1e" * 32, "a7" * 32
EXPANDED_BY = 2


@pytest.fixture(scope="module")
def frame() -> Frame:
    return read_frame(block(EXAMPLE, "text frame").encode())


@pytest.fixture(scope="module")
def floors(frame: Frame) -> Floors:
    return unit_floors(len(frame), len(frame.persons), len(frame.months), QUARTER.last_day)


@pytest.fixture(scope="module")
def sample(frame: Frame, floors: Floors) -> list[Drawn]:
    return draw_sample(frame, SEED, floors.records, floors.users, floors.months)


def test_example_frame_and_floors(frame: Frame, floors: Floors) -> None:
    assert frame.content.decode() == block(EXAMPLE, "text frame")
    assert f"{len(frame.content)} bytes" in EXAMPLE
    assert frame.hash == block(EXAMPLE, "text frame-hash")
    assert floors.as_dict() == json.loads(block(EXAMPLE, "json floors"))
    assert f"--records {len(frame)} --users {len(frame.persons)} --months 3" in EXAMPLE


def test_example_seed_and_tickets(frame: Frame, sample: list[Drawn]) -> None:
    text = seed_text(SEED, frame.hash)
    prefix = seed_prefix(text)
    assert text == block(EXAMPLE, "text seed-string")
    assert prefix.decode() == block(EXAMPLE, "text seed-hash")
    number = int(verify_draw.sha256(prefix.decode() + "101"), 16)
    assert f"`{number}`" in EXAMPLE and f"`{ticket(prefix, 101)[:22]}…`" in EXAMPLE

    taken = {drawn.record_id: drawn.basis.value for drawn in sample}
    order = TicketOrder(text, frame.ids)
    rows = [
        (rank, *frame.row(index), order.ticket(index)[:14], taken.get(int(frame.ids[index]), "–"))
        for rank, index in enumerate(order.lowest(len(frame)), 1)
    ]
    shown = re.findall(r"^\| (\d+ \|.+) \|$", EXAMPLE, re.MULTILINE)
    assert shown == [" | ".join(map(str, row)) for row in rows]


def sample_rows(number: int, sample: list[Drawn]) -> list[list[str]]:
    return [
        list(
            map(
                str, (number, d.position, d.record_id, d.person, d.month, d.ticket, d.rank, d.basis)
            )
        )
        for d in sample
    ]


def test_example_sample_and_expansion(frame: Frame, sample: list[Drawn]) -> None:
    more = expand_sample(frame, FRESH, EXPANDED_BY, {drawn.record_id for drawn in sample})
    rows = list(csv.reader(io.StringIO(block(EXAMPLE, "csv sample"))))
    assert rows[1:] == sample_rows(1, sample) + sample_rows(2, more)
    assert {row[7] for row in rows[1:]} == {"base", "month", "person", "expansion"}


def test_example_claims(frame: Frame, floors: Floors) -> None:
    sentence = re.sub(r"\s+", " ", EXAMPLE)
    limits = [upper_limit(len(frame), floors.records, found) for found in range(3)]
    assert f"at most {limits[0]} of the {len(frame)} records deviate" in sentence
    assert f"with one, at most {limits[1]}; with two, at most {limits[2]}" in sentence


@pytest.fixture
def export(tmp_path: Path, frame: Frame, floors: Floors) -> Path:
    """The example as the files of an exported draw, made of the document alone."""
    about: dict[str, Any] = {"format": 3, "frame_records": len(frame)}
    about["frame_hash"] = block(EXAMPLE, "text frame-hash")
    both = {"frame_hash": about["frame_hash"]}
    first = {"number": 1, "kind": "first", "seed": SEED, "base_records": floors.records}
    more = {"number": 2, "kind": "expansion", "seed": FRESH, "base_records": EXPANDED_BY}
    limits = {"users_floor": floors.users, "months_floor": floors.months}
    about["draws"] = [first | both | limits, more | both | dict.fromkeys(limits, 0)]
    head = "record_id,account_id,month\n"
    (tmp_path / "frame.csv").write_text(head + block(EXAMPLE, "text frame"), encoding="utf-8")
    (tmp_path / "sample.csv").write_text(block(EXAMPLE, "csv sample"), encoding="utf-8")
    (tmp_path / "draw.json").write_text(json.dumps(about), encoding="utf-8")
    # The example is of no ledger: nothing was picked, and no checkpoint covers what was drawn.
    (tmp_path / "picks.csv").write_text(head, encoding="utf-8")
    drawn = [int(row["record_id"]) for row in csv.DictReader((tmp_path / "sample.csv").open())]
    proofs = {"format": 2, "proofs": [], "not_sealed": drawn}
    (tmp_path / "proofs.json").write_text(json.dumps(proofs), encoding="utf-8")
    return tmp_path


def test_example_passes_the_script_of_strangers(export: Path) -> None:
    assert verify_draw.verify(export, unsealed=True).startswith("OK: 12 records, 9 drawn")


def test_example_with_the_published_sampler_as_the_document_says(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(export)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(block(DRAW, "python base-sample"), {})
    assert printed.getvalue().strip() == block(DRAW, "text base-sample-output")
