"""How states, steps and people of applications look, everywhere the same."""

from pages.shared.badges import Colour
from pages.shared.text import plain
from services import rocdate
from services.applications.shown import ActLine, ApplicationLine
from services.regulation.application_states import Act, State
from services.regulation.workflow_diagram import who

STATE_COLOURS: dict[State, Colour] = {
    State.UNCONFIRMED: "orange",
    State.OPEN: "blue",
    State.RETURNED: "orange",
    State.COMPLETED: "green",
    State.REFUSED: "red",
    State.WITHDRAWN: "gray",
    State.EXPIRED: "gray",
}


def waits_for(line: ApplicationLine) -> str:
    """Say what is due, and by whom."""
    if line.step is None:
        return "申請人補正" if line.state is State.RETURNED else line.state.label
    return f"{line.step.deed.label}（{who(line.step)}）"


def act_words(act: ActLine) -> str:
    """Say in one line what was done, for the history."""
    what = act.deed.label if act.act is Act.PASSED else act.act.label
    more = [
        f"{act.letter_no}（{rocdate.roc_date(act.letter_date)}）" if act.letter_date else "",
        f"以{act.channel.label}" if act.channel else "",
        f"書面核可：{act.decided_by}" if act.decided_by else "",
        act.note,
    ]
    said = "；".join(plain(part) for part in more if part)
    return f"**{what}**　{plain(act.by)}　{rocdate.roc_time(act.at)}" + (
        f"　{said}" if said else ""
    )
