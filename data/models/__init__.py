"""All tables, a module an area; importing this package loads every one of them."""

from data.models.accounts import Account, AccountDuty, AccountItem, SignInSession
from data.models.applications import Application, ApplicationAct, PersonnelChange
from data.models.audits import (
    Audit,
    AuditAct,
    AuditDraw,
    AuditFrame,
    JudgementPick,
    RecordShare,
    Reopening,
    SampleItem,
    Signature,
    Verdict,
)
from data.models.base import Base
from data.models.documents import Destruction, Handover, KeptDocument
from data.models.evidence import (
    AuditPackage,
    Evidence,
    EvidenceWithdrawal,
    PackagePart,
)
from data.models.identity import (
    ExternalIdentity,
    OldPassword,
    OneTimeLink,
    OutgoingMail,
    RecoveryCode,
    SecondFactor,
    SignInCounter,
)
from data.models.incidents import Incident, IncidentRecord, IncidentStep
from data.models.ledger import LedgerCheckpoint, LedgerTile, LedgerTimestamp
from data.models.organisation import Agency, Unit
from data.models.oversight import (
    CheckOverruling,
    CheckRun,
    Finding,
    FindingStep,
    PackageReview,
    ReviewStep,
)
from data.models.register import (
    BuildingDescription,
    LandDescription,
    OtherRight,
    Ownership,
    Property,
    Section,
)
from data.models.reviews import ReviewCampaign, ReviewLine
from data.models.system import Event, Purge, Reminder, Setting
from data.models.usage import SourceUser, UsageImport, UsageMonthSum, UsageRecord, UsageSource

__all__ = [
    "Account",
    "AccountDuty",
    "AccountItem",
    "Agency",
    "Application",
    "ApplicationAct",
    "Audit",
    "AuditAct",
    "AuditDraw",
    "AuditFrame",
    "AuditPackage",
    "Base",
    "BuildingDescription",
    "CheckOverruling",
    "CheckRun",
    "Destruction",
    "Event",
    "Evidence",
    "EvidenceWithdrawal",
    "ExternalIdentity",
    "Finding",
    "FindingStep",
    "Handover",
    "Incident",
    "IncidentRecord",
    "IncidentStep",
    "JudgementPick",
    "KeptDocument",
    "LandDescription",
    "LedgerCheckpoint",
    "LedgerTile",
    "LedgerTimestamp",
    "OldPassword",
    "OneTimeLink",
    "OtherRight",
    "OutgoingMail",
    "Ownership",
    "PackagePart",
    "PackageReview",
    "PersonnelChange",
    "Property",
    "Purge",
    "RecordShare",
    "RecoveryCode",
    "Reminder",
    "Reopening",
    "ReviewCampaign",
    "ReviewLine",
    "ReviewStep",
    "SampleItem",
    "SecondFactor",
    "Section",
    "Setting",
    "SignInCounter",
    "SignInSession",
    "Signature",
    "SourceUser",
    "Unit",
    "UsageImport",
    "UsageMonthSum",
    "UsageRecord",
    "UsageSource",
    "Verdict",
]
