"""Sending a list of people in: all of its good rows in one transaction, or none.

Who imports stands for the applicants' typing only (§3 names applicant, head and completer): the head
of the unit still approves, and the importer never does, whatever duty they hold. The importer may be
the manager who completes where the link went to the applicants by mail. Where there is no mail
server the links pass through the importer's hands, and a link sets the new account's first password:
then another manager completes, so that nobody alone can make an account and use it (clause 6.3.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from data.engine import transaction
from services import events
from services.actor import Actor
from services.applications.applying import follow_link, submit_new
from services.applications.bulk.listing import charge_of, judge, read_people
from services.applications.bulk.rows import Fate
from services.applications.checks import one_at_a_time, open_unit
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.usage.importing.readers import fingerprint
from services.usage.importing.text import file_label

CHANGED = "預覽之後情形已有變動（例如其他人剛送出申請）；請重新檢查名單，再送出。"
_FILE_NAME_MAX = 60


@dataclass(frozen=True)
class SentIn:
    """One application that has come in, and the applicant's link where no mail takes it along.

    The link is known here only and cannot be had again.
    """

    number: str
    name: str
    unit: str
    link: str | None


@guarded(Action.COMPLETE_APPLICATION)
def send_people(
    actor: Actor, file_name: str, data: bytes, expected: Sequence[int]
) -> tuple[SentIn, ...]:
    """Store the good rows of a list as applications for new general users (clause 5.1).

    The file is judged anew; ``expected`` are the rows that the preview showed as good. Raises
    Conflict when other rows are good by now, or none, and Invalid for a file that is no such list.
    """
    reached = charge_of(actor)
    _, rows = read_people(reached, data)  # before the transaction: nobody waits for a file
    with transaction() as db:
        # Two lists at once: the second is judged by what the first has stored.
        one_at_a_time(db)
        judged = judge(db, rows, actor.now)
        good = [one.row for one in judged if one.fate is Fate.SEND]
        if not good or [row.number for row in good] != list(expected):
            raise Conflict(CHANGED)
        sent = []
        for row in good:
            assert row.person is not None and row.wanted is not None  # a good row has both
            unit = open_unit(db, row.wanted.unit_id, row.wanted.role)
            permit(actor, Action.COMPLETE_APPLICATION, unit_id=unit.id, agency_id=unit.agency_id)
            made = submit_new(db, actor, row.person, row.wanted, unit)
            link = None if made.token is None else follow_link(made.token)
            sent.append(SentIn(made.number, row.person.name, unit.name, link))
        events.write(
            db,
            actor,
            EventType.PEOPLE_IMPORTED,
            about=("people_list", file_label(file_name, _FILE_NAME_MAX)),
            file_sha256=fingerprint(data),
            read=len(judged),
            stored=len(sent),
            rejected=len(judged) - len(sent),
        )
        return tuple(sent)
