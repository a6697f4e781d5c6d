"""Messages as other programs and other houses send them."""

import json
from typing import Any

from ulid_transform import ulid_at_time

NOW = 1_700_000_000_000


def report(**fields: Any) -> bytes:
    """Return what another analyser says: something has begun, unless told otherwise."""
    return json.dumps({"kind": "started", **fields}).encode()


def event(
    seq: int = 1,
    *,
    ts: int = NOW,
    event_id: str | None = None,
    payload: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return an event as another Vigilar publishes it."""
    return {
        "id": event_id or ulid_at_time((ts + 0.5) / 1000),
        "ts": ts,
        "type": "person",
        "severity": "alert",
        "source_id": "front_door",
        **fields,
        "payload": {
            "version": 1,
            "phase": "new",
            "seq": seq,
            "name": "Front door",
            "entity_id": "camera.front_door",
            "device_id": "theirs",
            "area_id": "porch",
            "end_ts": None,
            "labels": [{"label": "person", "score": 0.9}],
            "zones": ["Porch"],
            "box": [0.1, 0.2, 0.3, 0.4],
            "score": 0.9,
            "why": "A person was recognised, 90% sure.",
            "media": {"snapshot": {"state": "ready", "url": "/api/vigilar/x"}},
            "latency_ms": {"confirm": 400.0},
            "reviews": [{"user_id": "1", "by": "Ann", "ts": NOW}],
            **(payload or {}),
        },
    }


def message(seq: int = 1, **fields: Any) -> bytes:
    """Return an event as bytes."""
    return json.dumps(event(seq, **fields)).encode()
