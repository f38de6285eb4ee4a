"""The same word and colour for the same thing everywhere on 異常與事件."""

from pages.shared.badges import Colour
from services.incidents.words import IncidentStatus
from services.regulation.incidents import Gravity, Step

PAGE = "incidents"
GRAVITY_COLOURS: dict[Gravity, Colour] = {
    Gravity.MAJOR: "red",
    Gravity.ABNORMAL: "orange",
    Gravity.DEFICIENT: "blue",
}
STATUS_COLOURS: dict[IncidentStatus, Colour] = {
    IncidentStatus.OPEN: "orange",
    IncidentStatus.CLOSED: "green",
    IncidentStatus.DROPPED: "gray",
}
BUTTONS: dict[Step, str] = {
    Step.REPORTED: "登錄提報",
    Step.NOTIFIED: "登錄通報",
    Step.REMEDIED: "登錄補救",
    Step.OUTCOME: "登錄結果",
}
ICONS: dict[Step, str] = {
    Step.REPORTED: ":material/campaign:",
    Step.NOTIFIED: ":material/shield_person:",
    Step.REMEDIED: ":material/build:",
    Step.OUTCOME: ":material/gavel:",
}
