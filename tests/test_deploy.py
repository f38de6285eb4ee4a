"""The systemd units of deploy/: every timer has its service, every service a command that exists."""

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

import manage

DEPLOY = Path(__file__).parents[1] / "deploy"
SERVICES = sorted(DEPLOY.glob("*.service"))
TIMERS = sorted(DEPLOY.glob("*.timer"))
GROUP: Any = typer.main.get_command(manage.app)


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return parser


def test_there_is_one_server_one_nightly_job_and_the_mail() -> None:
    assert {path.stem for path in SERVICES} == {"cadastre", "cadastre-nightly", "cadastre-mail"}
    assert {path.stem for path in TIMERS} == {"cadastre-nightly", "cadastre-mail"}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_every_service_runs_a_command_as_the_command_line_has_it(path: Path) -> None:
    service = unit(path)["Service"]
    python, script, name, *words = shlex.split(service["ExecStart"])
    assert (python, script) == ("/opt/cadastre/.venv/bin/python", "manage.py")
    with GROUP.commands[name].make_context(name, words) as context:
        assert not context.args
    assert service["EnvironmentFile"] == "/etc/cadastre.env"
    assert service["ProtectSystem"] == "strict" and service["NoNewPrivileges"] == "true"


def test_the_nightly_job_runs_after_midnight_in_taipei() -> None:
    timer = unit(DEPLOY / "cadastre-nightly.timer")["Timer"]
    day, time, zone = timer["OnCalendar"].split()
    assert (day, zone) == ("*-*-*", "Asia/Taipei")
    # Who leaves today is suspended from tomorrow on.
    assert "00:00:00" < time < "05:00:00"
    assert timer["Persistent"] == "true"


def test_the_instructions_name_every_unit() -> None:
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for path in [*SERVICES, *TIMERS]:
        assert f"({path.name})" in readme, path.name


def test_the_instructions_give_the_service_a_role_that_owns_nothing() -> None:
    """As in docs/operating.md: roles file, tables by the owner, roles file again; then the application serves."""
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert "(postgresql-roles.sql)" in readme
    file, before = "deploy/postgresql-roles.sql", readme.index("manage.py init")
    assert file in readme[:before] and file in readme[before:]
    roles = (DEPLOY / "postgresql-roles.sql").read_text(encoding="utf-8")
    named = re.findall(r"DATABASE_URL=postgresql\+psycopg://(\w+)", readme)
    assert named == ["cadastre_app", "cadastre_owner"], "the service's, then that of init alone"
    assert all(name in roles for name in named)
    service, owner = readme.index(f"//{named[0]}:"), readme.index(f"//{named[1]}:")
    assert service < readme.index("/root/cadastre-owner.env") < owner < before
    assert "shred -u /root/cadastre-owner.env" in readme
