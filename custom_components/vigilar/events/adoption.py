"""Pure: how an event that another house has classified enters this one's timeline."""

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from ..models import Event
from .classifier import Decision, Outcome

# Of so many that were deleted, late news are recognised.
REMEMBERED: Final = 1000


class Adoptions:
    """Decides what news of another house's event mean; remembers what was deleted."""

    def __init__(self) -> None:
        """Begin with nothing deleted."""
        self._deleted: OrderedDict[str, None] = OrderedDict()

    def note_deletion(self, event_id: str) -> None:
        """Remember that an event was deleted here: late news must not bring it back."""
        self._deleted[event_id] = None
        if len(self._deleted) > REMEMBERED:
            self._deleted.popitem(last=False)

    def decide(
        self, known: Event | None, event: Event, *, running: bool
    ) -> Decision | None:
        """Decide what a message about another house's event does.

        Args:
            known: The event of this id as it is known here, or None.
            event: As the other house says it is.
            running: It is known and goes on here.

        Returns:
            None if it is no news: a repetition, an older state that arrives
            late, an event that was deleted here, or one that is not that
            house's, as our own are when they come back to us.
        """
        thing = f"site/{event.id}"
        if event.id in self._deleted:
            return None
        if known is None:
            return Decision(thing, Outcome.OPENED, event)
        if known.source_id != event.source_id or _said(event) <= _said(known):
            return None
        # What is not the other house's to say stays: what people have said here.
        payload = known.payload | event.payload
        if running and payload["end_ts"] is not None:
            outcome = Outcome.ENDED
        else:
            # What was closed here meanwhile does not go on; its true end may follow.
            payload["end_ts"] = payload["end_ts"] or known.payload["end_ts"]
            outcome = Outcome.CHANGED
        return Decision(thing, outcome, replace(event, ts=known.ts, payload=payload))


def _said(event: Event) -> int:
    """Return the number that the other house gave to the change."""
    seq: int = event.payload["site_seq"]
    return seq
