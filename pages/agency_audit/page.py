"""機關稽核: an agency's half-year, from what its units owe to the head's approval (clause 7.1.2)."""

from pages.agency_audit import approving, chooser, freeze, owed, scope, sending
from pages.sampler import drawing, signing, worksheet
from pages.sampler.context import stepper
from pages.shared import address
from pages.shared.layout import page_head
from pages.shared.session import current_actor

OWN_STEPS = {
    "scope": scope.show,
    "freeze": freeze.show,
    "approve": approving.show,
    "send": sending.show,
}
SHARED_STEPS = {"draw": drawing.show, "judge": worksheet.show, "sign": signing.show}

page_head(
    "機關稽核",
    "每年一月及七月，由機關管理者會同政風單位稽核前半年的使用紀錄，陳機關首長核定後函送地政局（第七點（一）2.）。",
)
context = chooser.choose(current_actor())
if context is not None:
    owed.show(context)
    step = stepper(context)
    address.write(context.page, context.fields)
    if step in OWN_STEPS:
        OWN_STEPS[step](context)
    else:
        SHARED_STEPS[step](context)
