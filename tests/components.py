"""What the application is made of: the component list of docs/, and its known weaknesses.

``python -m tests.components list`` writes the list (``make sbom``), ``… audit`` looks every pinned package
up (``make audit``).
"""

import json
import re
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PINNED = ROOT / "requirements.txt"
LIST = ROOT / "docs" / "components.cdx.json"


def pinned() -> dict[str, str]:
    """Return name and version of every package that requirements.txt pins."""
    return {plain(one.name): str(one.specifier).removeprefix("==") for one in requirements()}


def requirements() -> list[Requirement]:
    """Return the lines of requirements.txt, without what each says of itself."""
    lines = PINNED.read_text(encoding="utf-8").splitlines()
    bare = (line.partition("#")[0].strip() for line in lines)
    return [Requirement(line) for line in bare if line]


def plain(name: str) -> str:
    """Return a package's name as all spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def components() -> dict[str, str]:
    """Return everything the application runs with: what is pinned and what that needs in turn."""
    waiting = requirements()
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        key = (plain(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        installed = distribution(wanted.name)
        found[key[0]] = installed.version
        for text in installed.requires or []:
            needed = Requirement(text)
            extras = wanted.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(needed)
    return dict(sorted(found.items()))


def write_list() -> int:
    """Write the component list as CycloneDX, the same for the same packages."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as frozen:
        frozen.write("".join(f"{name}=={version}\n" for name, version in components().items()))
        frozen.flush()
        command = [sys.executable, "-m", "cyclonedx_py", "requirements", frozen.name]
        options = ["--output-reproducible", "--of", "JSON", "-o", str(LIST)]
        done = subprocess.run([*command, *options], check=False)
    if done.returncode == 0:
        print(f"{len(components())} components in {LIST.relative_to(ROOT)}")
    return done.returncode


def audit() -> int:
    """Look every component up; whatever could not be looked up counts as a failure, not as healthy."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as frozen:
        frozen.write("".join(f"{name}=={version}\n" for name, version in components().items()))
        frozen.flush()
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip"]
        options = ["--progress-spinner", "off", "--format", "json", "-r", frozen.name]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    code, sentences = verdict(done.stdout, done.stderr)
    print("\n".join(sentences))
    return code


def verdict(answer: str, problem: str) -> tuple[int, list[str]]:
    """Return the exit code and what to say of pip-audit's answer."""
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (problem.strip().splitlines() or ["no answer"])[-1]
        return 2, [f"audit: NOT DONE, its service could not be reached: {last}"]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    weak = [
        f"{package['name']} {package['version']}: {found['id']}, "
        f"fixed in {', '.join(found['fix_versions']) or 'no version yet'}"
        for package in packages
        for found in package.get("vulns", [])
    ]
    if weak:
        return 1, weak
    if skipped:
        return 2, [
            f"audit: NOT DONE for {len(skipped)} of {len(packages)} packages, as the service does not "
            f"know them or cannot be reached: {', '.join(skipped)}"
        ]
    return 0, [f"audit: no known weakness in {len(packages)} packages"]


if __name__ == "__main__":
    sys.exit({"list": write_list, "audit": audit}[sys.argv[1]]())
