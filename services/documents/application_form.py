"""帳號申請表: the printed form of an application (clauses 5.1 to 5.4), filled in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.documents.paper import (
    Box,
    Choice,
    Facts,
    Field,
    Paper,
    Part,
    Points,
    QrCode,
    Signatures,
)
from services.regulation.clauses import clause_words
from services.regulation.figures import FORM_YEARS_AFTER_CANCELLATION
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind, Need, Step, Workflow
from services.rocdate import roc_date

SYSTEM = "地籍資料使用管理系統"
FOOTER = "臺北市政府各機關使用地籍資料管理作業規範"
BY_HAND = "　　年　　月　　日"


@dataclass(frozen=True)
class Given:
    """A step that somebody has taken online: it needs no stamp."""

    deed: Deed
    name: str
    on: date
    letter_no: str = ""
    """Of a letter or a reply: its document number."""


@dataclass(frozen=True)
class FormData:
    """What the form and the pledge of one application say."""

    number: str
    role: Role
    kind: Kind
    agency: str
    unit: str
    name: str
    staff_no: str
    reason: str
    submitted_on: date
    """The Taipei date."""
    title: str = ""
    username: str = ""
    """Empty for a new account that has no name yet."""
    email: str = ""
    phone: str = ""
    items: tuple[Item, ...] = ()
    """What is applied for; of a cancellation what is held."""
    items_before: tuple[Item, ...] = ()
    """What the account holds when a change is applied for."""
    to_unit: str = ""
    given: tuple[Given, ...] = ()
    link: str = ""
    """Where the application is followed; without it the QR code says the number alone."""

    @property
    def workflow(self) -> Workflow:
        return WORKFLOWS[self.role, self.kind]


def application_form(data: FormData) -> Paper:
    """Return the application form of ``data`` with a box for every step that is signed."""
    return Paper(
        title=f"帳號申請表（{data.kind.label}）",
        above=SYSTEM,
        number=data.number,
        corner=(f"申請編號：{data.number}", f"申請日期：{roc_date(data.submitted_on)}"),
        qr_code=follow_code(data),
        footer=FOOTER,
        parts=(
            Facts(tuple(_facts(data))),
            Signatures("核章欄", tuple(_boxes(data))),
            *_notes(data),
        ),
    )


def follow_code(data: FormData) -> QrCode:
    """Return the code that leads from the paper back to the application."""
    return QrCode(data.link or data.number, "掃描查詢辦理情形" if data.link else data.number)


def _facts(data: FormData) -> Iterable[Field]:
    yield Field("申請種類", choices=_ticked(Kind, data.kind), wide=True)
    yield Field("帳號類別", choices=_ticked(Role, data.role), wide=True)
    yield Field("機關名稱", data.agency)
    yield Field("單位名稱", data.unit)
    yield Field("申請人", data.name)
    yield Field("職稱", data.title)
    yield Field("員工編號", data.staff_no)
    yield Field("系統帳號", data.username)
    yield Field("聯絡電話", data.phone)
    yield Field("電子郵件", data.email)
    if data.kind is Kind.CHANGE:
        yield Field("異動後單位", data.to_unit or "（不變）", wide=True)
        yield Field("原授權項目", choices=_items(data.items_before), wide=True)
    yield Field(_ITEMS_LABELS[data.kind], choices=_items(data.items), wide=True)
    yield Field("申請原因", data.reason, wide=True)
    yield Field("附件", _enclosures(data.workflow), wide=True)


_ITEMS_LABELS = {
    Kind.CREATE: "申請\n授權項目",
    Kind.CHANGE: "異動後\n授權項目",
    Kind.REINSTATE: "復權後\n授權項目",
    Kind.CANCEL: "註銷之\n授權項目",
}


def _ticked(words: type[Kind] | type[Role], chosen: Kind | Role) -> tuple[Choice, ...]:
    return tuple(Choice(word.label, word is chosen) for word in words)


def _items(held: tuple[Item, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(item.label, item in held) for item in Item)


def _enclosures(workflow: Workflow) -> str:
    needs = {need for step in workflow.steps for need in step.needs}
    papers = []
    if Need.PLEDGE in needs:
        papers.append("保密切結書（附件一）1份")
    if Need.LETTER in needs:
        papers.append("使用機關函")
    return "、".join(papers) or "無"


# --- the boxes -------------------------------------------------------------------------------------


def _boxes(data: FormData) -> Iterable[Box]:
    for step in data.workflow.steps:
        if step.deed is not Deed.PRINT:  # nobody signs that
            given = next((given for given in data.given if given.deed is step.deed), None)
            yield _box(step, given)


def _box(step: Step, given: Given | None) -> Box:
    who = _WHO.get(step.deed) or "／".join(party.label for party in step.parties)
    act = _ACTS.get(step.deed, step.deed.label)
    if given is not None:
        letter = f"\n{given.letter_no}" if given.letter_no else ""
        done = f"{_ONLINE.get(step.deed, '線上辦理')}\n{given.name}\n{roc_date(given.on)}{letter}"
        return Box(who, act, done)
    return Box(who, act, _BY_HAND_TEXTS.get(step.deed, ""), BY_HAND)


_WHO = {Deed.LETTER: "使用機關", Deed.REPLY: "臺北市政府地政局"}
"""Letters are the agency's, whoever writes them down here."""
_ACTS = {Deed.APPLY: "申請", Deed.NOTIFY: "通知管理者"}
_ONLINE = {Deed.APPLY: "線上申請", Deed.APPROVE: "線上核可", Deed.REVIEW: "線上審核"}
_BY_HAND_TEXTS = {
    Deed.NOTIFY: "□ 電話　□ 電子郵件\n接獲通知人：",
    Deed.LETTER: "文號：",
    Deed.REVIEW: "□ 通過　□ 不通過",
    Deed.REPLY: "文號：",
}


# --- the notes -------------------------------------------------------------------------------------


def _mending(kind: Kind) -> str:
    """Say what a correction mends: the reason, and the items where some are applied for; nothing else."""
    mended = "授權項目或申請原因" if kind in (Kind.CREATE, Kind.CHANGE) else "申請原因"
    others = "姓名、員工編號、單位等其他欄位" if kind is Kind.CREATE else "其他欄位"
    return f"{mended}有誤者，請退回補正後重新列印，{others}有誤者，請撤回後重新申請。"


def _notes(data: FormData) -> Iterable[Part]:
    clause = clause_words(data.workflow.steps[0].clause)
    years = FORM_YEARS_AFTER_CANCELLATION.on(data.submitted_on)
    notes = [
        f"本表依{clause}辦理，內容由申請人線上填報，勿於紙本塗改；{_mending(data.kind)}",
        "核章欄載明「線上」辦理者，已留存系統紀錄，免再核章；其餘各欄請簽名或蓋章，並填寫日期。",
    ]
    if data.workflow.needs_pledge:
        notes.append("新增帳號應連同申請人簽章之保密切結書（附件一）一併陳核；未附者不予辦理。")
    if data.role is Role.AGENCY_MANAGER:
        notes.append("本案須由使用機關備函送地政局，經地政局審核通過並函復後辦理。")
    if data.kind is not Kind.CANCEL:
        notes.append(f"申請人離職或調整職務前，應先申請註銷或異動權限（{clause_words('6.3.4')}）。")
    notes.append(
        f"本表由管理者保管，帳號註銷屆滿 {years} 年後，始得依程序銷毀（{clause_words('6.1')}）。"
    )
    yield Points(tuple(notes), title="注意事項", small=True)
