"""The two PostgreSQL roles of deploy/postgresql-roles.sql, as an operator makes them."""

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

SQL = Path(__file__).parents[1] / "deploy" / "postgresql-roles.sql"
OWNER, APPLICATION = "cadastre_owner", "cadastre_app"


def as_role(url: str, role: str) -> str:
    """Return the URL by which a role reaches the database."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)


def run_file(url: str) -> None:
    """Run the file as psql would: statement after statement, in one go."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute(SQL.read_text(encoding="utf-8").encode())
    admin.dispose()
