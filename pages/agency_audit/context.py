"""What every step of 機關稽核 gets: the agency's half-year beside what all steps get."""

from dataclasses import dataclass

from pages.sampler.context import Context, steps_of
from services.audits.agency.overview import AgencyHalf
from services.audits.words import FrameScope
from services.regulation.audit_kinds import AuditKind
from services.regulation.periods import HalfYear

PAGE = "agency_audit"
AGENCY_STEPS = steps_of(AuditKind.AGENCY)


@dataclass(frozen=True, kw_only=True)
class AgencyContext(Context):
    """One agency and half-year; ``scope`` is what was frozen, or else what is chosen here."""

    agency: AgencyHalf
    half: HalfYear
    scope: FrameScope
