"""The tables that are only ever added to, and the triggers by which the database itself holds that.

Whoever owns the tables can drop a trigger; the ledger is what shows it. On PostgreSQL the
application's role owns nothing (deploy/postgresql-roles.sql).
"""

from sqlalchemy import Connection, text

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
)
"""All of them. A migration that adds one, or makes one anew, calls `protect` for it."""

TRIGGER = "append_only"
_FUNCTION = "refuse_change"


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
        f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$",
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()",
        # Fires in a session that calls itself a replica too.
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {TRIGGER}",
    ]
