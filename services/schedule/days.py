"""Until when the audits of a period are due, by the calendar as it stands (7.1.1, 7.1.2): whoever shows it asks here.

The calendar is the same as long as the process lives, and a list of audits asks for the same few periods again
and again: each is reckoned once.
"""

from functools import cache

from services.regulation.deadlines import DueDay, agency_audit, sending, unit_audit
from services.regulation.periods import HalfYear, Quarter
from services.working_days import OFFICES


@cache
def unit_audit_day(quarter: Quarter) -> DueDay:
    """Return until when the unit audit of a quarter is due."""
    return unit_audit(quarter, OFFICES).day


@cache
def agency_audit_day(half: HalfYear) -> DueDay:
    """Return until when the agency audit of a half-year is due."""
    return agency_audit(half, OFFICES).day


@cache
def sending_day(half: HalfYear) -> DueDay:
    """Return until when the audits of a half-year go to the bureau."""
    return sending(half, OFFICES).day
