"""Separation of duties as data: what nobody may do whatever they hold, and which function sees to it.

Part of the permission table; a test tries every row.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SeparationRule:
    """One rule: its sentence, the clause it comes from, and the services that enforce it."""

    code: str
    sentence: str
    clause: str
    functions: tuple[str, ...]
    """Dotted names under ``services``; each refuses and leaves an event."""


SEPARATION: tuple[SeparationRule, ...] = (
    SeparationRule(
        "own_account",
        "任何人都不能變更自己的帳號狀態與授權項目，須由其他管理者辦理。",
        "五；附表十「最小權限」",
        ("accounts.changes.set_status", "accounts.changes.set_items"),
    ),
    SeparationRule(
        "level_by_level",
        "管理者只管理規範交付的下一層帳號；系統管理者不直接變更一般使用者與單位管理者的帳號。",
        "四（二）至（四）",
        ("accounts.changes.set_status", "accounts.changes.set_items"),
    ),
    SeparationRule(
        "no_accounts_by_command",
        "命令列（系統維運）不能變更任何帳號，帳號只由負責的管理者變更。",
        "四（二）至（四）",
        ("accounts.changes.set_status", "accounts.changes.set_items"),
    ),
    SeparationRule(
        "duty_is_no_query",
        "單位主管、稽核、政風、首長與複核等職務，以及系統維運，都不帶查詢地籍資料的權利；"
        "沒有授權項目就不能查詢。",
        "四（一）；六（三）2.",
        ("parcels.query.query",),
    ),
    SeparationRule(
        "own_records",
        "稽核人員不能判定自己的使用紀錄。",
        "七（一）1.",
        ("audits.worksheet.judge",),
    ),
    SeparationRule(
        "managers_do_not_audit",
        "管理帳號的人不辦理單位稽核：凍結、抽樣、判定與簽核只由單位主管或其指派的稽核人員辦理。",
        "七（一）1.",
        (
            "audits.freezing.freeze",
            "audits.drawing.draw_first",
            "audits.drawing.redraw",
            "audits.drawing.expand",
            "audits.worksheet.judge",
            "audits.worksheet.pick",
            "audits.signing.sign",
        ),
    ),
    SeparationRule(
        "seed_is_not_chosen",
        "抽樣的人不能自己指定種子；種子來自作業系統，或凍結前指名、凍結後才公布的公開數字。",
        "七（一）1.",
        ("audits.drawing.draw_first",),
    ),
    SeparationRule(
        "persons_judge_and_sign",
        "判定、判斷抽查、簽核與重新開啟必須由有帳號的人辦理，命令列（系統維運）不能代辦。",
        "七（一）1.",
        (
            "audits.worksheet.judge",
            "audits.worksheet.pick",
            "audits.signing.sign",
            "audits.signing.reopen",
        ),
    ),
    SeparationRule(
        "head_reopens",
        "已簽核的稽核只有單位主管能重新開啟；簽核它的稽核人員不能。",
        "七（一）1.",
        ("audits.signing.reopen",),
    ),
)
