"""Takes in what other analysers see: a camera's own AI, another program.

What they say becomes the observations that a camera's own sensors make, too;
the classifier decides what they mean. Whatever an analyser tells apart at a
camera is one thing to us.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..events.clock import wall_ms
from ..models import Observation, ObservationKind
from .messages import RejectedError, Rejection, Report, Stage, read_report
from .subscriptions import MqttSubscriptions
from .tally import Tally

# Who says that something began and never that it ended is not waited for longer.
SILENCE_S: Final = 300.0
# So many things may go on at the same time, of all cameras.
MAX_RUNNING: Final = 200


class ObserveListener:
    """Listens to `<prefix>/observe/<source_id>`."""

    def __init__(
        self,
        hass: HomeAssistant,
        prefix: str,
        submit: Callable[[Observation], None],
        detects: Callable[[str], bool | None],
        *,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        """Initialize without listening.

        Args:
            hass: Home Assistant.
            prefix: First levels of the topic.
            submit: Takes the observations.
            detects: Returns whether a camera is to be watched; None if there
                is none of that id.
            clock: Unix milliseconds.
        """
        self.prefix = prefix
        self._hass = hass
        self._submit = submit
        self._detects = detects
        self._clock = clock
        self._tally = Tally("observe")
        # What goes on by camera and key, each taken to have ended if nothing
        # more is said of it.
        self._running: dict[str, dict[str, asyncio.TimerHandle]] = {}
        self._subscriptions = MqttSubscriptions(
            hass, {f"{prefix}/observe/+": self.receive}
        )

    @property
    def diagnostics(self) -> dict[str, Any]:
        """Return how many messages were taken and dropped, and what goes on."""
        return {**self._tally.diagnostics, "running": self._count()}

    @callback
    def async_start(self) -> None:
        """Listen from now on."""
        self._subscriptions.async_start()

    @callback
    def async_stop(self) -> None:
        """Listen no more; what goes on ends with its camera."""
        self._subscriptions.async_stop()
        for timers in self._running.values():
            for timer in timers.values():
                timer.cancel()
        self._running.clear()

    @callback
    def receive(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take a message, or count why it is dropped.

        Args:
            topic: It ends with the id of the camera.
            payload: What anybody may have sent.
            retained: The broker had kept it.
        """
        try:
            self._take(topic.rsplit("/", 1)[-1], payload, retained)
        except RejectedError as err:
            self._tally.drop(err.rejection)
        else:
            self._tally.take()

    def _take(self, source_id: str, payload: bytes, retained: bool) -> None:
        """Make observations of a message.

        Raises:
            RejectedError: It is dropped.
        """
        if retained:
            raise RejectedError(Rejection.RETAINED)
        detects = self._detects(source_id)
        if detects is None:
            raise RejectedError(Rejection.UNKNOWN_SOURCE)
        if not detects:
            raise RejectedError(Rejection.NOT_DETECTING)
        report = read_report(payload, self._clock())
        for kind in self._follow(source_id, report):
            self._submit(_observation(kind, source_id, report))

    def _follow(self, source_id: str, report: Report) -> list[ObservationKind]:
        """Keep what goes on, and return what that means for the camera.

        Raises:
            RejectedError: Too much goes on already.
        """
        timers = self._running.setdefault(source_id, {})
        timer = timers.pop(report.key, None)
        goes_on = report.stage in (Stage.STARTED, Stage.UPDATED)
        if timer is not None:
            timer.cancel()
        elif goes_on and self._count() >= MAX_RUNNING:
            raise RejectedError(Rejection.TOO_MANY)
        if goes_on:
            timers[report.key] = self._hass.loop.call_later(
                SILENCE_S, self._give_up, source_id, report
            )
            return [ObservationKind.ONBOARD_SEEN]
        kinds = []
        if report.stage is Stage.MOMENT:
            kinds.append(ObservationKind.ONBOARD_SEEN)
        if not timers:
            kinds.append(ObservationKind.ONBOARD_GONE)
        return kinds

    def _give_up(self, source_id: str, report: Report) -> None:
        """Take what nothing more is said of to have ended."""
        timers = self._running[source_id]
        del timers[report.key]
        if not timers:
            # When it was last spoken of, as far as anybody knows.
            self._submit(_observation(ObservationKind.ONBOARD_GONE, source_id, report))

    def _count(self) -> int:
        """Return how many things go on."""
        return sum(len(timers) for timers in self._running.values())


def _observation(kind: ObservationKind, source_id: str, report: Report) -> Observation:
    """Return what a report says as an observation."""
    return Observation(
        kind=kind,
        source_id=source_id,
        ts=report.ts,
        score=max([report.score, *(label.score for label in report.labels)]),
        box=report.box,
        labels=report.labels,
        zones=report.zones,
        reason=report.by or "Another analyser",
    )
