"""What 附件二 and 附件三 have in common: their corner, words for periods and counts, boxes, notes."""

from collections.abc import Iterable, Sequence

from services.audits.forms.codes import short_code
from services.audits.forms.facts import ActFact, AuditFacts, SignatureFact
from services.documents.application_form import BY_HAND
from services.documents.paper import Align, Box, Column, Field, Points, QrCode, Table
from services.rocdate import local_date, roc_date, roc_month, roc_time

DRAFT = "草稿"
NOT_SIGNED = "（尚未簽核）"
NONE = "無"


def corner(facts: AuditFacts, annex: str) -> tuple[str, ...]:
    """Return the lines at the top right: which annex, the record's number, the code to check it with."""
    code = short_code(facts.content_hash)
    return (
        *((annex,) if annex else ()),
        f"紀錄編號：{record_number(facts)}",
        f"核對碼：{code}" if code else "草稿，尚未簽核",
    )


def record_number(facts: AuditFacts) -> str:
    """Return by which number people call the record."""
    return f"稽核-{facts.audit_id}"


def check_code(facts: AuditFacts) -> QrCode | None:
    """Return the code that says the whole signed hash; none on a draft."""
    if not facts.content_hash:
        return None
    return QrCode(facts.content_hash, f"核對碼\n{short_code(facts.content_hash)}")


def period_words(facts: AuditFacts) -> str:
    period = facts.period
    return f"{period.label}（{roc_date(period.first_day)}至{roc_date(period.last_day)}）"


def audited_on(facts: AuditFacts) -> str:
    """Return the audit's day: that of the last signature in force."""
    return roc_date(local_date(facts.signed_on)) if facts.signed_on else NOT_SIGNED


def tally_table(facts: AuditFacts, total: str, rows: Sequence[tuple[str, ...]]) -> Table:
    """Return what was there, what had to be audited and what was, with the arithmetic beside it."""
    columns = (
        Column("項目", 6, Align.CENTER),
        Column(total, 7, Align.CENTER),
        Column("應稽核", 7, Align.CENTER),
        Column("實際稽核", 7, Align.CENTER),
        Column("結果", 3, Align.CENTER),
        Column("計算", 16),
    )
    return Table(columns, tuple(rows))


def result(met: bool) -> str:
    return "符合" if met else "不足"


def explained(facts: AuditFacts, word: str) -> str:
    """Return the sentences of the floors that begin with ``word``, a line each."""
    return stacked(*(one for one in facts.explanation if one.startswith(word)))


def month_words(months: Iterable[str]) -> str:
    """Return months with the year named once: ``115年1月、2月、3月``."""
    said: list[str] = []
    year = ""
    for month in months:
        words = roc_month(month)
        known, year = year, words.partition("年")[0]
        said.append(words.partition("年")[2] if year == known else words)
    return "、".join(said) or NONE


def stacked(*words: str) -> str:
    """Return the words that there are, a line each."""
    return "\n".join(word for word in words if word)


def conclusions(facts: AuditFacts) -> Iterable[Field]:
    """Yield what the signers concluded, in their own words."""
    for one in facts.signatures:
        if one.conclusion:
            yield Field("稽核結論", f"{one.conclusion}（{one.label} {one.name}）", wide=True)


def ruling_words(facts: AuditFacts) -> str:
    """Return how often each verdict was given."""
    return "、".join(f"{label} {count:,} 筆" for label, count in facts.rulings)


def signature_box(who: str, act: str, signed: SignatureFact | None) -> Box:
    """Return a box that holds an online signature, or waits for one by hand."""
    if signed is None:
        return Box(who, act, note=BY_HAND)
    return Box(who, act, f"線上簽核\n{signed.name}\n{roc_time(signed.at)}")


def act_box(who: str, act: str, done: ActFact | None) -> Box:
    """Return a box for what the agency's manager or head did with the record."""
    if done is None:
        return Box(who, act, note=BY_HAND)
    return Box(who, act, f"線上{act}\n{done.name}\n{roc_time(done.at)}", done.note)


def notes(facts: AuditFacts, clause: str, annex: str) -> Points:
    """Return what the reader has to know: the rule, the layout, the draw, and how to check it all."""
    said = [f"本表依{clause}辦理，稽核日期為最後簽核日。"]
    if annex:
        said.append(f"{annex}之格式未隨規範公開，本表依規範條文所需事項設計。")
    if facts.reading:
        said.append(f"{facts.reading}。")
    if not facts.nil:
        said.append(
            "樣本於母體凍結後以種子抽出；判斷抽查、加抽及重抽均載明理由，判斷抽查不列入應稽核人數及筆數。"
        )
    said.append(
        "核對碼為簽核內容雜湊值（SHA-256）之前 12 碼，可於系統「驗證」頁查對；"
        "抽樣可依系統匯出之抽樣檔，以其所附程式重做。"
    )
    return Points(tuple(said), title="說明", small=True)
