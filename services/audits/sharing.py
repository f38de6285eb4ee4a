"""Sharing an audit's records out among its auditors, so that several work without crossing."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, Audit, RecordShare
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.dividing import Open, divide, divide_by_count, most_for
from services.audits.judges import Judge, judges_of
from services.audits.stakes import Stakes, require_no_stake, stakes_of, users_of
from services.audits.words import CONDUCT
from services.audits.worksheet import latest_verdicts, records_to_judge
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.regulation.audit_kinds import OF_UNIT
from services.regulation.audit_states import AuditStatus

_NOT_THEIRS = "是所選的人自己的使用紀錄，或依規定由他人判定"


@guarded(*CONDUCT.values())
def share_out(actor: Actor, audit_id: int, people: Collection[int]) -> dict[int, int]:
    """Divide what is not judged yet evenly among these auditors, anew; return how many each of them got.

    Raises Invalid for somebody who cannot judge this audit, Conflict when nothing is left to judge.
    """
    if not people:
        raise Invalid("請選擇要分派的查核人，至少一人。")
    with transaction() as db:
        audit = _judging(db, actor, audit_id)
        able = _able(db, actor, audit, people)
        open_records = _open_records(db, audit, stakes_of(db, audit, actor.now), able)
        shares = divide(open_records, sorted(set(people)))
        if not shares:
            raise Conflict(f"未判定的都{_NOT_THEIRS}；請加選其他稽核人員。")
        _put(db, actor, audit, [one.record for one in open_records], shares)
        _write(db, actor, audit, shares, able)
    return dict(Counter(shares.values()))


@guarded(*CONDUCT.values())
def share_by_count(actor: Actor, audit_id: int, counts: Mapping[int, int]) -> dict[int, int]:
    """Give each auditor so many of the records not judged yet, anew; the rest is nobody's.

    ``counts`` is by account id; zeros are left out. Raises Invalid for a count below zero, more than there
    are or more than the auditor may judge, or somebody who cannot judge this audit; Conflict when nothing
    is left to judge. Returns how many each of them got.
    """
    wanted = {one: count for one, count in sorted(counts.items()) if count}
    if not wanted or min(wanted.values()) < 0:
        raise Invalid("請填寫每人要分派的筆數，至少一人一筆。")
    with transaction() as db:
        audit = _judging(db, actor, audit_id)
        able = _able(db, actor, audit, wanted)
        open_records = _open_records(db, audit, stakes_of(db, audit, actor.now), able)
        if (total := sum(wanted.values())) > len(open_records):
            raise Invalid(f"合計 {total:,} 筆，多於未判定的 {len(open_records):,} 筆。")
        for one, count in wanted.items():
            if count > (most := most_for(open_records, one)):
                raise Invalid(f"{able[one].label}最多分派 {most:,} 筆；其餘{_NOT_THEIRS}。")
        try:
            shares = divide_by_count(open_records, wanted)
        except ValueError:
            raise Invalid(f"合計 {total:,} 筆分不完：其餘{_NOT_THEIRS}。請減少筆數。") from None
        _put(db, actor, audit, [one.record for one in open_records], shares)
        _write(db, actor, audit, shares, able)
    return dict(Counter(shares.values()))


@guarded(*CONDUCT.values())
def share_users(actor: Actor, audit_id: int, users: Collection[str], to: int) -> int:
    """Give one auditor all records of these users that are not judged yet; return how many that were.

    ``users`` are person keys; whose share the records were until now does not matter, and what others have
    of other users stays theirs. Raises Invalid for somebody who cannot judge this audit and for records
    that they may not judge, Conflict when the users have nothing that is still to judge.
    """
    if not users:
        raise Invalid("請選擇使用者，至少一人。")
    with transaction() as db:
        audit = _judging(db, actor, audit_id)
        able = _able(db, actor, audit, [to])
        stakes = stakes_of(db, audit, actor.now)
        chosen = [one for one in _open_records(db, audit, stakes, able) if one.user in set(users)]
        if not chosen:
            raise Conflict("所選使用者的紀錄剛剛都已判定。")
        if barred := [one.record for one in chosen if to in one.barred]:
            raise Invalid(f"紀錄 {min(barred)} 不能分派給{able[to].label}：{_NOT_THEIRS}。")
        records = [one.record for one in chosen]
        shares = dict.fromkeys(records, to)
        _put(db, actor, audit, records, shares)
        _write(db, actor, audit, shares, able)
    return len(records)


@guarded(*CONDUCT.values())
def take(actor: Actor, audit_id: int, record_ids: Collection[int]) -> None:
    """Take records that nobody has; raises Conflict, naming who, for one that somebody has.

    Whose appointment has ended meanwhile has none any more: nobody else could give them back.
    """
    with transaction() as db:
        audit = _judging(db, actor, audit_id)
        wanted = _chosen(db, audit, record_ids)
        require_no_stake(db, actor, audit, wanted)
        able = {judge.account_id for judge in judges_of(db, audit, actor.now)}
        for share in _shares(db, audit, wanted):
            if share.account_id != actor.account_id and share.account_id in able:
                who = _name(db, share.account_id)
                raise Conflict(f"紀錄 {share.record_id} 已分派給{who}；請他退回，或重新分派。")
        assert actor.account_id is not None
        shares: dict[int, int] = dict.fromkeys(wanted, actor.account_id)
        _put(db, actor, audit, wanted, shares)
        _write(db, actor, audit, shares, {actor.account_id: Judge(actor.account_id, actor.label)})


@guarded(*CONDUCT.values())
def give_back(actor: Actor, audit_id: int, record_ids: Collection[int]) -> None:
    """Give records back that were shared out to oneself; raises Conflict for one that was not."""
    with transaction() as db:
        audit = _judging(db, actor, audit_id)
        wanted = _chosen(db, audit, record_ids)
        mine = {s.record_id for s in _shares(db, audit, wanted) if s.account_id == actor.account_id}
        if others := set(wanted) - mine:
            raise Conflict(f"紀錄 {min(others)} 沒有分派給您，不能退回。")
        _put(db, actor, audit, wanted, {})
        events.write(
            db,
            actor,
            EventType.RECORDS_SHARED,
            about=("audit", audit.id),
            records={"退回": sorted(wanted)},
            people=0,
        )


def shares_of(db: Session, audit_id: int) -> dict[int, tuple[int, str]]:
    """Return to whom each record of an audit is shared out: account id and 姓名（帳號）."""
    rows = db.execute(
        select(RecordShare.record_id, Account.id, Account.name, Account.username)
        .join(Account, Account.id == RecordShare.account_id)
        .where(RecordShare.audit_id == audit_id)
    )
    return {record: (one, f"{name}（{username}）") for record, one, name, username in rows}


def release_shares(db: Session, account_id: int, unit_id: int) -> None:
    """Take back what was shared out to somebody in the open audits of a unit."""
    still_open = select(Audit.id).where(
        Audit.unit_id == unit_id, Audit.kind.in_(OF_UNIT), Audit.status == AuditStatus.JUDGING
    )
    db.execute(
        delete(RecordShare).where(
            RecordShare.account_id == account_id, RecordShare.audit_id.in_(still_open)
        )
    )


def _judging(db: Session, actor: Actor, audit_id: int) -> Audit:
    audit = store.load_audit(db, actor, audit_id, CONDUCT, lock=True)
    if actor.account_id is None:
        raise Refused("分派必須由有帳號的稽核人員辦理。")
    store.require_status(audit, AuditStatus.JUDGING)
    return audit


def _able(db: Session, actor: Actor, audit: Audit, people: Collection[int]) -> dict[int, Judge]:
    """Return who can judge the audit; raises Invalid where one of ``people`` is not among them."""
    able = {judge.account_id: judge for judge in judges_of(db, audit, actor.now)}
    if outside := set(people) - set(able):
        raise Invalid(f"{_name(db, min(outside))}不是這件稽核的稽核人員，不能分派紀錄。")
    return able


def _open_records(db: Session, audit: Audit, stakes: Stakes, people: Collection[int]) -> list[Open]:
    """Return what is not judged yet, and who of ``people`` may not judge it; Conflict where nothing is left."""
    judged = latest_verdicts(db, audit.id)
    wanted = [record for record in records_to_judge(db, audit.id) if record not in judged]
    if not wanted:
        raise Conflict("全部紀錄都已判定，沒有可分派的紀錄。")
    return [
        Open(record, user, frozenset(one for one in people if not stakes.may(one, user)))
        for record, user in users_of(db, wanted).items()
    ]


def _chosen(db: Session, audit: Audit, record_ids: Collection[int]) -> list[int]:
    if not record_ids:
        raise Invalid("請先選取紀錄。")
    if outside := set(record_ids) - set(records_to_judge(db, audit.id)):
        raise Invalid(f"紀錄 {min(outside)} 不在這件稽核的樣本內。")
    return list(dict.fromkeys(record_ids))


def _shares(db: Session, audit: Audit, record_ids: Collection[int]) -> Sequence[RecordShare]:
    return db.scalars(
        select(RecordShare)
        .where(RecordShare.audit_id == audit.id, RecordShare.record_id.in_(record_ids))
        .order_by(RecordShare.record_id)
    ).all()


def _put(
    db: Session, actor: Actor, audit: Audit, cleared: list[int], shares: Mapping[int, int]
) -> None:
    """Let ``shares`` be what holds for the records of ``cleared``; the audit's row is locked."""
    db.execute(
        delete(RecordShare).where(
            RecordShare.audit_id == audit.id, RecordShare.record_id.in_(cleared)
        )
    )
    db.add_all(
        RecordShare(
            audit_id=audit.id,
            record_id=record,
            account_id=account,
            shared_at=actor.now,
            shared_by=actor.account_id,
        )
        for record, account in shares.items()
    )


def _write(
    db: Session, actor: Actor, audit: Audit, shares: Mapping[int, int], able: Mapping[int, Judge]
) -> None:
    people = sorted(set(shares.values()))
    events.write(
        db,
        actor,
        EventType.RECORDS_SHARED,
        about=("audit", audit.id),
        records={
            able[one].label: sorted(record for record, to in shares.items() if to == one)
            for one in people
        },
        people=len(people),
    )


def _name(db: Session, account_id: int) -> str:
    account = db.get(Account, account_id)
    return f"{account.name}（{account.username}）" if account else f"帳號 {account_id} "
