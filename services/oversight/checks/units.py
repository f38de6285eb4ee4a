"""Is there a unit audit of every unit that owes one?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed
from services.oversight.facts import PackageFacts


def look(package: PackageFacts) -> Iterator[Outcome]:
    """Yield the unit audits that are missing."""
    for name in package.missing:
        yield failed(f"{name}的單位稽核不在函送資料內。")


CHECK = Check(
    code="units",
    label="單位稽核齊備",
    clause="7.1.1",
    passed="各單位兩季的單位稽核都在函送資料內。",
    of_package=look,
)
