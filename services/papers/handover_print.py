"""The printed list of a handover (文件移交清冊), with boxes for those who sign it (clause 6.1)."""

from data.engine import transaction
from services import events
from services.actor import Actor
from services.documents.application_form import SYSTEM
from services.documents.paper import Align, Box, Column, Facts, Field, Paper, Signatures, Table
from services.documents.pdf import pdf_bytes
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.papers.handovers import PastHandover, load_handover
from services.papers.keeping import PaperKind
from services.rocdate import local_date, roc_date, roc_time

_HASH_SHOWN = 16


@guarded(Action.KEEP_DOCUMENTS)
def print_handover(actor: Actor, handover_id: int) -> bytes:
    """Return the list of a handover as PDF to sign, after the print is recorded.

    Raises NotFound for one that is not there or of other people, Conflict without a Chinese font.
    """
    past = load_handover(actor, handover_id)
    content = pdf_bytes(handover_list(past), actor.now)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.TABLE_EXPORTED,
            about=("handover", handover_id),
            rows=len(past.documents),
            total=len(past.documents),
            format="pdf",
        )
    return content


def handover_list(past: PastHandover) -> Paper:
    """Return the list as a paper."""
    count = len(past.documents)
    return Paper(
        title="文件移交清冊",
        above=SYSTEM,
        number=f"移交-{past.id}",
        corner=(f"移交編號：{past.id}", f"移交日期：{roc_date(local_date(past.at))}"),
        footer="臺北市政府各機關使用地籍資料管理作業規範第六點（一）",
        parts=(
            Facts(
                (
                    Field("移交人", past.giver),
                    Field("接手人", past.taker),
                    Field("辦理人", past.doer),
                    Field("份數", f"{count:,} 份"),
                    Field("時間", roc_time(past.at), wide=True),
                    Field("原因", past.reason, wide=True),
                )
            ),
            Table(
                (
                    Column("文件", 2, Align.RIGHT),
                    Column("種類", 3),
                    Column("帳號或申請人", 5),
                    Column("申請案", 4),
                    Column("檔名", 6),
                    Column(f"雜湊值前 {_HASH_SHOWN} 碼", 5),
                ),
                tuple(
                    (
                        str(one["id"]),
                        PaperKind(one["kind"]).label,
                        one["about"],
                        one["application"],
                        one["file_name"],
                        one["sha256"][:_HASH_SHOWN],
                    )
                    for one in past.documents
                ),
            ),
            Signatures(
                "點交簽章",
                tuple(
                    Box(who, act, note="　　年　　月　　日")
                    for who, act in (("移交人", "點交"), ("接手人", "點收"), ("監交人", "監交"))
                ),
            ),
        ),
    )
