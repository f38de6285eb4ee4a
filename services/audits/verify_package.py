"""Check a half-year's package with the standard library only: python3 verify_package.py [ZIP | FOLDER] [EARLIER]

Holds every file against its hash, the figures against the frames, and repeats every draw with its proofs
(the other three scripts lie beside). A line a check, `ok` or `BAD`, with the place; exits 0, or 1.
Compare the printed hash of the list with the system's or the letter's: that ties these files to what was sent.
EARLIER is the package that a corrected one takes the place of.
"""

import hashlib
import io
import json
import os
import pathlib
import runpy
import stat
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
SCRIPTS = ("verify_package.py", "verify_figures.py", "verify_draw.py", "verify_proofs.py")
MOST = 2**30  # bytes of one file that is read whole


class Package:
    """The names in a ZIP or a folder, what is wrong with them, and how to open each."""

    def __init__(self, path: pathlib.Path) -> None:
        self.names: list[str] = []
        self.bad: list[tuple[str, str]] = []
        self.open: Callable[[str], IO[bytes]]
        seen: set[str] = set()
        for name, fault in self._folder(path) if path.is_dir() else self._zip(path):
            alike = unicodedata.normalize("NFC", name).casefold()
            fault = trick(name) or fault or ("stands there twice" if alike in seen else "")
            seen.add(alike)
            if fault:
                self.bad.append((name, fault))
            else:
                self.names.append(name)

    def _zip(self, path: pathlib.Path) -> Iterator[tuple[str, str]]:
        archive = zipfile.ZipFile(path)
        self.open = archive.open
        for info in archive.infolist():
            plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
            fault = "" if plain else "is a link, not a file"
            yield info.orig_filename, "is encrypted" if info.flag_bits & 1 else fault

    def _folder(self, path: pathlib.Path) -> Iterator[tuple[str, str]]:
        self.open = lambda name: (path / name).open("rb")
        for folder, folders, files in os.walk(path):
            here = pathlib.Path(folder)
            for one in sorted(files + [name for name in folders if (here / name).is_symlink()]):
                plain = stat.S_ISREG((here / one).lstat().st_mode)
                yield (
                    (here / one).relative_to(path).as_posix(),
                    "" if plain else "is a link, not a file",
                )

    def read(self, name: str, most: int = MOST) -> bytes:
        with self.open(name) as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise ValueError(f"more than {most} bytes")
        return content

    def fault(self, name: str, sha256: str, size: int) -> str:
        """Return how a file differs from what is listed; empty when it does not."""
        digest, left = hashlib.sha256(), size
        try:
            with self.open(name) as file:
                while block := file.read(min(2**20, max(left, 0) + 1)):
                    digest.update(block)
                    left -= len(block)
        except Exception as error:  # a ZIP fails in many ways
            return f"cannot be read: {error}"
        if left:
            return f"has not the {size} bytes that are listed"
        found = digest.hexdigest()
        return "" if found == sha256 else f"was altered: {found}, listed as {sha256}"


def trick(path: str) -> str:
    """Return why a path could lead out of its folder, or to another file on another system."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.endswith((".", " ")) for part in parts):
        return "is no path within the package"
    odd = any(ord(sign) < 32 or sign in '\\:*?"<>|\x7f' for sign in path)
    return "has signs that no name here has" if odd else ""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


# --- the files -----------------------------------------------------------------------------------


def check_files(package: Package, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is missing, altered, too much, or listed twice."""
    listed = [(one["path"], one["sha256"], one["size"]) for one in manifest["files"]]
    lines = "".join(f"{sha256}  {path}\n" for path, sha256, _ in listed)
    if SUMS not in package.names:
        yield SUMS, "is missing"
    elif package.read(SUMS) != lines.encode():
        yield SUMS, "does not say what manifest.json says"
    bad = {name for name, _ in package.bad}
    known = {MANIFEST, SUMS}
    for path, sha256, size in listed:
        if path in known or (trick(path) and path not in bad):
            yield MANIFEST, f"lists {path!r} twice, or as no path"
        elif path not in package.names and path not in bad:
            yield path, "is missing"
        elif path in package.names and (fault := package.fault(path, sha256, size)):
            yield path, fault
        known.add(path)
    for name in package.names:
        if name not in known:
            yield name, "is not in manifest.json"


def check_places(manifest: dict[str, Any], audits: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what an audit lacks, and what belongs to no audit."""
    listed = {one["path"] for one in manifest["files"]}
    wanted = set(SCRIPTS)
    places = [one["place"] for one in manifest["audits"]]
    titles, draw, records = (audits[name] for name in ("TITLES", "DRAW", "RECORDS"))
    for one in manifest["audits"]:
        title, place = titles[one["kind"]], one["place"]
        wanted |= {f"{place}/{title}.pdf", f"{place}/{title}.odt", f"{place}/{records}"}
        if one["figures"]["draws"]:
            wanted.add(f"{place}/{draw}")
    for path in sorted(wanted - listed):
        yield path, "is not in manifest.json, and has to be"
    for path in sorted(listed - wanted):
        if not any(path.startswith(f"{place}/{audits['EVIDENCE']}/") for place in places):
            yield path, "belongs to no audit of manifest.json"


# --- the report ----------------------------------------------------------------------------------


def run(place: str, check: Callable[..., Any], *args: Any) -> bool:
    """Print what a check says, or every place that fails it; return whether none does."""
    said, faults = "", list[tuple[str, str]]()
    try:
        found = check(*args)
        said, faults = (found, []) if isinstance(found, str) else ("", list(found))
    except Exception as error:  # whatever a damaged file makes of it: it is not what was sent
        faults = [(place, f"{type(error).__name__}: {error}")]
    for where, fault in faults:
        print(shown(f"BAD {where}: {fault}"))
    if not faults:
        print(shown(f"ok  {place}: {said or 'as listed'}"))
    return not faults


def shown(line: str) -> str:
    """Return a line of the report that stays one, whatever stands in a name."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)


def verify(path: pathlib.Path, earlier: pathlib.Path | None = None) -> bool:
    """Print a line a check; return whether the package is what its list says, and every draw repeats."""
    package = Package(path)
    done = [run("names", lambda: package.bad)]
    try:
        content = package.read(MANIFEST)
        manifest = json.loads(content.decode("utf-8"), object_pairs_hook=once)
        if manifest["format"] != 2:
            raise ValueError("another format, which has its own script")
    except Exception as error:  # as in `run`; without the list nothing can be held against it
        print(shown(f"BAD {MANIFEST}: {type(error).__name__}: {error}"))
        return False
    audits, draw = (_beside(name) for name in SCRIPTS[1:3])
    before = hashlib.sha256(Package(earlier).read(MANIFEST)).hexdigest() if earlier else None
    done.append(run("files", check_files, package, manifest))
    done.append(run("places", check_places, manifest, audits))
    done.append(run("audits", audits["check_audits"], manifest))
    done.append(run("correction", audits["check_correction"], manifest, before))
    for one in manifest["audits"]:
        place, letter = one["place"], [manifest["letter_no"]] if one["kind"] == "agency" else []
        done.append(run(place, audits["check_floors"], one, manifest["regulation"]))
        odt = f"{place}/{audits['TITLES'].get(one['kind'], '')}.odt"
        done.append(run(odt, audits["check_paper"], package.read, odt, [one["code"], *letter]))
        if one["figures"]["draws"]:
            lot = f"{place}/{audits['DRAW']}"
            done.append(run(lot, audits["check_draw"], package.read, lot, one, draw["verify"]))
    print(f"{'OK' if all(done) else 'DIFFERENT'}: list {hashlib.sha256(content).hexdigest()}")
    return all(done)


def _beside(script: str) -> dict[str, Any]:
    """Return what another script defines; isolated Python does not look beside by itself."""
    return runpy.run_path(str(pathlib.Path(__file__).with_name(script)))


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console that has no Chinese
    given = [pathlib.Path(one) for one in sys.argv[1:3]] or [pathlib.Path(__file__).parent]
    try:
        sys.exit(0 if verify(*given) else 1)
    except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile) as error:
        sys.exit(f"BAD {given[0]}: {type(error).__name__}: {error}")
