"""All tables, a module an area; importing this package loads every one of them."""

from data.models.accounts import Account, AccountDuty, AccountItem, SignInSession
from data.models.audits import (
    Audit,
    AuditDraw,
    AuditFrame,
    JudgementPick,
    Reopening,
    SampleItem,
    Signature,
    Verdict,
)
from data.models.base import Base
from data.models.identity import (
    ExternalIdentity,
    OldPassword,
    OneTimeLink,
    OutgoingMail,
    RecoveryCode,
    SecondFactor,
    SignInCounter,
)
from data.models.ledger import LedgerCheckpoint, LedgerTile, LedgerTimestamp
from data.models.organisation import Agency, Unit
from data.models.register import (
    BuildingDescription,
    LandDescription,
    OtherRight,
    Ownership,
    Property,
    Section,
)
from data.models.system import Event, Setting
from data.models.usage import SourceUser, UsageImport, UsageMonthSum, UsageRecord, UsageSource

__all__ = [
    "Account",
    "AccountDuty",
    "AccountItem",
    "Agency",
    "Audit",
    "AuditDraw",
    "AuditFrame",
    "Base",
    "BuildingDescription",
    "Event",
    "ExternalIdentity",
    "JudgementPick",
    "LandDescription",
    "LedgerCheckpoint",
    "LedgerTile",
    "LedgerTimestamp",
    "OldPassword",
    "OneTimeLink",
    "OtherRight",
    "OutgoingMail",
    "Ownership",
    "Property",
    "RecoveryCode",
    "Reopening",
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
