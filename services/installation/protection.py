"""Does the database hold what is only ever added to: its triggers, and a role that cannot get past them."""

from data import append_only
from data.engine import reading

UNPROTECTED = (
    "資料庫防止更動的觸發器不見了，或已不是原來的（{tables}）；請查明何人、為何變更，執行 "
    "python manage.py verify-ledger 核對紀錄，再執行 python manage.py init 重建。"
)
TOO_MIGHTY = (
    "服務所用的資料庫帳號擁有或能更動只增不改的資料表（{table} 等 {count} 個）；請由資料庫管理者"
    "執行 deploy/postgresql-roles.sql，並將服務的 DATABASE_URL 改為 cadastre_app 的帳號。"
)


def protection_problems() -> list[str]:
    """Return what is wrong with the triggers that hold the append-only tables, as sentences."""
    with reading() as db:
        tables = append_only.unprotected(db.connection())
    return [UNPROTECTED.format(tables="、".join(tables))] if tables else []


def role_problems() -> list[str]:
    """Return that the database role could take the triggers away or get by them, as sentences (附表十「最小權限」).

    Only what serves has to be held so: `init`, `demo` and `purge` need the owner.
    """
    with reading() as db:
        tables = append_only.changeable(db.connection())
    if not tables:
        return []
    return [TOO_MIGHTY.format(table=tables[0], count=len(tables))]
