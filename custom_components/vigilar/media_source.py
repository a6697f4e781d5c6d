"""Media source of Vigilar: camera, day, events.

An identifier is `camera/<source_id>`, `camera/<source_id>/<day>` or
`event/<ULID>/<kind>`, and never the path of a file.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import override

from homeassistant.components.media_player import (
    BrowseError,
    MediaClass,
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .access import asking_user, may_read
from .const import DOMAIN
from .events.query import EventQuery
from .events.store import StoreError
from .media.files import CONTENT_TYPES
from .media.states import state_of, url_of
from .models import Event, MediaKind, MediaState, SourceInfo
from .runtime import VigilarConfigEntry, VigilarRuntime

# A day of a busy camera; the timeline shows the rest.
MAX_EVENTS = 1000
MAX_SEARCHED = 2000
MAX_FOUND = 100

# What is played of an event, the best first.
PLAYED = (MediaKind.CLIP, MediaKind.SNAPSHOT)


async def async_get_media_source(hass: HomeAssistant) -> VigilarMediaSource:
    """Return the media source, once a process."""
    return VigilarMediaSource(hass)


class VigilarMediaSource(MediaSource):
    """What events look like, for players, browsers and AI tasks."""

    name = "Vigilar"

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize the media source."""
        super().__init__(DOMAIN)
        self.hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return where to play a clip or a picture from."""
        match item.identifier.split("/"):
            case ["event", event_id, kind] if kind in CONTENT_TYPES:
                return await self._resolve(event_id, MediaKind(kind))
        raise _unresolvable()

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return a folder: all cameras, a camera's days, or a day's events."""
        runtime = self._runtime()
        if runtime is None:
            raise _unknown()
        sources = _visible(runtime)
        try:
            match (item.identifier or "").split("/"):
                case [""]:
                    return _folder(
                        None,
                        self.name,
                        [
                            _folder(f"camera/{source.source_id}", source.name)
                            for source in sources.values()
                        ],
                    )
                case ["camera", source_id] if source_id in sources:
                    return await self._camera(runtime, sources[source_id])
                case ["camera", source_id, day] if source_id in sources:
                    return await self._day(runtime, sources[source_id], _parse(day))
        except StoreError as err:
            raise BrowseError(
                translation_domain=DOMAIN, translation_key="database_unreadable"
            ) from err
        raise _unknown()

    @override
    async def async_search_media(
        self, item: MediaSourceItem, query: SearchMediaQuery
    ) -> SearchMedia:
        """Return the newest events whose words have all that is asked for."""
        runtime = self._runtime()
        if runtime is None:
            raise _unknown()
        sources = _visible(runtime)
        match (item.identifier or "").split("/"):
            case ["camera", source_id, *_] if source_id in sources:
                sources = {source_id: sources[source_id]}
        try:
            events = await runtime.store.page(
                EventQuery(source_ids=frozenset(sources)), limit=MAX_SEARCHED
            )
        except StoreError as err:
            raise BrowseError(
                translation_domain=DOMAIN, translation_key="database_unreadable"
            ) from err
        names = await self._type_names()
        asked = query.search_query.casefold().split()
        found = []
        for event in events:
            words = _words(event, names).casefold()
            node = _node(event, names, dated=True)
            if node is None or not all(word in words for word in asked):
                continue
            wanted = query.media_filter_classes
            if not wanted or node.media_class in wanted:
                found.append(node)
        return SearchMedia(result=found[:MAX_FOUND])

    def _runtime(self) -> VigilarRuntime | None:
        """Return the running parts, or None while there are none."""
        entries: list[VigilarConfigEntry]
        entries = self.hass.config_entries.async_loaded_entries(DOMAIN)
        return entries[0].runtime_data if entries else None

    async def _resolve(self, event_id: str, kind: MediaKind) -> PlayMedia:
        """Return where to play something of an event from."""
        runtime = self._runtime()
        if runtime is None:
            raise _unresolvable()
        try:
            found = await runtime.library.find(event_id, kind)
        except StoreError as err:
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key="database_unreadable"
            ) from err
        if (
            found is None
            or found.path is None
            or not _may_see(runtime, found.event.source_id)
        ):
            raise _unresolvable()
        return PlayMedia(url_of(event_id, kind), CONTENT_TYPES[kind], path=found.path)

    async def _camera(
        self, runtime: VigilarRuntime, source: SourceInfo
    ) -> BrowseMediaSource:
        """Return the days of a camera on which there is something to see."""
        times = await runtime.library.store.times(source.source_id)
        days = {dt_util.as_local(_at(ts)).date() for ts in times}
        return _folder(
            f"camera/{source.source_id}",
            source.name,
            [
                _folder(f"camera/{source.source_id}/{day.isoformat()}", day.isoformat())
                for day in sorted(days, reverse=True)
            ],
        )

    async def _day(
        self, runtime: VigilarRuntime, source: SourceInfo, day: date
    ) -> BrowseMediaSource:
        """Return the events of a day that have something to see."""
        start = dt_util.start_of_local_day(day)
        end = dt_util.start_of_local_day(day + timedelta(days=1))
        events = await runtime.store.page(
            EventQuery(
                source_ids=frozenset({source.source_id}),
                start=_ms(start),
                end=_ms(end),
            ),
            limit=MAX_EVENTS,
        )
        names = await self._type_names()
        nodes = [_node(event, names) for event in events]
        return _folder(
            f"camera/{source.source_id}/{day.isoformat()}",
            day.isoformat(),
            [node for node in nodes if node is not None],
        )

    async def _type_names(self) -> dict[str, str]:
        """Return what the types of events are called, in Home Assistant's language."""
        texts = await async_get_translations(
            self.hass, self.hass.config.language, "entity", [DOMAIN]
        )
        prefix = f"component.{DOMAIN}.entity.event.activity.state_attributes"
        prefix = f"{prefix}.event_type.state."
        return {
            key.removeprefix(prefix): text
            for key, text in texts.items()
            if key.startswith(prefix)
        }


def _may_see(runtime: VigilarRuntime, source_id: str) -> bool:
    """Return whether who asks may know of a source; Home Assistant itself may."""
    user = asking_user()
    return user is None or may_read(user, runtime.async_source_info(source_id))


def _visible(runtime: VigilarRuntime) -> dict[str, SourceInfo]:
    """Return the sources that who asks may know of."""
    return {
        source_id: source
        for source_id, source in runtime.async_sources().items()
        if _may_see(runtime, source_id)
    }


def _folder(
    identifier: str | None, title: str, children: list[BrowseMediaSource] | None = None
) -> BrowseMediaSource:
    """Return a folder, open where its children are given."""
    folder = BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type="",
        title=title,
        can_play=False,
        can_expand=True,
        can_search=True,
        children_media_class=MediaClass.DIRECTORY,
    )
    folder.children = children
    return folder


def _node(
    event: Event, names: Mapping[str, str], *, dated: bool = False
) -> BrowseMediaSource | None:
    """Return what can be played of an event, or None if there is nothing."""
    media = event.payload["media"]
    ready = [kind for kind in PLAYED if state_of(media, kind) is MediaState.READY]
    if not ready:
        return None
    kind = ready[0]
    is_clip = kind is MediaKind.CLIP
    has_thumbnail = state_of(media, MediaKind.THUMBNAIL) is MediaState.READY
    when = dt_util.as_local(_at(event.ts))
    title = [when.strftime("%Y-%m-%d %H:%M:%S" if dated else "%H:%M:%S")]
    if dated:
        title.append(event.payload["name"])
    title.append(names.get(event.type, event.type))
    title += event.payload["zones"]
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=f"event/{event.id}/{kind.value}",
        media_class=MediaClass.VIDEO if is_clip else MediaClass.IMAGE,
        media_content_type=CONTENT_TYPES[kind],
        title=" · ".join(title),
        can_play=True,
        can_expand=False,
        thumbnail=url_of(event.id, MediaKind.THUMBNAIL) if has_thumbnail else None,
    )


def _words(event: Event, names: Mapping[str, str]) -> str:
    """Return all words by which an event can be found."""
    payload = event.payload
    labels = [label["label"] for label in payload["labels"]]
    when = dt_util.as_local(_at(event.ts)).strftime("%Y-%m-%d %H:%M")
    return " ".join(
        [
            when,
            payload["name"],
            names.get(event.type, ""),
            event.type,
            event.severity,
            *payload["zones"],
            *labels,
        ]
    )


def _parse(day: str) -> date:
    """Return the day that an identifier names.

    Raises:
        BrowseError: It names none.
    """
    try:
        return date.fromisoformat(day)
    except ValueError as err:
        raise _unknown() from err


def _at(ts: int) -> datetime:
    """Return the time of Unix milliseconds."""
    return dt_util.utc_from_timestamp(ts / 1000)


def _ms(when: datetime) -> int:
    """Return a time as Unix milliseconds."""
    return round(when.timestamp() * 1000)


def _unknown() -> BrowseError:
    """Return what is said to who asks for what there is not, or not for them."""
    return BrowseError(translation_domain=DOMAIN, translation_key="media_unknown")


def _unresolvable() -> Unresolvable:
    """Return what is said of what cannot be played."""
    return Unresolvable(translation_domain=DOMAIN, translation_key="media_gone")
