"""What can be done: the actions of the permission table, and what screens call them."""

from enum import StrEnum


class Action(StrEnum):
    """What can be done; the value is what events hold."""

    VIEW_HOME = "view_home"
    MANAGE_OWN_SIGN_IN = "manage_own_sign_in"
    QUERY_PARCEL = "query_parcel"
    VIEW_ACCOUNTS = "view_accounts"
    MANAGE_ACCOUNTS = "manage_accounts"
    APPLY = "apply"
    VIEW_APPLICATIONS = "view_applications"
    APPROVE_APPLICATION = "approve_application"
    RECORD_LETTER = "record_letter"
    REVIEW_APPLICATION = "review_application"
    COMPLETE_APPLICATION = "complete_application"
    RECORD_LEAVING = "record_leaving"
    GIVE_DUTY = "give_duty"
    KEEP_DOCUMENTS = "keep_documents"
    VIEW_REVIEWS = "view_reviews"
    PREPARE_REVIEW = "prepare_review"
    DECIDE_REVIEW = "decide_review"
    VIEW_USAGE = "view_usage"
    VIEW_RECORDS = "view_records"
    IMPORT_USAGE = "import_usage"
    VIEW_AUDIT = "view_audit"
    CONDUCT_AUDIT = "conduct_audit"
    JUDGE_RECORD = "judge_record"
    SIGN_AUDIT = "sign_audit"
    REOPEN_AUDIT = "reopen_audit"
    APPOINT_AUDITOR = "appoint_auditor"
    RECEIVE_AUDIT = "receive_audit"
    CONDUCT_AGENCY_AUDIT = "conduct_agency_audit"
    SIGN_AGENCY_AUDIT = "sign_agency_audit"
    REOPEN_AGENCY_AUDIT = "reopen_agency_audit"
    APPROVE_AUDIT = "approve_audit"
    SEND_AUDIT = "send_audit"
    SPOT_CHECK = "spot_check"
    VIEW_INCIDENTS = "view_incidents"
    HANDLE_INCIDENT = "handle_incident"
    REVIEW_PACKAGE = "review_package"
    VIEW_FINDINGS = "view_findings"
    ANSWER_FINDING = "answer_finding"
    EXPORT_TABLE = "export_table"
    VERIFY_PAPER = "verify_paper"
    VIEW_PERMISSIONS = "view_permissions"
    VIEW_EVENTS = "view_events"
    OPERATE_LEDGER = "operate_ledger"
    CHANGE_SETTINGS = "change_settings"

    @property
    def label(self) -> str:
        return ACTION_LABELS[self]


ACTION_LABELS = {
    Action.VIEW_HOME: "檢視待辦",
    Action.MANAGE_OWN_SIGN_IN: "管理自己的登入方式",
    Action.QUERY_PARCEL: "查詢地籍資料",
    Action.VIEW_ACCOUNTS: "檢視帳號",
    Action.MANAGE_ACCOUNTS: "管理帳號",
    Action.APPLY: "申請",
    Action.VIEW_APPLICATIONS: "檢視申請案",
    Action.APPROVE_APPLICATION: "核可申請案",
    Action.RECORD_LETTER: "登錄申請案的公文",
    Action.REVIEW_APPLICATION: "審核機關管理者申請案",
    Action.COMPLETE_APPLICATION: "完成辦理申請案",
    Action.RECORD_LEAVING: "登錄離職與異動",
    Action.GIVE_DUTY: "指派職務",
    Action.KEEP_DOCUMENTS: "保管申請文件",
    Action.VIEW_REVIEWS: "檢視權限清查",
    Action.PREPARE_REVIEW: "權限清查初核",
    Action.DECIDE_REVIEW: "權限清查核定",
    Action.VIEW_USAGE: "檢視使用統計",
    Action.VIEW_RECORDS: "檢視使用紀錄",
    Action.IMPORT_USAGE: "匯入使用紀錄",
    Action.VIEW_AUDIT: "檢視稽核",
    Action.CONDUCT_AUDIT: "辦理稽核",
    Action.JUDGE_RECORD: "判定稽核的紀錄",
    Action.SIGN_AUDIT: "簽核稽核紀錄",
    Action.REOPEN_AUDIT: "重新開啟稽核",
    Action.APPOINT_AUDITOR: "指派稽核人員",
    Action.RECEIVE_AUDIT: "收存單位稽核紀錄",
    Action.CONDUCT_AGENCY_AUDIT: "辦理機關稽核",
    Action.SIGN_AGENCY_AUDIT: "簽核機關稽核紀錄",
    Action.REOPEN_AGENCY_AUDIT: "重新開啟機關稽核",
    Action.APPROVE_AUDIT: "核定機關稽核紀錄",
    Action.SEND_AUDIT: "函送稽核紀錄",
    Action.SPOT_CHECK: "不定期檢查",
    Action.VIEW_INCIDENTS: "檢視事件",
    Action.HANDLE_INCIDENT: "處理事件",
    Action.REVIEW_PACKAGE: "複核機關函送的稽核",
    Action.VIEW_FINDINGS: "檢視缺失改善",
    Action.ANSWER_FINDING: "說明與改善缺失",
    Action.EXPORT_TABLE: "匯出看得到的表格",
    Action.VERIFY_PAPER: "驗證稽核紀錄表與函送資料",
    Action.VIEW_PERMISSIONS: "檢視權限對照",
    Action.VIEW_EVENTS: "檢視系統紀錄",
    Action.OPERATE_LEDGER: "封存及驗證帳本",
    Action.CHANGE_SETTINGS: "變更設定",
}
