"""稽核抽樣: a unit audit from its scope to its signature, in five steps (clause 7.1.1)."""

from pages.sampler import chooser, drawing, freeze, scope, signing, worksheet
from pages.sampler.context import stepper
from pages.sampler.late import show_late
from pages.shared import address
from pages.shared.layout import page_head
from pages.shared.session import current_actor

STEPS = {
    "scope": scope.show,
    "freeze": freeze.show,
    "draw": drawing.show,
    "judge": worksheet.show,
    "sign": signing.show,
}

page_head("稽核抽樣", "每季結束次月，由單位主管或其指派的稽核人員辦理單位稽核（第七點（一）1.）。")
context = chooser.choose(current_actor())
if context is not None:
    step = stepper(context)
    address.write(context.page, context.fields)
    show_late(context, step)
    STEPS[step](context)
