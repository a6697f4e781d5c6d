"""One other house whose Vigilar publishes to the same broker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
import re
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..events.clock import wall_ms
from ..models import Event
from .messages import SOURCE_ID, RejectedError, Rejection, read_event
from .subscriptions import MqttSubscriptions
from .tally import Tally

# An internet connection that drops, or a restart, is over before.
GONE_AFTER_S: Final = 1800.0
# More cameras, doors and windows than a house has.
MAX_SOURCES: Final = 500

_SOURCE_ID: Final = re.compile(SOURCE_ID)
_STATES: Final[Mapping[bytes, bool]] = {b"online": True, b"offline": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConfig:
    """What a user has said of another house.

    Attributes:
        subentry_id: The subentry that holds it.
        site_id: Stable slug; does not follow a renaming.
        name: As shown to people.
        prefix: First levels of the topics that it publishes.
    """

    subentry_id: str
    site_id: str
    name: str
    prefix: str


@dataclass(frozen=True, slots=True)
class SiteSource:
    """A source of another house, as far as it has told.

    Attributes:
        name: As that house calls it; its id until an event has said so.
        online: It watches, while the house itself is there.
    """

    name: str
    online: bool


def local_id(site_id: str, source_id: str) -> str:
    """Return the id by which a source of another house is known here.

    No source of this house has a full stop in its id.
    """
    return f"{site_id}.{source_id}"


def site_of(source_id: str) -> str | None:
    """Return which site a source is of; None for one of this house."""
    site_id, stop, _ = source_id.partition(".")
    return site_id if stop else None


class RemoteSite:
    """Listens to another house, and keeps what it says of itself."""

    def __init__(
        self,
        hass: HomeAssistant,
        config: SiteConfig,
        names: Mapping[str, str],
        *,
        describe: Callable[[], Mapping[str, str | None]],
        adopt: Callable[[Event], None],
        end_open: Callable[[str, str, int], None],
        changed: Callable[[], None],
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        """Initialize without listening.

        Args:
            hass: Home Assistant.
            config: Which house.
            names: Its sources as known from the last life, by that house's ids.
            describe: Returns `entity_id` and `device_id` of the site here.
            adopt: Takes its events, as they are to be stored.
            end_open: Ends the open events of a source: its id here, why, when.
            changed: Called when the house or a source comes, goes, or is renamed.
            clock: Unix milliseconds.
        """
        self.config = config
        self.sources = {
            source_id: SiteSource(name, online=True)
            for source_id, name in names.items()
        }
        self._hass = hass
        self._describe = describe
        self._adopt = adopt
        self._end_open = end_open
        self._changed = changed
        self._clock = clock
        self._status: bool | None = None
        self._connected = False
        self._tally = Tally(f"the site {config.site_id}")
        self._cancel_gone: CALLBACK_TYPE | None = None
        prefix = config.prefix
        self._subscriptions = MqttSubscriptions(
            hass,
            {
                f"{prefix}/status": self.receive_status,
                f"{prefix}/cameras/+/availability": self.receive_availability,
                f"{prefix}/events/published": self.receive_event,
                f"{prefix}/events/updated": self.receive_event,
                f"{prefix}/events/ended": self.receive_event,
            },
        )

    @property
    def online(self) -> bool | None:
        """Return whether the house says that it is there; None if nobody can tell."""
        return self._status if self._connected else None

    @property
    def diagnostics(self) -> dict[str, Any]:
        """Return what was taken and dropped, and how the house is."""
        return {
            "online": self.online,
            "sources": len(self.sources),
            **self._tally.diagnostics,
        }

    @callback
    def async_start(self) -> None:
        """Listen from now on."""
        self._subscriptions.async_start()
        self._async_await_gone()

    @callback
    def async_stop(self) -> None:
        """Listen no more."""
        self._subscriptions.async_stop()
        self._async_cancel_gone()

    @callback
    def async_set_connected(self, connected: bool) -> None:
        """Note whether the broker is there, without which nothing is known."""
        if connected == self._connected:
            return
        self._connected = connected
        # What is retained comes again with the connection.
        self._status = None
        self._async_note_presence()

    @callback
    def receive_status(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take note of whether the house is there."""
        if (online := _STATES.get(payload)) is None:
            self._tally.drop(Rejection.MALFORMED)
            return
        self._tally.take()
        if online != self._status:
            self._status = online
            self._async_note_presence()

    @callback
    def receive_availability(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take note of whether one of its cameras is there."""
        source_id = topic.rsplit("/", 2)[-2]
        if not payload and source_id in self.sources:
            # The house has removed it.
            self._tally.take()
            del self.sources[source_id]
            self._changed()
            return
        online = _STATES.get(payload)
        if online is None or not _SOURCE_ID.fullmatch(source_id):
            self._tally.drop(Rejection.MALFORMED)
        elif self._is_one_too_many(source_id):
            self._tally.drop(Rejection.TOO_MANY)
        else:
            self._tally.take()
            known = self.sources.get(source_id)
            name = source_id if known is None else known.name
            self._async_note_source(source_id, SiteSource(name, online))

    @callback
    def receive_event(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take one of its events, or count why it is dropped."""
        try:
            event = self._read(payload, retained)
        except RejectedError as err:
            self._tally.drop(err.rejection)
            return
        self._tally.take()
        known = self.sources.get(event.source_id)
        # What is no camera says nothing of its availability.
        online = known is None or known.online
        self._async_note_source(
            event.source_id, SiteSource(event.payload["name"], online)
        )
        self._adopt(self._as_ours(event))

    def _read(self, payload: bytes, retained: bool) -> Event:
        """Read an event as the house tells it.

        Raises:
            RejectedError: It is dropped.
        """
        if retained:
            raise RejectedError(Rejection.RETAINED)
        event = read_event(payload, self._clock())
        if self._is_one_too_many(event.source_id):
            raise RejectedError(Rejection.TOO_MANY)
        return event

    def _as_ours(self, event: Event) -> Event:
        """Return the event as it is to be stored here."""
        told = event.payload
        return replace(
            event,
            source_id=local_id(self.config.site_id, event.source_id),
            payload={
                **told,
                "name": f"{self.config.name}: {told['name']}",
                **self._describe(),
                "area_id": None,
                "site": self.config.name,
                "site_seq": told["seq"],
            },
        )

    def _is_one_too_many(self, source_id: str) -> bool:
        """Return whether a house claims more sources than it can have."""
        return source_id not in self.sources and len(self.sources) >= MAX_SOURCES

    @callback
    def _async_note_source(self, source_id: str, source: SiteSource) -> None:
        """Keep what is known of a source now."""
        if self.sources.get(source_id) != source:
            self.sources[source_id] = source
            self._changed()

    @callback
    def _async_note_presence(self) -> None:
        """Tell of a house that came or went; its events do not stay open for ever."""
        if self.online:
            self._async_cancel_gone()
        else:
            self._async_await_gone()
        self._changed()

    @callback
    def _async_await_gone(self) -> None:
        """Give the house some time to come back."""
        if self._cancel_gone is None:
            self._cancel_gone = async_call_later(
                self._hass, GONE_AFTER_S, self._async_gone
            )

    @callback
    def _async_cancel_gone(self) -> None:
        """Wait no more."""
        if self._cancel_gone is not None:
            self._cancel_gone()
            self._cancel_gone = None

    @callback
    def _async_gone(self, _now: datetime) -> None:
        """End what nobody will tell the end of."""
        self._cancel_gone = None
        for source_id in self.sources:
            self._end_open(
                local_id(self.config.site_id, source_id),
                f"{self.config.name} has not been heard of for"
                f" {GONE_AFTER_S / 60:.0f} minutes.",
                self._clock(),
            )
