"""The operator's command line, thin over the services. JSON calls are relied on by other tools."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from data import migrate
from data.engine import configure
from services import clock
from services.actor import Actor, operator
from services.errors import Conflict, Held, Invalid, UserError
from services.installation import facts
from services.operation.upgrading import upgrade
from services.regulation.floors import HalfYearCounts, agency_floors, unit_floors
from services.regulation.periods import Quarter
from services.rocdate import local_date, parse_date

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]


def _acting() -> Actor:
    """Return the operator acting now, on a database that has its tables."""
    if not facts.has_tables():
        raise Conflict("資料庫還沒有資料表；請先執行 python manage.py init。")
    return operator(clock.utc_now())


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        for key, value in result.items():
            typer.echo(f"{key}: {value}")


def _progress(share: float, what: str) -> None:
    typer.echo(f"\r{share:4.0%} {what:<40}", nl=False, err=True)
    if share >= 1:
        typer.echo(err=True)


@app.command()
def init() -> None:
    """Create the tables, or bring them up to date."""
    if restored := upgrade(operator(clock.utc_now())):
        typer.echo(f"防止更動的觸發器已重建：{'、'.join(restored)}。", err=True)
    typer.echo(f"資料庫已是最新版（{migrate.head()}）。")


@app.command()
def demo(
    scale: Annotated[str, typer.Option(help="small, city or ten-million")] = "city",
    if_empty: Annotated[bool, typer.Option(help="Do nothing when accounts exist.")] = False,
) -> None:
    """Fill an empty database with the invented demo city."""
    from services.demo.load import load
    from services.ledger.sealing import seal_aside

    upgrade(operator(clock.utc_now()))
    loads = facts.demo_unfinished()
    if loads:
        load(facts.demo_scale() or scale, clock.utc_now(), progress=_progress)
    elif not (if_empty and facts.is_ready()):
        loads = True
        load(scale, clock.utc_now(), progress=_progress)
    if loads:
        seal_aside(clock.utc_now())  # so that the first freeze does not have to seal years
    if facts.demo_scale():
        _print_sign_ins()


def _print_sign_ins() -> None:
    from services.demo.people import DEMO_PASSWORD, DEMO_SIGN_INS

    typer.echo(f"示範帳號（密碼均為 {DEMO_PASSWORD}）：")
    for username, what in DEMO_SIGN_INS:
        typer.echo(f"  {username:<16}{what}")


@app.command()
def create_system_manager(
    username: Annotated[str, typer.Option(prompt="帳號")],
    name: Annotated[str, typer.Option(prompt="姓名")],
    staff_no: Annotated[str, typer.Option(prompt="員工編號")],
    password: Annotated[
        str, typer.Option(prompt="密碼", hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Make the first system manager of an installation without demo data (clause 4.4)."""
    from services.accounts.first import create_first_system_manager

    create_first_system_manager(_acting(), username, name, staff_no, password)
    typer.echo(f"已建立系統管理者 {name}（{username}）。")


@app.command()
def floors(
    records: Annotated[int, typer.Option(min=0)],
    users: Annotated[int, typer.Option(min=0)],
    months: Annotated[int, typer.Option(min=0)],
    as_json: Json = False,
) -> None:
    """Work out the floors of a unit audit (clause 7.1.1)."""
    today = local_date(clock.utc_now())
    _print(unit_floors(records, users, months, today).as_dict(), as_json)


@app.command("agency-floors")
def print_agency_floors(
    people: Annotated[int, typer.Option(min=0, help="People that the units audited.")],
    records: Annotated[int, typer.Option(min=0, help="Records that the units audited.")],
    months: Annotated[int, typer.Option(min=0, help="Months of them that have records.")],
    as_json: Json = False,
) -> None:
    """Work out the floors of an agency audit over what its units audited (clause 7.1.2)."""
    today = local_date(clock.utc_now())
    counts = HalfYearCounts(records, people, records, people, months)
    _print(agency_floors(counts, today).as_dict(), as_json)


@app.command()
def import_usage(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    source: Annotated[str, typer.Option(help="Name of the other system.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing.")] = False,
    delimiter: Annotated[
        str, typer.Option(help="comma, tab, semicolon or pipe; found by the headings unless given.")
    ] = "",
    alike_once: Annotated[
        bool, typer.Option("--alike-once", help="Rows alike in everything are one record.")
    ] = False,
    ignore_column: Annotated[
        list[str] | None,
        typer.Option(help="Heading of a column that says nothing of the record; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import the good rows of another system's usage records (clause 9)."""
    from services.usage.importing.scan import Reading
    from services.usage.importing.service import import_file, sentences

    how = Reading(_delimiter(delimiter), alike_once, frozenset(ignore_column or ()))
    done = import_file(_acting(), file, source, dry_run, progress=_progress, how=how)
    if as_json:
        _print(done, as_json)
        return
    _print({name: value for name, value in done.items() if isinstance(value, int)}, as_json)
    for line in sentences(done):
        typer.echo(line, err=True)


def _delimiter(name: str) -> str | None:
    known = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
    if name and name not in known:
        raise Invalid(f"沒有「{name}」這種分隔符號；可用 {'、'.join(known)}。")
    return known.get(name)


@app.command()
def draw(
    unit: Annotated[str, typer.Option(help="Unit code.")],
    quarter: Annotated[str, typer.Option(help="2026Q3 or 115Q3.")],
    seed: Annotated[str, typer.Option(help="Hex seed; marks the draw as a demonstration.")] = "",
    as_json: Json = False,
) -> None:
    """Freeze a finished quarter of a unit and draw its sample."""
    from services.audits.commands import freeze_and_draw

    _print(freeze_and_draw(_acting(), unit, Quarter.parse(quarter), seed), as_json)


@app.command()
def export_draw(audit_id: int, out: Path) -> None:
    """Write an audit's draws as a ZIP that anybody can repeat with verify_draw.py."""
    from services.audits.export import export_draw as export

    out.write_bytes(export(_acting(), audit_id))
    typer.echo(f"已寫出 {out}")


@app.command()
def package(audit_id: int, out: Path, as_json: Json = False) -> None:
    """Write the package in which an agency audit went to the bureau (clause 7.1.2)."""
    from services.audits.package.exporting import described, export_package

    content = export_package(_acting(), audit_id)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Invalid(f"無法寫入「{out}」：{error.strerror}。") from None
    _print(described(audit_id, content), as_json)


@app.command()
def review(package_id: int, as_json: Json = False) -> None:
    """Repeat every check of a package that an agency sent (clause 7.2.1); exit 1 when one failed."""
    from services.oversight.reviewing import check_package
    from services.oversight.words import CheckState

    results = check_package(_acting(), package_id)
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in results], ensure_ascii=False))
    else:
        for one in results:
            typer.echo(f"{one.state.label}　{one.label}（{one.figure}）：{one.sentence}")
    if any(one.state is CheckState.FAILED for one in results):
        raise typer.Exit(1)


@app.command()
def seal(
    new_file: Annotated[
        bool, typer.Option("--new-file", help="Write a lost checkpoints file anew first.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Seal usage records and events written since the last checkpoint; `nightly` does too."""
    from services.ledger import checkpoints, renewing, sealing

    actor = _acting()
    try:
        if new_file:
            renewing.write_file_anew(actor)
        _print(asdict(sealing.seal(actor, progress=_progress)), as_json)
    except (checkpoints.LedgerFault, checkpoints.Unwritable) as said:
        typer.echo(str(said), err=True)
        raise typer.Exit(1) from None


@app.command()
def verify_ledger(
    checkpoints: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Another copy of the file.")
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(help="The archive of a purge, whose rows are hashed again too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Hash every sealed row again and name the first that is not as it was sealed."""
    from services.installation.protection import protection_problems
    from services.ledger import verification

    for problem in protection_problems():
        typer.echo(problem, err=True)
    found = verification.verify_ledger(
        _acting(), file=checkpoints, archive=archive, progress=_progress
    )
    _print(found.as_dict() if as_json else {"ok": found.ok} | asdict(found), as_json)
    if not found.ok:
        raise typer.Exit(1 if found.first_fault else 3)


@app.command()
def purge(
    before: Annotated[
        str, typer.Option(help="Everything older than this date goes: 2023-11-28 or 112/11/28.")
    ],
    archive: Annotated[
        Path | None, typer.Option(help="The file to write first, or a folder for it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Json = False,
) -> None:
    """Archive and delete usage records and audits that need not be kept any more (clause 7.1.5)."""
    from services.ledger.checkpoints import LedgerFault
    from services.retention.purging import purge as purge_old

    day = parse_date(before)
    try:
        done = purge_old(_acting(), day, archive=archive, dry_run=dry_run, progress=_progress)
    except LedgerFault as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    if as_json:
        _print(done.as_dict(), as_json)
        return
    for line in done.sentences:
        typer.echo(line)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on; empty is all.")] = "",
) -> None:
    """Serve the application; in production only when nothing is left at its default."""
    from services.operation.startup import startup_problems, startup_warnings

    if problems := startup_problems():
        raise Invalid("\n".join(problems))
    for warning in startup_warnings():
        typer.echo(warning, err=True)
    # Only now: without a server, Streamlit's modules print warnings before our sentence.
    from pages.shared.serving import serve as run

    run(Path(__file__).with_name("app.py"), port, address, clock.utc_now)


@app.command()
def make_keys() -> None:
    """Print a fresh set of keys for the environment of a new installation."""
    from services.installation.keys import new_keys

    for name, value in new_keys().items():
        typer.echo(f"{name}={value}")


@app.command()
def reset_link(username: str) -> None:
    """Print a one-time link that resets a password, for whoever has no mail."""
    from services.identity.links import print_link

    link = print_link(_acting(), username)
    typer.echo(link)
    if link.startswith("/"):
        typer.echo("未設定 PUBLIC_URL：請在前面加上本系統的網址再交給本人。", err=True)


@app.command()
def send_mail(as_json: Json = False) -> None:
    """Send the mail that waits; run it every minute."""
    from services.applications.undelivered import note_undelivered
    from services.operation.mailing import send_due

    _print(asdict(send_due(_acting(), clock.utc_now, note_undelivered)), as_json)


@app.command()
def open_due_reviews(as_json: Json = False) -> None:
    """Open the access review of every agency whose next one is nearly due; `nightly` does too."""
    from services.reviews.opening import open_due_reviews as open_them

    opened = [asdict(one) for one in open_them(_acting())]
    if as_json:
        typer.echo(json.dumps({"opened": opened}, ensure_ascii=False))
        return
    for one in opened:
        typer.echo(f"{one['agency']}：第 {one['campaign_id']} 號，{one['lines']} 個帳號")
    typer.echo(f"已發起 {len(opened)} 件權限清查。")


@app.command()
def suspend_leavers(as_json: Json = False) -> None:
    """Suspend accounts of people who left without their application; `nightly` does too."""
    from services.accounts.leaving.suspending import suspend_past

    night = suspend_past(_acting())
    if as_json:
        _print(night.as_dict(), as_json)
    else:
        typer.echo(f"已停權 {len(night.suspended)} 個帳號。")
        for username in night.suspended:
            typer.echo(f"  {username}")
    for one in night.left_alone:
        typer.echo(f"未能停權：{one.name}（{one.username}）：{one.sentence}", err=True)
    if night.left_alone:
        raise typer.Exit(1)


@app.command()
def expire_applications(as_json: Json = False) -> None:
    """End applications that nobody confirmed in time, or whose account is gone."""
    from services.applications.expiring import expire_applications as expire

    night = expire(_acting())
    if as_json:
        _print(night.as_dict(), as_json)
        return
    typer.echo(f"已結案 {len(night.unconfirmed)} 件逾期未確認的申請。")
    if night.of_cancelled_accounts:
        typer.echo(f"已結案 {len(night.of_cancelled_accounts)} 件帳號已註銷的申請。")


@app.command()
def due(
    on: Annotated[str, typer.Option(help="Day: 2026-02-20 or 115/02/20; today unless given.")] = "",
    as_json: Json = False,
) -> None:
    """List what is due or overdue on a day, of all units and agencies."""
    from services.schedule.everybody import all_due

    actor = _acting()
    found = all_due(actor, parse_date(on) if on else actor.today)
    if as_json:
        typer.echo(json.dumps([one.as_dict() for one in found], ensure_ascii=False))
        return
    for one in found:
        late = "逾期" if one.state == "overdue" else "待辦"
        typer.echo(f"{late} {one.due} {one.kind} {one.period} {one.agency} {one.unit} {one.who}")
    typer.echo(f"共 {len(found)} 件。")


@app.command()
def nightly(as_json: Json = False) -> None:
    """Do everything that has to happen every night; safe to run twice, on any day."""
    from services.operation.nightly import run_night

    steps = run_night(_acting())
    failed = [one for one in steps if not one.ok]
    if as_json:
        answer = {"ok": not failed, "steps": [one.as_dict() for one in steps]}
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for one in steps:
            result = json.dumps(one.result, ensure_ascii=False)
            typer.echo(f"{one.step}: {'完成' if one.ok else '失敗'} {result}")
    for one in failed:
        typer.echo(f"{one.step}: {one.error}", err=True)
    if failed:
        raise typer.Exit(1)


@app.command()
def remove_second_factor(
    username: str, reason: Annotated[str, typer.Option(prompt="原因", help="Why; recorded.")]
) -> None:
    """Take an account's second factor away, so that its holder sets one up anew."""
    from services.identity.factor_removal import remove_factor_as_operator

    remove_factor_as_operator(_acting(), username, reason)
    typer.echo(f"已移除 {username} 的雙因子驗證。")


@app.command()
def release_identity(
    username: str, reason: Annotated[str, typer.Option(prompt="原因", help="Why; recorded.")]
) -> None:
    """Untie an account from the person at the identity provider it is tied to."""
    from services.identity.release import release_identity as release

    release(_acting(), username, reason)
    typer.echo(f"已解除 {username} 的市府身分綁定。")


@app.command()
def rotate_secrets() -> None:
    """Encrypt every stored secret with the first of DATA_KEYS."""
    from services.operation.rotation import rotate_secrets as rotate

    _print(rotate(_acting()), as_json=False)


@app.command()
def set_policy(key: str, value: str) -> None:
    """Set one value of the sign-in policy: how long, how often, how strong."""
    from services.identity.policy import set_policy as change

    change(_acting(), key, value)
    typer.echo(f"{key} = {value}")


@app.command()
def permissions(as_json: Json = False) -> None:
    """Print who may do what, as the services read it."""
    from services.identity.permissions import RULES

    cells = [
        {"holder": rule.holder.value, "action": rule.action.value, "scope": rule.scope.value}
        for rule in RULES
    ]
    if as_json:
        typer.echo(json.dumps(cells, ensure_ascii=False))
        return
    for cell in cells:
        typer.echo(f"{cell['holder']:<16} {cell['action']:<20} {cell['scope']}")


@app.command()
def workflows(as_json: Json = False) -> None:
    """Print the sixteen applications for accounts: their steps, by whom, and what they need."""
    from services.regulation.workflow_diagram import needs, who
    from services.regulation.workflows import WORKFLOWS
    from services.regulation.workflows import as_json as table

    if as_json:
        typer.echo(json.dumps(table(), ensure_ascii=False))
        return
    for flow in WORKFLOWS.values():
        typer.echo(f"{flow.role.label} {flow.kind.label}")
        for number, step in enumerate(flow.steps, 1):
            needed = f"（{needs(step)}）" if step.needs else ""
            typer.echo(f"  {number}. {step.deed.label}：{who(step)}{needed}　{step.clause}")


@app.command()
def set_reading(key: str, value: str) -> None:
    """Choose how a point of the rule that can be read two ways is read."""
    from services.settings.readings import choose

    choose(_acting(), key, value)
    typer.echo(f"{key} = {value}")


def main() -> None:
    """Run a command; a service's sentence ends it with exit code 2, a held service with 1."""
    configure()
    try:
        app()
    except (UserError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise SystemExit(2) from None
    except Held as held:
        # Alerted where it was found; the transaction has left nothing behind.
        typer.echo(
            f"資料庫無法讀寫（磁碟已滿、唯讀或連線中斷），指令沒有完成：{held.cause}。"
            "請排除原因後再執行一次。",
            err=True,
        )
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
