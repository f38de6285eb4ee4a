"""附件二 and 附件三: every field the rule asks for, the same in every format, on audits of every kind."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import event, select

from data.engine import engine, reading
from data.models import Audit, Event, UsageRecord, Verdict
from services.audits.checks import Check
from services.audits.drawing import draw_first, expand, redraw
from services.audits.forms.codes import find_by_code, short_code
from services.audits.forms.exporting import export_form, form_file
from services.audits.forms.facts import AuditFacts
from services.audits.forms.file_check import check_file
from services.audits.forms.gathering import facts_of
from services.audits.forms.record_rows import COLUMNS, record_table
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import reopen, sign
from services.audits.spot import open_spot_check
from services.audits.store import load_frame_row
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge, pick
from services.documents.formats import FileFormat
from services.errors import Conflict, Invalid, NotFound
from services.rocdate import roc_time
from tests.agency_freeze import freeze_half
from tests.reading_odf import cells, paragraphs
from tests.reading_pdf import Pdf, squeezed
from tests.services.audits import whole
from tests.services.audits.whole import HOSTILE, Q1, Q2
from tests.staged import Stage
from tests.world import NOW, World, at

PAPERS = (FileFormat.PDF, FileFormat.ODT)


@dataclass
class Case:
    """An audit, and what has to stand on its paper besides its own numbers and records."""

    audit_id: int
    words: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def facts(audit_id: int) -> AuditFacts:
    with reading() as db:
        return facts_of(db, db.get_one(Audit, audit_id))


def normal(world: World) -> Case:
    whole.fill_half_year(world)
    audit_id = whole.judged_unit(world, "tax1", Q1, deficient=1)
    row = worksheet_rows(world.actor("head"), audit_id)[0]
    whole.add_evidence(world, audit_id, row.record_id, "調卷影本.pdf", b"%PDF-1.4 evidence")
    whole.add_evidence(world, audit_id, None, "查核會議紀錄.pdf", b"%PDF-1.4 minutes")
    whole.add_incident(world, audit_id, row.record_id)
    whole.sign_unit(world, "tax1", audit_id)
    whole.act(world, audit_id, "received", "agency_manager")
    return Case(
        audit_id,
        [
            *("單位查詢使用地籍資料稽核紀錄表", "附件二", "第七點（一）1", "115年第1季"),
            *("大安分處", "臺北市稅捐稽徵處", "115年1月1日至115年3月31日"),
            *("2人", "1人", "12筆", "5筆", "115年1月、2月、3月"),
            *("缺失", "查無此案件號", "與案卷相符", "調卷影本.pdf", "查核會議紀錄.pdf"),
            *(
                "事件-115-0001",
                "重大缺失",
                "無公務事由查詢",
                "提報首長",
                "通報政風",
                "函請政風室查明",
            ),
            *("北市稅政字第1156000123號", "115年11月20日", "第1次抽樣，共1次"),
            *("承辦測量案件查對", "府授地資字第1136012388號", "線上簽核", "線上收存", "測試006"),
        ],
        ["草稿", "判斷抽查：", "附件三"],
    )


def nil(world: World) -> Case:
    whole.fill_half_year(world)
    audit_id = whole.signed_unit(world, "tax2", Q2)
    return Case(
        audit_id,
        [
            "臺北市稅捐稽徵處中山分處於115年第2季沒有使用紀錄，依規定免抽樣",
            *("0人", "0筆", "0個月", "線上簽核", "代理主管", "未發現異常使用或重大缺失"),
        ],
        ["草稿", "次抽樣，共"],
    )


def redrawn(world: World) -> Case:
    whole.fill_half_year(world)
    head = world.actor("head")
    audit_id = whole.judged(head, _drawn(world), deficient=1)
    redraw(head, audit_id, "第一次抽樣的單位名冊有誤")
    whole.judged(head, audit_id)
    return Case(
        _sign(world, audit_id),
        [
            *("第1次抽樣，共2次", "第2次抽樣，共2次", "第一次抽樣的單位名冊有誤"),
            *("已由重抽取代，保留供查", "判定"),
        ],
    )


def expanded(world: World) -> Case:
    whole.fill_half_year(world)
    head = world.actor("head")
    audit_id = _drawn(world)
    expand(head, audit_id, 2, "發現缺失，擴大查核")
    sampled = {row.record_id for row in worksheet_rows(head, audit_id)}
    with reading() as db:
        own = db.query(UsageRecord.id).filter(
            UsageRecord.unit_id == world.units["tax1"], UsageRecord.local_month.in_(Q1.months)
        )
        left = sorted({row.id for row in own} - sampled)
    pick(head, audit_id, left[:1], "夜間連續查詢同一人")
    whole.judged(head, audit_id)
    return Case(
        _sign(world, audit_id),
        [
            *("第2次抽樣，共2次", "加抽2筆", "發現缺失，擴大查核"),
            *("判斷抽查理由：夜間連續查詢同一人", "判斷抽查及前次抽樣保留1筆"),
        ],
    )


def agency(world: World) -> Case:
    audit_id, _ = whole.approved_agency(world)
    whole.act(world, audit_id, "sent", "agency_manager")
    return Case(
        audit_id,
        [
            *("機關查詢使用地籍資料稽核紀錄表", "附件三", "第七點（一）2", "115年上半年"),
            *("會同政風人員", "測試007", "機關首長核定日期115年11月23日", "線上核定"),
            *(f"函送文號{whole.LETTER}", "函送日期115年11月23日", "已稽核與未稽核的紀錄"),
            *("各單位稽核情形", "中山分處", "115年第2季", "單位未稽核之紀錄", "單位：符合"),
            *(
                "單位稽核人數採「各單位兩季稽核人數相加（同一人兩季都被稽核算兩次）」",
                "凍結時各單位兩季之稽核紀錄均已齊備",
            ),
        ],
        ["草稿", "附件二"],
    )


def spot(world: World) -> Case:
    whole.fill_half_year(world)
    return Case(
        whole.signed_spot(world),
        [
            *("不定期檢查紀錄表", "第七點（一）4", "115年第1季", "檢查理由夜間查詢量突增"),
            *("使用紀錄筆數12筆－3筆－不定期檢查沒有下限", "有使用紀錄之月份115年1月、2月、3月－"),
            *("線上簽核", "測試006", "不定期檢查查核發現的缺失", "尚未辦理"),
        ],
        ["草稿", "附件", "單位主管", "不足"],
    )


def draft(world: World) -> Case:
    whole.fill_half_year(world)
    return Case(_drawn(world), ["草稿", "尚未簽核", "未判定", "第1次抽樣，共1次"], ["線上簽核"])


def _drawn(world: World) -> int:
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q1)
    draw_first(head, audit_id)
    return audit_id


def _sign(world: World, audit_id: int) -> int:
    head = world.actor("head")
    sign(head, audit_id, view_audit(head, audit_id).content_hash)
    return audit_id


CASES: dict[str, Callable[[World], Case]] = {
    case.__name__: case for case in (normal, nil, redrawn, expanded, agency, spot, draft)
}


def text_of(content: bytes, kind: FileFormat) -> str:
    """Return what a reader of the file finds, without blanks."""
    if kind is FileFormat.PDF:
        return Pdf(content).text
    if kind is FileFormat.CSV:
        return squeezed("".join("".join(row) for row in csv.reader(io.StringIO(content.decode()))))
    return squeezed("".join(paragraphs(content)))


def traces(held: AuditFacts) -> list[str]:
    """Return what every form prints for checking: hashes, seeds, draw numbers, checkpoints, code."""
    wanted = [held.frame_hash, *(draw.seed for draw in held.draws)]
    wanted += [draw.words for draw in held.draws]
    if held.content_hash:
        wanted += [held.content_hash, short_code(held.content_hash)]
    for checkpoint in (held.frame_checkpoint, held.signed_checkpoint):
        if checkpoint is not None:
            wanted.append(checkpoint.sentence)
    return wanted


def record_words(held: AuditFacts) -> list[str]:
    return [
        words
        for line in held.lines
        for words in (
            *(str(line.record_id), line.user, roc_time(line.at), line.item, line.action),
            *(line.target, line.purpose, line.basis, line.reason, line.ruling, line.note),
            *line.evidence,
        )
    ]


@pytest.mark.parametrize("name", CASES)
def test_every_field_stands_on_the_paper_in_both_formats(
    stage: Stage, world: World, name: str
) -> None:
    case = stage.add(world, CASES[name])
    held = facts(case.audit_id)
    for kind in PAPERS:
        found = text_of(export_form(world.actor("reviewer"), case.audit_id, kind), kind)
        if kind is FileFormat.ODT:
            # The watermark is in the header of an ODT, which is no paragraph of the text.
            found += squeezed("草稿") if not held.content_hash else ""
        for words in (*case.words, *traces(held), *record_words(held), held.sentence):
            assert squeezed(words) in found, (kind, words)
        for words in case.absent:
            assert squeezed(words) not in found, (kind, words)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", [FileFormat.ODS, FileFormat.CSV])
def test_the_records_leave_as_a_table(
    stage: Stage, world: World, name: str, kind: FileFormat
) -> None:
    case = stage.add(world, CASES[name])
    held = facts(case.audit_id)
    found = text_of(export_form(world.actor("reviewer"), case.audit_id, kind), kind)
    for words in record_words(held):
        assert squeezed(words) in found, words
    assert f"{len(held.lines)}筆" in found
    if kind is FileFormat.ODS:
        for words in traces(held):
            assert squeezed(words) in found, words


def test_an_export_is_on_record(stage: Stage, world: World) -> None:
    case = stage.add(world, normal)
    for kind in FileFormat:
        export_form(world.actor("ethics"), case.audit_id, kind)
    with reading() as db:
        left = db.query(Event).filter(Event.type == "audit_form_exported").order_by(Event.id).all()
        assert [(one.object_id, one.detail["format"]) for one in left] == [
            (str(case.audit_id), kind.value) for kind in FileFormat
        ]
        assert {one.detail["content_hash"] for one in left} == {facts(case.audit_id).content_hash}


def test_nothing_leaves_before_the_draw(world: World) -> None:
    whole.fill_half_year(world)
    audit_id = freeze(world.actor("head"), world.units["tax1"], Q1)
    with pytest.raises(Conflict, match="還沒有抽樣"):
        export_form(world.actor("head"), audit_id, FileFormat.PDF)


def test_the_same_facts_make_the_same_bytes(stage: Stage, world: World) -> None:
    held = facts(stage.add(world, normal).audit_id)
    for kind in FileFormat:
        assert form_file(held, kind, NOW) == form_file(held, kind, NOW)


@pytest.mark.attack("formula")
@pytest.mark.parametrize("kind", FileFormat)
def test_what_people_wrote_is_text_and_no_formula(world: World, kind: FileFormat) -> None:
    world.use("clerk", at(2026, 1, 5), target=HOSTILE, reason=HOSTILE, person_name=HOSTILE)
    head = world.actor("head")
    audit_id = _drawn(world)
    (row,) = worksheet_rows(head, audit_id)
    judge(head, audit_id, {row.record_id: 0}, Ruling.DEFICIENT, HOSTILE)
    content = export_form(head, audit_id, kind)
    assert text_of(content, kind).count(squeezed(HOSTILE)) >= 3
    if kind is FileFormat.CSV:
        found = [
            cell for line in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in line
        ]
    elif kind is FileFormat.ODS:
        found = cells(content)
    else:
        return
    hostile = [cell for cell in found if "cmd|" in cell]
    assert hostile and not [cell for cell in hostile if cell.startswith("=")]


def test_rows_have_the_columns(stage: Stage, world: World) -> None:
    case = stage.add(world, expanded)
    with reading() as db:
        rows = record_table(db, db.get_one(Audit, case.audit_id))
    assert rows and all(len(row) == len(COLUMNS) for row in rows)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    bases = {row[COLUMNS.index("抽出方式")] for row in rows}
    assert "判斷抽查" in bases and "加抽" in bases


def test_the_agency_counts_against_what_the_units_audited(stage: Stage, world: World) -> None:
    held = facts(stage.add(world, agency).audit_id)
    units = held.of_agency
    assert units is not None
    assert [(one.unit, one.quarter) for one in units.units] == [
        *(("大安分處", "115年第1季"), ("中山分處", "115年第1季")),
        *(("大安分處", "115年第2季"), ("中山分處", "115年第2季")),
    ]
    assert units.units[3].records == 0 and units.units[3].taken_records == 0
    assert units.records == sum(one.records for one in units.units)
    assert sum(one.taken_records for one in units.units) == len(held.lines)
    for one in units.units:
        assert one.taken_people <= one.taken_records
    with reading() as db:
        of_units = [unit["audit_id"] for unit in load_frame_row(db, held.audit_id).basis["units"]]
        known = set(db.scalars(select(Verdict.record_id).where(Verdict.audit_id.in_(of_units))))
    assert units.not_audited == len({line.record_id for line in held.lines} - known)
    assert held.months_covered == held.months and len(held.months) == 6


def test_months_that_no_unit_audited_are_wanting_on_the_agencys_paper(world: World) -> None:
    """Only the first quarter was signed: the second one's records are in no frame, but in use they were."""
    whole.fill_half_year(world)
    whole.received_unit(world, "tax1", Q1, base=12)
    manager = world.actor("agency_manager")
    audit_id = freeze_half(manager, world.agencies["tax"], whole.H1, FrameScope.AUDITED)
    draw_first(manager, audit_id)
    whole.judged(manager, audit_id)
    whole.sign_agency(world, audit_id)
    held = facts(audit_id)
    assert held.months == whole.H1.months and len(held.months_covered) == 3
    for kind in PAPERS:
        found = text_of(export_form(manager, audit_id, kind), kind)
        assert (
            "有查詢紀錄之月份6個月6個月115年1月、2月、3月、4月、5月、6月3個月115年1月、2月、3月不足"
            in found
        )
        assert "月份不足：115年4月、115年5月、115年6月有使用紀錄，但不在這個範圍內" in found


@pytest.mark.parametrize("kind", ["received", "approved"])
def test_what_was_opened_again_and_signed_the_same_waits_again(world: World, kind: str) -> None:
    """The same content has the same hash; that does not bring the receipt or approval of before back."""
    whole.fill_half_year(world)
    if kind == "received":
        audit_id = whole.received_unit(world, "tax1", Q1)
        reopen(world.actor("head"), audit_id, "想再看一次佐證資料")
        before = facts(audit_id)
        whole.sign_unit(world, "tax1", audit_id)
    else:
        audit_id, _ = whole.approved_agency(world)
        reopen(world.actor("agency_manager"), audit_id, "想再看一次佐證資料")
        before = facts(audit_id)
        whole.sign_agency(world, audit_id)
    held = facts(audit_id)
    for one in (before, held):
        assert one.received is one.approved is one.sent is None
    paper = text_of(export_form(world.actor("reviewer"), audit_id, FileFormat.PDF), FileFormat.PDF)
    assert "線上收存" not in paper and "線上核定" not in paper
    whole.act(world, audit_id, kind, "agency_manager" if kind == "received" else "agency_head")
    assert (facts(audit_id).received or facts(audit_id).approved) is not None
    paper = text_of(export_form(world.actor("reviewer"), audit_id, FileFormat.PDF), FileFormat.PDF)
    assert ("線上收存" in paper) is (kind == "received")
    assert ("線上核定" in paper) is (kind == "approved")


def test_a_spot_check_of_picks_alone_has_no_floor_either(world: World) -> None:
    whole.fill_half_year(world)
    manager = world.actor("agency_manager")
    audit_id = open_spot_check(manager, world.units["tax1"], Q1, "夜間查詢量突增", 0)
    draw_first(manager, audit_id)
    with reading() as db:
        first = db.scalars(select(UsageRecord.id).order_by(UsageRecord.id).limit(1)).one()
    pick(manager, audit_id, [first], "夜間查詢量突增")
    whole.judged(manager, audit_id)
    found = text_of(export_form(manager, audit_id, FileFormat.PDF), FileFormat.PDF)
    assert "使用人數2人－1人－" in found and "使用紀錄筆數12筆－1筆－" in found
    assert "不足" not in found


# --- the code on the paper -----------------------------------------------------------------------


def test_the_code_leads_to_the_audit(stage: Stage, world: World) -> None:
    held = facts(stage.add(world, normal).audit_id)
    code = short_code(held.content_hash)
    assert [len(part) for part in code.split("-")] == [4, 4, 4]
    typed = (code, code.upper(), code.replace("-", " "), f" {code.replace('-', '－')} ")
    for words in typed:
        found = find_by_code(world.actor("reviewer"), words)
        assert (found.audit_id, found.content_hash) == (held.audit_id, held.content_hash)
        assert found.in_force and found.unit == "大安分處" and found.signer == "測試003"


def test_a_code_of_what_was_opened_again_says_so(world: World) -> None:
    whole.fill_half_year(world)
    audit_id = whole.signed_unit(world, "tax1", Q1)
    head = world.actor("head")
    code = short_code(facts(audit_id).content_hash)
    reopen(head, audit_id, "一筆判定的依據有誤")
    assert facts(audit_id).content_hash == ""
    assert not find_by_code(head, code).in_force
    row = worksheet_rows(head, audit_id)[0]
    judge(head, audit_id, {row.record_id: 1}, Ruling.DEFICIENT, "調卷後不符", "重新調卷查明")
    _sign(world, audit_id)
    held = facts(audit_id)
    assert short_code(held.content_hash) != code
    assert not find_by_code(head, code).in_force
    assert find_by_code(head, short_code(held.content_hash)).in_force
    found = text_of(export_form(head, audit_id, FileFormat.PDF), FileFormat.PDF)
    assert "一筆判定的依據有誤" in found and "更改判定：重新調卷查明" in found
    assert len(held.signatures) == 1


@pytest.mark.parametrize("words", ["", "12", "zzzz-zzzz-zzzz", "3fa9-0c21-77be-1", "%%%%%%%%%%%%"])
def test_what_is_no_code_is_told_so(world: World, words: str) -> None:
    with pytest.raises(Invalid, match="核對碼是 12 個"):
        find_by_code(world.actor("reviewer"), words)


def test_whoever_is_signed_in_may_ask_what_a_paper_is(stage: Stage, world: World) -> None:
    held = facts(stage.add(world, normal).audit_id)
    code = short_code(held.content_hash)
    for who, may_open in (("works_clerk", False), ("clerk", False), ("reviewer", True)):
        found = find_by_code(world.actor(who), code)
        assert found.in_force and found.within_reach is may_open
    with pytest.raises(NotFound, match="沒有這個核對碼"):
        find_by_code(world.actor("reviewer"), "0" * 12)


def test_a_file_is_known_by_its_bytes_alone(world: World) -> None:
    whole.fill_half_year(world)
    audit_id = whole.judged_unit(world, "tax1", Q1)
    head, stranger = world.actor("head"), world.actor("works_clerk")
    draft = export_form(head, audit_id, FileFormat.PDF)
    known = check_file(stranger, draft)
    assert known is not None and (known.audit_id, known.found) == (audit_id, None)
    whole.sign_unit(world, "tax1", audit_id)
    files = {kind: export_form(head, audit_id, kind) for kind in FileFormat}
    for kind, content in files.items():
        known = check_file(stranger, content)
        assert known is not None and known.found is not None, kind
        assert known.found.audit_id == audit_id and known.found.in_force
        assert kind.value.upper() in known.what
        for other in (content + b"\n", content[:-1], b"x" + content):
            assert check_file(stranger, other) is None
    reopen(head, audit_id, "一筆判定的依據有誤")
    known = check_file(stranger, files[FileFormat.PDF])
    assert known is not None and known.found is not None and not known.found.in_force
    with pytest.raises(Invalid, match="是空的"):
        check_file(stranger, b"")


# --- many records --------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_records(world: World) -> None:
    small = _count_queries(world, "tax1", 5)
    large = _count_queries(world, "tax2", 60)
    assert small == large


def _count_queries(world: World, unit: str, count: int) -> int:
    who = "clerk" if unit == "tax1" else "clerk_tax2"
    world.use(who, *(at(2026, 2, 1 + n % 28, 8 + n % 10) for n in range(count)))
    head = whole.head_of(world, unit)
    audit_id = freeze(head, world.units[unit], Q1, base_records=count)
    draw_first(head, audit_id)
    whole.judged(head, audit_id)
    sign(head, audit_id, view_audit(head, audit_id).content_hash)
    statements: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        assert len(facts(audit_id).lines) == count
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    return len(statements)


def test_the_checks_that_a_record_did_not_pass_stand_before_its_note(world: World) -> None:
    whole.fill_half_year(world)
    audit_id = whole.judged_unit(world, "tax1", Q1)
    head = world.actor("head")
    record = worksheet_rows(head, audit_id)[0].record_id
    failed = (Check.CASE, Check.PURPOSE)
    judge(head, audit_id, {record: 1}, Ruling.MAJOR, "查無此案", "調卷後改判", failed)
    content = export_form(head, audit_id, FileFormat.CSV).decode("utf-8-sig")
    assert "案件號不存在或不符、目的非公務需要。查無此案" in content
