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
        "own_duty",
        "任何人都不能指派或解除自己的職務；機關的職務由該機關的機關管理者登錄，複核人員由系統管理者登錄。"
        "單位主管不能指派自己為稽核人員。",
        "五；七（一）、（二）",
        ("accounts.duties.give_duty", "accounts.duties.end_duty", "audits.appointing.appoint"),
    ),
    SeparationRule(
        "own_application",
        "任何人都不能辦理自己的申請案：核可、登錄書面核可、登錄通知、公文或審核、退回補正、駁回及完成辦理，"
        "都由其他人辦理。",
        "五（一）至（四）",
        (
            "applications.acting.approve",
            "applications.acting.record_approval_on_paper",
            "applications.acting.record_notice",
            "applications.acting.record_letter",
            "applications.acting.review",
            "applications.acting.send_back",
            "applications.acting.refuse",
            "applications.completing.complete",
        ),
    ),
    SeparationRule(
        "sender_is_no_judge",
        "匯入名單替他人送出申請案的人，不能核可該案，也不能登錄它的書面核可；連結由其轉交申請人的，"
        "也不能完成辦理。",
        "五（一）至（四）",
        (
            "applications.acting.approve",
            "applications.acting.record_approval_on_paper",
            "applications.completing.complete",
        ),
    ),
    SeparationRule(
        "judged_by_different_people",
        "同一申請案的核可、地政局審核與完成辦理由不同的人辦理；書面核可算核可的人，不算登錄的人。",
        "五（一）至（四）",
        ("applications.acting.review", "applications.completing.complete"),
    ),
    SeparationRule(
        "own_leaving",
        "任何人都不能登錄或撤回自己的離職或異動，由管理者登錄，本人另辦註銷或權限異動的申請。",
        "六（三）4.",
        (
            "accounts.leaving.recording.record_leaving",
            "accounts.leaving.recording.withdraw_leaving",
        ),
    ),
    SeparationRule(
        "destroyed_by_two",
        "收存文件的銷毀由一位管理者提出、另一位管理者確認；提出的人不能確認。",
        "六（一）",
        ("papers.destroying.confirm_destruction",),
    ),
    SeparationRule(
        "level_by_level",
        "管理者只管理規範交付的下一層帳號；系統管理者不直接變更一般使用者與單位管理者的帳號。",
        "四（二）至（四）",
        ("accounts.changes.set_status", "accounts.changes.set_items"),
    ),
    SeparationRule(
        "own_review",
        "權限清查時任何人都不能初核或核定自己的帳號；減列、停權或註銷機關管理者由系統管理者核定，"
        "同機關的另一位機關管理者只能核定保留。",
        "六（二）；四（三）、（四）",
        ("reviews.deciding.prepare", "reviews.deciding.decide"),
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
        "稽核人員不能判定自己的使用紀錄，也不能取用它來判定。",
        "七（一）1.",
        ("audits.worksheet.judge", "audits.sharing.take"),
    ),
    SeparationRule(
        "stake",
        "單位主管的使用紀錄不由其指派的稽核人員判定，由機關管理者判定；"
        "機關管理者與政風人員的使用紀錄，在機關稽核與不定期檢查由對方判定。逐筆認定。",
        "七（一）1.、2.、4.",
        ("audits.worksheet.judge", "audits.sharing.take"),
    ),
    SeparationRule(
        "managers_do_not_audit",
        "管理帳號的人不辦理單位稽核：凍結、抽樣、判定與簽核只由單位主管或其指派的稽核人員辦理；"
        "機關管理者只判定單位主管的紀錄。",
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
        "判定、判斷抽查、分派、佐證資料、簽核與重新開啟必須由有帳號的人辦理，命令列（系統維運）不能代辦。",
        "七（一）1.",
        (
            "audits.worksheet.judge",
            "audits.worksheet.pick",
            "audits.sharing.take",
            "audits.evidence.adding.add_evidence",
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
    SeparationRule(
        "own_incident",
        "本人的事件：任何人都不能成立、檢視或處理關於自己的事件，也不能開啟其佐證資料。",
        "六（三）5.；七（一）3.",
        (
            "incidents.reporting.report_abnormal",
            "incidents.view.view_incident",
            "incidents.evidence.open_incident_file",
            "incidents.acting.take_step",
            "incidents.acting.close_incident",
        ),
    ),
    SeparationRule(
        "two_signers",
        "機關稽核由機關管理者與政風人員兩人簽核；兼有兩種身分的人只能簽其中一種。",
        "七（一）2.",
        ("audits.signing.sign",),
    ),
    SeparationRule(
        "own_package",
        "複核人員不能複核自己任職機關的稽核；地政局自己的，由沒有辦理過、本人紀錄也不在受稽核之列的人複核。",
        "七（二）1.",
        (
            "oversight.acting.take_review",
            "oversight.acting.hand_over_review",
            "oversight.acting.overrule_check",
            "oversight.acting.accept_package",
            "oversight.acting.take_acceptance_back",
            "oversight.receiving.check_again",
            "oversight.findings.asking.ask",
            "oversight.findings.acting.move_finding",
        ),
    ),
    SeparationRule(
        "holder_decides",
        "函送資料由承辦的複核人員決定；他人要辦理須先移交承辦，並留下紀錄。",
        "七（二）1.",
        (
            "oversight.acting.overrule_check",
            "oversight.acting.accept_package",
            "oversight.acting.take_acceptance_back",
            "oversight.findings.asking.ask",
        ),
    ),
    SeparationRule(
        "second_reviewer",
        "重大缺失由認可改善以外的另一位複核人員結案。",
        "七（二）2.",
        ("oversight.findings.acting.move_finding",),
    ),
    SeparationRule(
        "approver_is_no_signer",
        "簽核機關稽核的人不能核定或退回它，由機關首長核定。",
        "七（一）2.",
        ("audits.agency.approving.approve", "audits.agency.approving.return_audit"),
    ),
)
