"""What a service says when it will not do something: each message is one sentence for the user."""


class UserError(Exception):
    """Base of everything that a page shows as a sentence instead of a reference number."""


class Invalid(UserError):
    """The input is wrong; the sentence says what, where, and what is accepted."""


class Conflict(UserError):
    """The thing is not in a state in which this can be done, or somebody else was first."""


class Busy(UserError):
    """The database is at work for somebody else and this was not its turn in time; nothing was done."""


class Refused(UserError):
    """The acting person may not do this. Logged as an event where it is raised."""

    recorded = False
    """Whether that event is written; `services.identity.guard` sees to it."""


class NotFound(Refused):
    """No such thing for this person; says no more than a refusal would."""


class Held(Exception):
    """The service is held: what must be written down cannot be, so nothing is done (附表十).

    No `UserError`: no page goes on after it. Only `services.installation.holding` raises it. ``cause`` is
    the driver's own first line, for whoever looks after the machine.
    """

    def __init__(self, sentence: str, cause: str = "") -> None:
        super().__init__(sentence)
        self.cause = cause or sentence
