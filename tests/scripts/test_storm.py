"""The storm's own judgement: what counts as lost, twice and complained of."""

from collections import Counter
from typing import Any
from unittest.mock import Mock

from scripts.harness.storm import Watcher, compare, complaints, filled

PUBLISHED = {("a", 1), ("b", 2), ("a", 3)}


def _log(*seen: tuple[str, int]) -> Mock:
    """Return what came over MQTT."""
    return Mock(seen=Counter(seen))


def _watcher(**seqs: int) -> Watcher:
    """Return a client that knows the newest numbers of events."""
    watcher = Watcher(Mock())
    watcher.seqs = seqs
    watcher.gaps = 0
    return watcher


def _event(event_id: str, seq: int) -> dict[str, object]:
    """Return an event as a client is told of it."""
    return {"id": event_id, "payload": {"seq": seq}}


def test_a_quiet_end() -> None:
    """All came, once: MQTT every change, the clients the last of each event."""
    found = compare(PUBLISHED, _log(*PUBLISHED), [_watcher(a=3, b=2)])
    assert found == {
        "changes": 3,
        "mqtt_lost": 0,
        "mqtt_unknown": 0,
        "mqtt_delivered_twice": 0,
        "client_lost": 0,
        "clients_complete": 1,
        "clients_told_twice": 0,
        "clients_begun_anew": 0,
    }


def test_what_is_lost_or_twice_is_counted() -> None:
    """Of MQTT and of the first client by its events, of the others whether at all."""
    log = _log(("a", 1), ("a", 1), ("x", 2), ("later", 4))
    found = compare(PUBLISHED, log, [_watcher(a=1, b=2), _watcher(a=5, b=2)])
    assert (found["mqtt_lost"], found["mqtt_unknown"]) == (2, 1)
    assert found["mqtt_delivered_twice"] == 1
    assert (found["client_lost"], found["clients_complete"]) == (1, 1)


def test_a_client_notes_what_it_is_told_again() -> None:
    """The same change twice, or an older one; and a snapshot after the first."""
    watcher = Watcher(Mock())
    connected = {"kind": "connected", "epoch": "e", "seq": 1, "resumed": False}
    watcher._take({**connected, "events": [_event("a", 1)]})
    watcher._take({"kind": "changed", "seq": 3, "events": [_event("a", 3)]})
    assert (watcher.last, watcher.repeated, watcher.gaps) == (3, 0, 0)
    watcher._take({"kind": "changed", "seq": 3, "events": [_event("a", 3)]})
    watcher._take({"kind": "resync"})
    watcher._take({**connected, "events": [_event("a", 1)]})
    assert (watcher.last, watcher.repeated, watcher.gaps) == (3, 2, 1)


def test_tracebacks_are_counted_by_whose_they_are() -> None:
    """One a record of the log, however many it quotes."""
    trace = 'Traceback (most recent call last):\n  File "x/{}/y.py"\nError: no'
    written = "\n".join(
        [
            "2026-01-01 00:00:00 ERROR [homeassistant] Failed",
            trace.format("homeassistant"),
            trace.format("homeassistant"),
            "2026-01-01 00:00:01 WARNING [custom_components.vigilar] Odd",
            "2026-01-01 00:00:02 ERROR [homeassistant] Failed",
            trace.format("custom_components/vigilar"),
        ]
    )
    assert complaints(written) == {"tracebacks": 2, "tracebacks_vigilar": 1}


def test_a_form_is_sent_as_it_is() -> None:
    """With what it suggests, section by section; what is empty is left out."""
    form: list[dict[str, Any]] = [
        {"name": "days", "default": 90},
        {"name": "prefix", "description": {"suggested_value": "vigilar"}},
        {"name": "folder"},
        {
            "name": "media",
            "type": "expandable",
            "schema": [{"name": "max", "default": 5}],
        },
    ]
    assert filled(form) == {"days": 90, "prefix": "vigilar", "media": {"max": 5}}
