"""What clients of the timeline are told of a source."""

from dataclasses import dataclass
from typing import Any

from homeassistant.auth.models import User

from ..access import may_control
from ..models import SourceInfo, SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source as clients see it now.

    Attributes:
        info: Who it is.
        kind: What sort of thing it is.
        area: The name of its area.
        zones: The names of the zones that its events can name.
        online: It reports.
        detecting: A user wants it watched.
        camera_entity_id: Home Assistant's entity that shows it live, if any.
    """

    info: SourceInfo
    kind: SourceKind
    area: str | None = None
    zones: tuple[str, ...] = ()
    online: bool = True
    detecting: bool = True
    camera_entity_id: str | None = None

    def as_dict(self, user: User) -> dict[str, Any]:
        """Return it as a user is told."""
        return {
            "source_id": self.info.source_id,
            "kind": self.kind.value,
            "name": self.info.name,
            "entity_id": self.info.entity_id,
            "device_id": self.info.device_id,
            "area_id": self.info.area_id,
            "area": self.area,
            "zones": list(self.zones),
            "online": self.online,
            "detecting": self.detecting,
            "can_control": may_control(user, self.info),
            "camera_entity_id": self.camera_entity_id,
        }
