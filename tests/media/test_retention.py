"""What goes is old, or the least that matters; what is protected stays."""

import asyncio
import logging
from pathlib import Path
from unittest.mock import patch

import pytest

from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.media import files
from custom_components.vigilar.media.retention import MS_PER_DAY, Policy
from custom_components.vigilar.models import (
    ChangeKind,
    Event,
    Label,
    MediaKind,
    Severity,
)
from tests.common import make_jpeg
from tests.events.common import BEGAN
from tests.events.test_store import explain

from .house import House

PICTURE = make_jpeg()
PERSON = (Label("person", 0.9),)
VEHICLE = (Label("vehicle", 0.9),)
DELETED = {"state": "deleted", "url": None}


async def _three(house: House) -> tuple[Event, Event, Event]:
    """Return a person's, a vehicle's and a motion's event, in the order of time."""
    return (
        await house.keep_ended(BEGAN, PICTURE, key="p", labels=PERSON),
        await house.keep_ended(BEGAN + 10_000, PICTURE, key="v", labels=VEHICLE),
        await house.keep_ended(BEGAN + 20_000, PICTURE, key="m"),
    )


async def _deleted(house: House, *events: Event) -> list[bool]:
    """Return whether the media of events were deleted, rows and files included."""
    await house.settle()
    rows = {file.event_id for file in await house.library.store.all()}
    there = {Path(path).name.split(".")[0] for path in files.walk(house.root)}
    assert rows == there
    result = []
    for event in events:
        gone = (await house.media(event.id))["snapshot"] == DELETED
        assert gone is (event.id not in rows)
        result.append(gone)
    return result


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, [False, False, False]),
        (2, [False, False, True]),
        (7, [False, True, True]),
        (14, [True, True, True]),
    ],
)
async def test_what_is_too_old_goes(
    house: House, days: int, expected: list[bool]
) -> None:
    """By severity, counted from the end; the events stay and say so."""
    events = await _three(house)
    now = BEGAN + days * MS_PER_DAY + 60_000
    await house.library.retention.tidy(house.root, now)
    assert await _deleted(house, *events) == expected
    for event in events:
        assert await house.store.get(event.id) is not None


async def test_what_never_was_is_not_said_to_be_deleted(house: House) -> None:
    """Only what was ready can be."""
    event = await house.keep_ended(BEGAN, PICTURE)
    await house.library.dispose([event.id])
    await house.settle()
    media = await house.media(event.id)
    assert media["thumbnail"] == DELETED
    assert media["clip"]["state"] == "failed"
    found = await house.library.find(event.id, MediaKind.SNAPSHOT)
    assert found is not None
    assert found.path is None


async def test_open_and_protected_events_are_left_alone(house: House) -> None:
    """Whatever their age and whatever room is needed."""
    protected = await house.keep_ended(BEGAN, PICTURE, key="kept")
    recording = await house.see(key="recording", snapshot=PICTURE)
    await house.library.store.protect(protected.id, on=True)
    retention = house.library.retention
    retention.policy = Policy(max_bytes=0)
    far = BEGAN + 1000 * MS_PER_DAY
    with patch.object(files, "measure", return_value=files.Space(1000, 0)):
        await retention.tidy(house.root, far)
    await house.processor.prune(before_ms=far, now=far)
    assert await _deleted(house, protected, recording) == [False, False]
    await house.library.store.protect(protected.id, on=False)
    await retention.tidy(house.root, far)
    assert await _deleted(house, protected, recording) == [True, False]


async def test_the_total_size_is_kept(house: House) -> None:
    """Least severe first, and no more than it takes."""
    events = await _three(house)
    later = await house.keep_ended(BEGAN + 30_000, PICTURE, key="later")
    sizes = dict(await house.library.store.disposable(10))
    retention = house.library.retention
    total = sum(sizes.values())
    for limit, expected in (
        (total, [False, False, False, False]),
        (total - 1, [False, False, True, False]),
        (total - sizes[events[2].id] - 1, [False, False, True, True]),
        (sizes[events[0].id], [False, True, True, True]),
        (0, [True, True, True, True]),
    ):
        retention.policy = Policy(max_bytes=limit)
        await retention.tidy(house.root, BEGAN + 60_000)
        assert await _deleted(house, *events, later) == expected


async def test_the_reserve_of_the_disk_is_kept(house: House, tmp_path: Path) -> None:
    """Least severe first; what is on another disk does not help and stays."""
    other = await house.keep_ended(BEGAN - 10_000, PICTURE, key="other")
    root = tmp_path / "second"
    await house.library.use_root(root)
    house.root = root
    events = await _three(house)
    size = (await house.library.store.disposable(2, str(root)))[0][1]

    def measure(_root: Path) -> files.Space:
        """Return a disk that lacks a little more than one event's media."""
        used = sum((root / path).stat().st_size for path in files.walk(root))
        return files.Space(80 * size, 7 * size - used - 1)

    with patch.object(files, "measure", measure):
        await house.library.retention.tidy(root, BEGAN)
        await house.settle()
        assert (await house.media(other.id))["snapshot"]["state"] == "ready"
        gone = [(await house.media(event.id))["snapshot"]["state"] for event in events]
        assert gone == ["ready", "deleted", "deleted"]


async def test_room_is_made_before_a_clip_is_refused(house: House) -> None:
    """What is deleted leaves more than the reserve, for a clip makes none itself."""
    events = await _three(house)

    def measure(_root: Path) -> files.Space:
        """Return a disk whose reserve is just there with all that is kept."""
        used = sum(
            (house.root / path).stat().st_size for path in files.walk(house.root)
        )
        return files.Space(20 * kept, 2 * kept - used)

    kept = sum(size for _, size in await house.library.store.disposable(9, None))
    with patch.object(files, "measure", measure):
        files.check(house.root)
        assert measure(house.root).lacking > 0
        await house.library.retention.tidy(house.root, BEGAN)
        assert measure(house.root).lacking == 0
        assert await _deleted(house, *events) == [False, False, True]


async def test_no_more_is_deleted_than_is_lacking(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Some file systems count what was deleted as free only later."""
    caplog.set_level(logging.DEBUG)
    events = await _three(house)
    stale = files.Space(1000, 49)
    with patch.object(files, "measure", return_value=stale):
        await house.library.retention.make_room(house.root)
        assert await _deleted(house, *events) == [False, False, True]
        for _ in range(3):
            await house.library.retention.make_room(house.root)
        assert await _deleted(house, *events) == [True, True, True]
    assert "nothing to delete" in caplog.text
    with patch.object(files, "measure", side_effect=OSError):
        await house.library.retention.make_room(house.root)


async def test_a_store_that_fails_deletes_nothing(house: House) -> None:
    """Whoever asked hears of it."""
    events = await _three(house)
    with (
        patch.object(house.library.store, "of", side_effect=StoreError("locked")),
        pytest.raises(StoreError),
    ):
        await house.library.retention.tidy(house.root, BEGAN + 1000 * MS_PER_DAY)
    assert len(files.walk(house.root)) == 2 * len(events)


def test_the_policy_counts_days() -> None:
    """Each severity by its own number, with defaults that grow with it."""
    cutoffs = Policy().before_ms(100 * MS_PER_DAY)
    assert cutoffs == {
        Severity.INFO: 98 * MS_PER_DAY,
        Severity.WARNING: 93 * MS_PER_DAY,
        Severity.ALERT: 86 * MS_PER_DAY,
        Severity.CRITICAL: 70 * MS_PER_DAY,
    }


async def test_retention_asks_only_the_index(house: House) -> None:
    """It asks every minute, and most events have no media any more."""
    store = house.library.store
    before_ms = dict.fromkeys(Severity, BEGAN)

    async def ask() -> None:
        """Ask all that is asked each minute."""
        await store.expired(before_ms, 10)
        await store.disposable(10)
        await store.disposable(10, str(house.root))
        await store.usage()

    steps = await explain(house.store, ask)
    assert not [step for step in steps if "TEMP B-TREE" in step]
    walked = [step for step in steps if "events" in step or "SCAN media_files" in step]
    assert len(walked) == len(Severity) + 3
    for step in walked:
        assert "ix_events_media_ready" in step or "ix_media_files_bytes" in step


async def test_protection_is_said_and_can_be_taken_back(house: House) -> None:
    """The event carries it, as an update, once; an unknown one is not protected."""
    event = await house.keep_ended(BEGAN, PICTURE)
    for on in (True, True, False, False):
        assert await house.library.protect(event.id, on=on)
        await house.settle()
    said = [change.event.payload.get("protected") for change in house.changes]
    assert [each for at, each in enumerate(said) if each or (at and said[at - 1])] == [
        True,
        None,
    ]
    assert house.changes[-1].kind is ChangeKind.UPDATED
    assert not await house.library.protect("0" * 26, on=True)
    await house.settle()
    assert house.changes[-1].event.id == event.id


async def test_protection_waits_for_what_is_being_deleted(house: House) -> None:
    """What is chosen to go is not said to be safe before it is gone."""
    event = await house.keep_ended(BEGAN, PICTURE)
    async with house.library.retention.deleting:
        protecting = asyncio.create_task(house.library.protect(event.id, on=True))
        await house.settle()
        assert not protecting.done()
    assert await protecting
