"""The other houses whose events this one shows: their life cycle and their sources."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.storage import Store

from .const import CONF_MQTT_PREFIX, CONF_SITE_ID, DOMAIN, SUBENTRY_REMOTE_SITE
from .events.clock import wall_ms
from .events.processor import EventProcessor
from .inbound.site import RemoteSite, SiteConfig, local_id, site_of
from .models import SourceInfo, SourceKind
from .publish.source_views import SourceView

CONNECTED_KEY: Final = "connected"
# The names are told again soon; a crash may forget some.
SAVE_DELAY_S: Final = 10.0

type Names = dict[str, dict[str, str]]


def _config(subentry: ConfigSubentry) -> SiteConfig:
    """Read a remote site subentry."""
    return SiteConfig(
        subentry_id=subentry.subentry_id,
        site_id=subentry.data[CONF_SITE_ID],
        name=subentry.title,
        prefix=subentry.data[CONF_MQTT_PREFIX],
    )


class RemoteSites:
    """Follows the remote site subentries, and knows what there is at each site."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        processor: EventProcessor,
        changed: Callable[[], None],
    ) -> None:
        """Initialize without sites.

        Args:
            hass: Home Assistant.
            entry: Its subentries say which sites there are.
            processor: Takes their events.
            changed: Called when something about the sources is new.
        """
        self.sites: dict[str, RemoteSite] = {}
        self._hass = hass
        self._entry = entry
        self._processor = processor
        self._changed = changed
        self._connected = False
        # The names of the sources, to show them before they are heard of.
        self._store: Store[Names] = Store(hass, 1, f"{DOMAIN}.sites")
        self._names: Names = {}
        self._unsaved = False
        self._added: list[Callable[[RemoteSite], None]] = []
        self._listeners: set[Callable[[], None]] = set()

    @property
    def diagnostics(self) -> dict[str, Any]:
        """Return how the sites are, by their ids."""
        return {site.config.site_id: site.diagnostics for site in self.sites.values()}

    async def async_start(self) -> None:
        """Listen to all sites there are."""
        self._names = await self._store.async_load() or {}
        await self.async_reconcile()

    async def async_stop(self) -> None:
        """Listen no more, and keep what is known."""
        for site in self.sites.values():
            site.async_stop()
        if self._unsaved:
            await self._store.async_save(self._names_to_save())

    async def async_reconcile(self) -> None:
        """Follow a change of the entry: touch only what has changed."""
        wanted = {
            subentry.subentry_id: _config(subentry)
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_REMOTE_SITE)
        }
        known = self._names
        for subentry_id in self.sites.keys() - wanted.keys():
            site = self.sites.pop(subentry_id)
            site.async_stop()
            await self._async_end_all(site, "The site was removed.")
        for subentry_id, config in wanted.items():
            before = self.sites.get(subentry_id)
            if before is not None and before.config == config:
                continue
            if before is not None:
                before.async_stop()
                self._async_rename_device(config)
                if before.config.prefix != config.prefix:
                    await self._async_end_all(before, "The settings were changed.")
            names = known.get(config.site_id, {})
            site = self.sites[subentry_id] = self._create(config, names)
            site.async_set_connected(self._connected)
            site.async_start()
            if before is None:
                for added in self._added:
                    added(site)
        self._async_tell()

    @callback
    def async_set_connected(self, connected: bool) -> None:
        """Let the sites know whether the broker is there."""
        self._connected = connected
        for site in self.sites.values():
            site.async_set_connected(connected)

    @callback
    def async_add_per_site(
        self,
        async_add_entities: AddConfigEntryEntitiesCallback,
        create: Callable[[RemoteSite], list[Entity]],
    ) -> None:
        """Add entities for every site there is and every one to come."""

        @callback
        def _async_add(site: RemoteSite) -> None:
            async_add_entities(create(site), config_subentry_id=site.config.subentry_id)

        self._added.append(_async_add)
        for site in self.sites.values():
            _async_add(site)

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when something about a site is new, until called off."""
        self._listeners.add(listener)
        return partial(self._listeners.discard, listener)

    @callback
    def async_device_info(self, config: SiteConfig) -> DeviceInfo:
        """Return the device of a site."""
        hub = dr.async_get_device_id_by_identifier(
            self._hass,
            (DOMAIN, self._entry.entry_id),
            config_entry_id=self._entry.entry_id,
        )
        return DeviceInfo(
            identifiers={(DOMAIN, config.subentry_id)},
            name=config.name,
            manufacturer="Vigilar",
            via_device_id=hub,
        )

    @callback
    def async_info(self, source_id: str) -> SourceInfo | None:
        """Return what is known of a site's source, or None if it is none."""
        if site_of(source_id) is None:
            return None
        return next(
            (
                view.info
                for view in self.async_views()
                if view.info.source_id == source_id
            ),
            None,
        )

    @callback
    def async_views(self) -> Iterable[SourceView]:
        """Return what clients are told of every source of every site."""
        for site in self.sites.values():
            place = self._place(site.config.subentry_id)
            for source_id, source in site.sources.items():
                yield SourceView(
                    info=SourceInfo(
                        source_id=local_id(site.config.site_id, source_id),
                        name=f"{site.config.name}: {source.name}",
                        **place,
                    ),
                    kind=SourceKind.REMOTE,
                    online=bool(site.online) and source.online,
                )

    def _create(self, config: SiteConfig, names: Mapping[str, str]) -> RemoteSite:
        """Make a site that does not listen yet."""
        return RemoteSite(
            self._hass,
            config,
            names,
            describe=partial(self._place, config.subentry_id),
            adopt=self._processor.submit_adoption,
            end_open=self._end_open,
            changed=self._async_tell,
        )

    def _place(self, subentry_id: str) -> dict[str, str | None]:
        """Return what stands for a site here: whoever may read it may see its events."""
        entity_id = er.async_get(self._hass).async_get_entity_id(
            "binary_sensor", DOMAIN, f"{subentry_id}_{CONNECTED_KEY}"
        )
        device = self._device(subentry_id)
        return {
            "entity_id": entity_id,
            "device_id": None if device is None else device.id,
        }

    def _device(self, subentry_id: str) -> dr.DeviceEntry | None:
        """Return the device of a site, once there is one."""
        return dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, subentry_id), self._entry.entry_id
        )

    @callback
    def _async_rename_device(self, config: SiteConfig) -> None:
        """Let the device carry the site's name; entities only name a new one."""
        if (device := self._device(config.subentry_id)) is not None:
            dr.async_get(self._hass).async_update_device(device.id, name=config.name)

    async def _async_end_all(self, site: RemoteSite, why: str) -> None:
        """End what nobody listens to any more."""
        for source_id in site.sources:
            await self._processor.end_open(
                local_id(site.config.site_id, source_id), why, wall_ms()
            )

    def _end_open(self, source_id: str, why: str, ts: int) -> None:
        """End what is open of a source, behind what is queued."""
        self._entry.async_create_background_task(
            self._hass,
            self._processor.end_open(source_id, why, ts),
            "vigilar site gone",
        )

    @callback
    def _async_tell(self) -> None:
        """Keep what is known, and let everyone hear that something is new."""
        if (names := self._known_names()) != self._names:
            self._names, self._unsaved = names, True
            self._store.async_delay_save(self._names_to_save, SAVE_DELAY_S)
        self._changed()
        for listener in list(self._listeners):
            listener()

    def _names_to_save(self) -> Names:
        """Return what is to be on disk, and take it that it is."""
        self._unsaved = False
        return self._names

    def _known_names(self) -> Names:
        """Return the names of the sources, by site and by their ids there."""
        return {
            site.config.site_id: {
                source_id: source.name for source_id, source in site.sources.items()
            }
            for site in self.sites.values()
        }
