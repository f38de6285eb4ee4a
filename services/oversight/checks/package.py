"""Is the package what was sent, and does its list say what is stored?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed
from services.oversight.facts import PackageFacts


def look(package: PackageFacts) -> Iterator[Outcome]:
    """Yield files that changed after the sending, and audits of which the list says something else."""
    if not package.list_intact:
        yield failed("函送清單與函送時不同。")
    for path in package.altered:
        yield failed(f"函送的檔案「{path}」與函送時不同。")
    for audit_id, listed in package.listed.items():
        if package.present.get(audit_id) != listed:
            name = package.names.get(audit_id, f"稽核 {audit_id}")
            yield failed(f"{name}：函送清單所載的母體或簽核內容與系統保存的不同。", audit_id)
    for audit_id in package.present.keys() - package.listed.keys() if package.listed else ():
        yield failed(f"{package.names[audit_id]}：不在函送清單內。", audit_id)


CHECK = Check(
    code="package",
    label="函送資料",
    clause="7.1.2",
    passed="函送的檔案都與函送時相同，清單與系統保存的一致。",
    of_package=look,
)
