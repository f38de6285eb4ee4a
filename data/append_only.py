"""The tables that are only ever added to, and the triggers by which the database itself holds that.

Whoever owns the tables can drop a trigger; the ledger is what shows it. On PostgreSQL the
application's role owns nothing (deploy/postgresql-roles.sql).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, bindparam, text

APPEND_ONLY = (
    "usage_records",
    "events",
    "audit_frames",
    "audit_draws",
    "sample_items",
    "judgement_picks",
    "verdicts",
    "signatures",
    "reopenings",
    "ledger_tiles",
    "ledger_checkpoints",
    "ledger_timestamps",
    "application_acts",
    "destructions",
    "handovers",
    "audit_acts",
    "evidence",
    "evidence_withdrawals",
    "audit_packages",
    "package_parts",
    "incident_steps",
    "review_steps",
    "check_runs",
    "check_overrulings",
    "finding_steps",
    "purges",
)
"""All of them. A migration that adds one, or makes one anew, calls `protect` for it."""

TRIGGER = "append_only"
_FUNCTION = "refuse_change"
_REFUSAL = " BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END "

_KIND = 2 | 8 | 16 | 32
"""pg_trigger.tgtype: before, a delete, an update, a truncate; once a statement."""

_NOT_OWNED = (
    "SELECT relname FROM pg_class WHERE relname IN :tables AND pg_table_is_visible(oid) "
    "AND NOT pg_has_role(current_user, relowner, 'USAGE') ORDER BY relname"
)
_CHANGEABLE = (
    "SELECT relname FROM pg_class WHERE relname IN :tables AND pg_table_is_visible(oid) "
    # A member of the owner may SET ROLE to it; a right to one column is enough to change a row.
    "AND (pg_has_role(current_user, relowner, 'MEMBER') "
    "OR has_any_column_privilege(oid, 'UPDATE') "
    "OR has_table_privilege(oid, 'DELETE, TRUNCATE, TRIGGER')) ORDER BY relname"
)
_SQLITE_TRIGGERS = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
_POSTGRESQL_TRIGGERS = (
    "SELECT c.relname, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE t.tgname = :name AND t.tgenabled = 'A' AND t.tgtype = :kind "
    "AND t.tgqual IS NULL AND pg_table_is_visible(c.oid)"
)


def protect(connection: Connection, table: str) -> None:
    """Let the database refuse every change of a stored row of ``table``, and its removal."""
    for statement in _sqlite(table) if _is_sqlite(connection) else _postgresql(table):
        connection.execute(text(statement))


def unprotect(connection: Connection, table: str) -> None:
    """Take the triggers of ``table`` away, for a migration that has to rewrite it."""
    if _is_sqlite(connection):
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_{TRIGGER}_{verb}"))
    else:
        connection.execute(text(f"DROP TRIGGER IF EXISTS {TRIGGER} ON {table}"))


@contextmanager
def lifted(connection: Connection, tables: Sequence[str]) -> Iterator[None]:
    """Let rows of ``tables`` be removed in this transaction, and protect them again at its end.

    For the one purge that the rule allows (services/retention). An error leaves it to the rollback.
    """
    for table in tables:
        unprotect(connection, table)
    yield
    for table in tables:
        protect(connection, table)


def not_owned(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Return those of ``tables`` whose protection this database role cannot lift."""
    if _is_sqlite(connection):
        return []
    asked = text(_NOT_OWNED).bindparams(bindparam("tables", list(tables), expanding=True))
    return list(connection.scalars(asked))


def changeable(connection: Connection) -> list[str]:
    """Return the tables of `APPEND_ONLY` that this database role owns or may do more to than add rows.

    None on SQLite, which has no roles. All of them for a superuser, whom no trigger holds either.
    """
    if _is_sqlite(connection):
        return []
    asked = text(_CHANGEABLE).bindparams(bindparam("tables", list(APPEND_ONLY), expanding=True))
    return list(connection.scalars(asked))


def unprotected(connection: Connection) -> list[str]:
    """Return the tables of `APPEND_ONLY` whose triggers are gone, changed or switched off."""
    found = (
        text(_SQLITE_TRIGGERS)
        if _is_sqlite(connection)
        else text(_POSTGRESQL_TRIGGERS).bindparams(name=TRIGGER, kind=_KIND)
    )
    stored = {(table, body.strip()) for table, body in connection.execute(found)}
    return [table for table in APPEND_ONLY if not _expected(connection, table) <= stored]


def _expected(connection: Connection, table: str) -> set[tuple[str, str]]:
    bodies = _sqlite(table) if _is_sqlite(connection) else [_REFUSAL]
    return {(table, body.strip()) for body in bodies}


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_{TRIGGER}_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
        for verb in ("update", "delete")
    ]


def _postgresql(table: str) -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${_REFUSAL}$$",
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()",
        # Fires in a session that calls itself a replica too.
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {TRIGGER}",
    ]
