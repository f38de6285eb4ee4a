"""The same word, colour and icon for the same thing on 稽核複核."""

from pages.shared.badges import Colour
from services.oversight.queue import QueueState
from services.oversight.words import CheckState

PAGE = "review"
STATE_COLOURS: dict[QueueState, Colour] = {
    QueueState.RECEIVED: "orange",
    QueueState.REVIEWING: "blue",
    QueueState.ANSWERED: "orange",
    QueueState.ASKED: "blue",
    QueueState.ACCEPTED: "green",
    QueueState.OVERDUE: "red",
    QueueState.OWED: "gray",
}
CHECK_COLOURS: dict[CheckState, Colour] = {
    CheckState.PASSED: "green",
    CheckState.LOOK: "orange",
    CheckState.FAILED: "red",
}
CHECK_ICONS: dict[CheckState, str] = {
    CheckState.PASSED: ":material/check_circle:",
    CheckState.LOOK: ":material/visibility:",
    CheckState.FAILED: ":material/error:",
}
