"""The door of every service function: it names its action here, and a refusal is always recorded."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from services import events
from services.actor import Actor
from services.errors import Refused
from services.identity.permissions import Action, reach
from services.installation import holding

P = ParamSpec("P")
R = TypeVar("R")


def guarded(
    action: Action,
    *or_else: Action,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """Let only persons in who hold ``action`` somewhere, and record every refusal as an event.

    ``or_else`` are the actions by which the same thing is done to another kind of object: a unit's
    audit is conducted by its auditors, the agency's by its manager. Holding one of them opens the door.
    While the service is held nobody comes in. The function itself still has to check the thing it
    touches with `permit` or `reach`; a test walks all guarded functions and fails if one does not.
    """

    def decorate(
        function: Callable[Concatenate[Actor, P], R],
    ) -> Callable[Concatenate[Actor, P], R]:
        @functools.wraps(function)
        def inside(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            holding.refuse_while_held()
            try:
                if not any(reach(actor, one) for one in (action, *or_else)):
                    raise Refused(f"您沒有「{action.label}」的權限。")
                return function(actor, *args, **kwargs)
            except Refused as refusal:
                # The function's own transaction is rolled back by now, so this one stands alone. Of
                # guarded functions that call each other, the one that refused records it.
                if not refusal.recorded:
                    events.record_refusal(actor, action.value, function.__qualname__, str(refusal))
                    refusal.recorded = True
                raise

        inside.__action__ = action  # type: ignore[attr-defined]
        inside.__actions__ = (action, *or_else)  # type: ignore[attr-defined]
        return inside

    return decorate
