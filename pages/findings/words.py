"""The same word, colour and icon for the same thing on 缺失改善 and 稽核複核."""

from pages.shared.badges import Colour
from services.regulation.finding_states import FindingAct, FindingState, Gravity

PAGE = "findings"
STATE_COLOURS: dict[FindingState, Colour] = {
    FindingState.ASKED: "orange",
    FindingState.ANSWERED: "blue",
    FindingState.CONFIRMED: "blue",
    FindingState.IMPROVING: "orange",
    FindingState.IMPROVED: "blue",
    FindingState.ACCEPTED: "blue",
    FindingState.CLEARED: "green",
    FindingState.CLOSED: "green",
    FindingState.WITHDRAWN: "gray",
}
GRAVITY_COLOURS: dict[Gravity, Colour] = {Gravity.MAJOR: "red", Gravity.DEFICIENT: "orange"}
ICONS: dict[FindingAct, str] = {
    FindingAct.ANSWER: ":material/chat:",
    FindingAct.ASK_AGAIN: ":material/contact_support:",
    FindingAct.CLEAR: ":material/check_circle:",
    FindingAct.CONFIRM: ":material/gavel:",
    FindingAct.ORDER: ":material/event:",
    FindingAct.IMPROVE: ":material/build:",
    FindingAct.DISCIPLINE: ":material/campaign:",
    FindingAct.NOTIFY: ":material/shield_person:",
    FindingAct.RETURN: ":material/undo:",
    FindingAct.ACCEPT: ":material/thumb_up:",
    FindingAct.CLOSE: ":material/task_alt:",
    FindingAct.EXTEND: ":material/more_time:",
    FindingAct.TAKE_BACK: ":material/history:",
}
