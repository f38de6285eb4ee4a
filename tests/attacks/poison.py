"""Markup, links, formulas of text and scripts in every stored text that somebody could have typed."""

from sqlalchemy import JSON, String, Table, Text, text

from data.append_only import APPEND_ONLY, protect, unprotect
from data.engine import engine
from data.models import Base
from services.demo.people import DEMO_SIGN_INS

MARK = "XSS<img"
SCRIPT = (
    'XSS<img src=x onerror="window.__xss=1"><script>window.__xss=1</script>'
    "<svg/onload=window.__xss=1><h1>h</h1>[go](javascript:window.__xss=1)"
    "![i](https://evil.example/i.png)<https://evil.example/l> https://evil.example/a "
    "www.evil.example a@evil.example **b** ~~s~~ `c` $\\href{https://evil.example}{x}$ $$x^2$$ "
    ":material/home: :smile: :red[r] :red-badge[k] :shortcut[k] -> # h"
)
FORMULA = '=HYPERLINK("https://evil.example","x")'

CODES = {
    "agencies": {"code"},
    "ledger_checkpoints": {"root", "note"},
    "ledger_tiles": {"rows"},
    "outgoing_mail": {"recipient", "subject", "body", "last_error"},
    "sections": {"code", "office"},
    "sign_in_counters": {"kind", "key"},
    "usage_sources": {"code"},
    "properties": {"section_code", "kind", "number"},
    "units": {"code"},
    "accounts": {"role", "status", "password_hash"},
    "building_descriptions": {"registered_on", "land_number", "completed_on"},
    "land_descriptions": {"registered_on", "value_year_month"},
    "other_rights": {"sequence", "registered_on", "expires_on"},
    "ownerships": {"sequence", "registered_on"},
    "usage_month_sums": {"local_month", "item", "action"},
    "account_duties": {"duty"},
    "account_items": {"item"},
    "audits": {"kind", "period", "scope", "status"},
    "events": {"type", "session_id"},
    "old_passwords": {"password_hash"},
    "one_time_links": {"token_hash", "purpose"},
    "recovery_codes": {"code_hash"},
    "second_factors": {"secret"},
    "settings": {"key", "value"},
    "sign_in_sessions": {"id", "method", "role", "end_reason"},
    "usage_imports": {"file_sha256"},
    "applications": {"number", "role", "kind", "state", "items", "follow_hash"},
    "application_acts": {"act", "channel", "detail"},
    "personnel_changes": {"kind", "source", "settled_how"},
    "review_campaigns": {"content_hash", "record"},
    "review_lines": {"suggested", "prepared", "prepared_items", "decided", "decided_items"},
    "kept_documents": {"kind", "media_type", "sha256"},
    "destructions": {"act", "sha256"},
    "handovers": {"documents"},
    "audit_draws": {"kind", "seed", "seed_source", "frame_hash"},
    "audit_frames": {"frame_hash", "seed_plan", "basis"},
    "signatures": {"capacity", "content_hash", "summary"},
    "audit_acts": {"act", "content_hash"},
    "usage_records": {
        *("source_key", "local_month", "person_key", "item", "action", "section_code", "number"),
        *("flags", "session_id"),
    },
    "verdicts": {"verdict", "failed_checks"},
    "sample_items": {"person_key", "local_month", "ticket", "basis"},
    "package_reviews": {"period", "state"},
    "review_steps": {"act"},
    "check_runs": {"results"},
    "check_overrulings": {"check_code", "result_sha256"},
    "findings": {"number", "check_code", "state", "gravity"},
    "finding_steps": {"act", "gravity"},
    "incidents": {"number", "person_key", "gravity", "status"},
    "incident_records": {"gravity"},
    "incident_steps": {"step"},
    "evidence": {"media_type", "sha256"},
}
"""What only the system itself writes, or what everything else hangs on; all other texts are poisoned."""

TYPED_KEYS = {"review_lines": {"name", "username", "staff_no", "unit"}}
"""In a table whose documents hold codes too: the keys of what somebody typed."""


def typed_columns(table: Table) -> list[str]:
    """Return the columns whose text somebody could have typed."""
    return [
        column.name
        for column in table.columns
        if isinstance(column.type, String | Text | JSON)
        and column.name not in CODES.get(table.name, set())
    ]


def poison(payload: str) -> None:
    """Put ``payload`` into every typed text of the configured SQLite database, made unique by row."""
    signed_in = ", ".join(f"'{username}'" for username, _ in DEMO_SIGN_INS)
    with engine().execution_options(writes=True).begin() as connection:
        for name in APPEND_ONLY:
            unprotect(connection, name)
        for table in Base.metadata.sorted_tables:
            for column in typed_columns(table):
                new, where = ":payload || rowid", "1"
                if isinstance(table.columns[column].type, JSON):
                    # The keys stay, so that pages that read them do.
                    keys = ", ".join(f"'{key}'" for key in sorted(TYPED_KEYS.get(table.name, ())))
                    new = f"""(SELECT json_group_object(key, CASE WHEN type = 'text'
                        AND value NOT IN ('active', 'suspended', 'cancelled')
                        AND {f"key IN ({keys})" if keys else "1"}
                        THEN :payload ELSE json(json_quote(value)) END)
                        FROM json_each({table.name}.{column}))"""
                if (table.name, column) == ("accounts", "username"):
                    where = f"username NOT IN ({signed_in})"
                if (table.name, column) in (("events", "object_type"), ("events", "object_id")):
                    where = "object_type NOT IN ('account', 'audit')"
                connection.execute(
                    text(f"UPDATE {table.name} SET {column} = {new} WHERE {where}"),
                    {"payload": payload},
                )
        connection.execute(
            text("UPDATE settings SET value = :payload WHERE key = 'demo_data'"),
            {"payload": payload},
        )
        for name in APPEND_ONLY:
            protect(connection, name)
