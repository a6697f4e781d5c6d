"""Actions that find, make, mark, delete and snooze, and who may call them."""

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events
import voluptuous as vol

from custom_components.vigilar import reporting
from custom_components.vigilar.const import DOMAIN, HOUSE_SOURCE
from custom_components.vigilar.events import commits, processor
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.models import EventType
from custom_components.vigilar.publish.phone.recipient import Recipient, TargetKind
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.camera import Image
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers.service import async_get_all_descriptions

from .common import Workers, entity_id_of, make_jpeg, settle
from .publish.test_timeline_questions import TS, see

PERSON = {"labels": (("person", 0.9),)}
FRONT = "event.front_door_activity"
BACK = "event.back_yard_activity"
PICTURE = make_jpeg()


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every update of an event go out at once."""
    monkeypatch.setattr(processor, "UPDATE_INTERVAL_MS", 0)


@pytest.fixture
async def ids(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> list[str]:
    """Return the ids of events at the front, the back and the front, oldest first."""
    for source_id, offset, fields in (
        ("front_door", 0, PERSON),
        ("back_yard", 1000, PERSON),
        ("front_door", 2000, {}),
    ):
        await see(hass, workers, source_id, offset, **fields)
    return [event.id for event in (await runtime.store.page())[::-1]]


@pytest.fixture
def reader(
    hass: HomeAssistant,
    hass_read_only_user: MockUser,
    runtime: VigilarRuntime,
    back: str,
) -> MockUser:
    """Return a user who may look at the back yard, and no more."""
    allow(hass, hass_read_only_user, back, POLICY_READ)
    return hass_read_only_user


def allow(
    hass: HomeAssistant, user: MockUser, subentry_id: str, *policies: str
) -> None:
    """Let a user do something to one camera, and nothing else."""
    allowed = entity_id_of(hass, "event", subentry_id, "activity")
    user.mock_policy(
        {"entities": {"entity_ids": {allowed: dict.fromkeys(policies, True)}}}
    )


async def call(
    hass: HomeAssistant, action: str, user: MockUser | None = None, **data: Any
) -> Any:
    """Call an action, by a user or by an automation."""
    return await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        return_response=True,
        context=Context(user_id=None if user is None else user.id),
    )


async def found(hass: HomeAssistant, user: MockUser | None = None, **data: Any) -> Any:
    """Return the ids of the events that a search finds."""
    answer = await call(hass, "search_events", user, **data)
    return [event["id"] for event in answer["events"]]


def moment(ts: int) -> str:
    """Return a time as an automation gives it."""
    return datetime.fromtimestamp(ts / 1000, UTC).isoformat()


async def test_an_automation_searches(
    hass: HomeAssistant, runtime: VigilarRuntime, ids: list[str]
) -> None:
    """By each filter, newest first, and it is told whether there are more."""
    first, second, third = ids
    assert await found(hass) == [third, second, first]
    assert await found(hass, cameras=BACK) == [second]
    assert await found(hass, cameras=["front_door", BACK], types="person") == [
        second,
        first,
    ]
    assert await found(hass, severities=["info"]) == [third]
    assert await found(hass, text="yard") == [second]
    assert await found(hass, areas=["nowhere"]) == []
    assert await found(hass, zones=["nowhere"]) == []
    assert await found(hass, start=moment(TS + 1000), end=moment(TS + 2000)) == [second]
    assert await found(hass, reviewed=True) == []
    answer = await call(hass, "search_events", limit=2)
    assert answer["more"] is True
    assert len(answer["events"]) == 2
    assert (await call(hass, "search_events", limit=3))["more"] is False
    with pytest.raises(ServiceValidationError, match="no such camera"):
        await found(hass, cameras="cellar")


async def test_a_user_finds_what_he_may_see(
    hass: HomeAssistant, ids: list[str], reader: MockUser, hass_admin_user: MockUser
) -> None:
    """Another camera, named or not, is as if there were none."""
    assert await found(hass, reader) == [ids[1]]
    assert await found(hass, hass_admin_user) == ids[::-1]
    with pytest.raises(ServiceValidationError, match="no such camera"):
        await found(hass, reader, cameras=FRONT)
    answer = await call(hass, "get_event", reader, event_id=ids[1])
    assert answer["event"]["id"] == ids[1]
    with pytest.raises(ServiceValidationError, match="no such event"):
        await call(hass, "get_event", reader, event_id=ids[0])
    answer = await call(hass, "get_event", event_id=ids[0])
    assert set(answer["event"]) == {
        "id",
        "ts",
        "type",
        "severity",
        "source_id",
        "payload",
    }


async def test_events_are_marked_as_reviewed(
    hass: HomeAssistant, runtime: VigilarRuntime, ids: list[str], reader: MockUser
) -> None:
    """By a user those that he may see; by an automation all, under its own name."""
    assert await call(hass, "mark_reviewed", reader, event_id=ids) == {"count": 1}
    assert await call(hass, "mark_reviewed", event_id=ids[0]) == {"count": 1}
    assert await found(hass, reviewed=True) == [ids[1], ids[0]]
    event = await runtime.store.get(ids[0])
    assert event is not None
    (mark,) = event.payload["reviews"]
    assert (mark["user_id"], mark["by"]) == ("", "an automation")
    assert runtime.store.unreviewed == {}
    assert await call(hass, "mark_reviewed", event_id=[]) == {"count": 0}
    undone = await call(hass, "mark_reviewed", event_id=ids, reviewed=False)
    assert undone == {"count": 1}
    assert await found(hass, reviewed=True) == [ids[1]]


async def test_events_are_deleted_by_administrators(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    ids: list[str],
    reader: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """All of them or none: not what goes on, nor what is protected."""
    with pytest.raises(Unauthorized):
        await call(hass, "delete_events", reader, event_id=ids[1])
    workers.of("front_door").see_motion("open", TS + 3000)
    await settle(hass)
    (newest, *_) = await found(hass)
    with pytest.raises(ServiceValidationError, match="still going on"):
        await call(hass, "delete_events", hass_admin_user, event_id=[*ids, newest])
    await runtime.library.protect(ids[0], on=True)
    with pytest.raises(ServiceValidationError, match="protected"):
        await call(hass, "delete_events", event_id=ids)
    assert await call(hass, "delete_events", event_id=[]) == {"count": 0}
    answer = await call(hass, "delete_events", event_id=ids[:2], force=True)
    assert answer == {"count": 2}
    assert await found(hass) == [newest, ids[2]]


@pytest.fixture
def phones(runtime: VigilarRuntime) -> VigilarRuntime:
    """Give the hub two recipients."""
    runtime.phones.async_set_recipients(
        Recipient(
            id=f"{name.lower():0>26}",
            name=name,
            kind=TargetKind.ENTITY,
            target=f"notify.{name.lower()}",
        )
        for name in ("Ann", "Bob")
    )
    return runtime


async def snoozed(runtime: VigilarRuntime) -> set[tuple[str, str]]:
    """Return who is left alone by what."""
    return {
        (recipient.name, source_id)
        for recipient in runtime.phones.recipients.values()
        for source_id in ("front_door", "back_yard")
        if await runtime.phones.ledger.snoozed(recipient.id, source_id, wall_ms())
    }


async def test_cameras_are_snoozed(
    hass: HomeAssistant, phones: VigilarRuntime, hass_admin_user: MockUser
) -> None:
    """For whom and of what is said, or for all; and it can be taken back."""
    answer = await call(
        hass, "snooze", hass_admin_user, recipients="Ann", cameras=FRONT, minutes=5
    )
    assert answer["recipients"] == ["Ann"]
    assert answer["cameras"] == ["Front door"]
    left = datetime.fromisoformat(answer["until"]).timestamp() - wall_ms() / 1000
    assert 240 < left < 360
    assert await snoozed(phones) == {("Ann", "front_door")}
    await call(hass, "snooze")
    assert len(await snoozed(phones)) == 4
    await call(hass, "snooze", cameras=[FRONT], minutes=0)
    assert await snoozed(phones) == {("Ann", "back_yard"), ("Bob", "back_yard")}
    with pytest.raises(ServiceValidationError, match="no recipient Zoe"):
        await call(hass, "snooze", recipients=["Zoe"])


async def test_only_who_decides_about_a_camera_snoozes_it(
    hass: HomeAssistant, phones: VigilarRuntime, reader: MockUser, back: str
) -> None:
    """To look is not enough."""
    with pytest.raises(ServiceValidationError, match="no such camera"):
        await call(hass, "snooze", reader, cameras=BACK)
    assert (await call(hass, "snooze", reader))["cameras"] == []
    allow(hass, reader, back, POLICY_CONTROL)
    assert (await call(hass, "snooze", reader))["cameras"] == ["Back yard"]


@pytest.fixture
def picture(hass: HomeAssistant) -> Generator[AsyncMock]:
    """Let every camera give a picture."""
    with patch(
        "custom_components.vigilar.reporting.camera.async_get_image",
        return_value=Image("image/jpeg", PICTURE),
    ) as get:
        yield get


async def test_an_event_of_ones_own(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    picture: AsyncMock,
    hass_admin_user: MockUser,
) -> None:
    """It begins and ends at once, is told everywhere, and has its picture."""
    began = async_capture_events(hass, "vigilar_event")
    ended = async_capture_events(hass, "vigilar_event_ended")
    answer = await call(
        hass,
        "create_event",
        hass_admin_user,
        camera=FRONT,
        name="  Parcel ",
        severity="alert",
        note="Left at the gate",
        snapshot="camera.any",
    )
    event = answer["event"]
    assert (event["type"], event["severity"]) == ("manual", "alert")
    assert event["source_id"] == "front_door"
    payload = event["payload"]
    assert payload["name"] == "Parcel"
    assert payload["note"]["text"] == "Left at the gate"
    assert payload["note"]["by"] == hass_admin_user.name
    assert payload["why"] == f"Reported by {hass_admin_user.name}."
    assert payload["end_ts"] == event["ts"]
    await settle(hass)
    assert [told.data["id"] for told in (*began, *ended)] == [event["id"]] * 2
    stored = await runtime.store.get(event["id"])
    assert stored is not None
    assert stored.payload["media"]["snapshot"]["state"] == "ready"
    assert await found(hass, text="parcel gate") == [event["id"]]


async def test_an_event_of_the_house(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    reader: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """Automations and administrators speak for the house, and know of it."""
    event = (await call(hass, "create_event", type="water_leak"))["event"]
    assert (event["source_id"], event["severity"]) == (HOUSE_SOURCE, "alert")
    assert event["payload"]["name"] == "Vigilar"
    await call(hass, "create_event", hass_admin_user)
    assert len(await found(hass, hass_admin_user)) == 2
    assert await found(hass, reader) == []
    with pytest.raises(Unauthorized):
        await call(hass, "create_event", reader)
    with pytest.raises(ServiceValidationError, match="no such camera"):
        await call(hass, "create_event", reader, camera=BACK)


@pytest.mark.parametrize(
    "event_type", ["camera_offline", "alarm_triggered", "sensor_offline", "unicorn"]
)
async def test_nobody_speaks_for_the_alarm(
    hass: HomeAssistant, runtime: VigilarRuntime, event_type: str
) -> None:
    """Nor says that a connection is lost."""
    with pytest.raises(vol.Invalid):
        await call(hass, "create_event", type=event_type)
    assert await found(hass) == []


async def test_a_camera_without_a_picture(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    picture: AsyncMock,
    reader: MockUser,
    back: str,
) -> None:
    """It is said, and nothing is made; nor for whom may not look through it."""
    allow(hass, reader, back, POLICY_CONTROL)
    with pytest.raises(Unauthorized):
        await call(hass, "create_event", reader, camera=BACK, snapshot="camera.any")
    picture.return_value = Image("image/svg+xml", b"<svg/>")
    with pytest.raises(ServiceValidationError, match="gives no picture"):
        await call(hass, "create_event", snapshot="camera.any")
    picture.side_effect = HomeAssistantError("away")
    with pytest.raises(ServiceValidationError, match="gives no picture"):
        await call(hass, "create_event", snapshot="camera.any")
    assert await found(hass) == []


async def test_a_failing_database_is_told(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who makes an event is told in time, and it is stored once that works again."""
    monkeypatch.setattr(reporting, "STORE_TIMEOUT_S", 0.0)
    monkeypatch.setattr(commits, "retry_delays", lambda: iter([0.01] * 100))
    with (
        patch.object(EventStore, "write_all", side_effect=StoreError("full")),
        pytest.raises(HomeAssistantError, match="cannot be read"),
    ):
        await call(hass, "create_event")
    await hass.async_block_till_done()
    assert len(await found(hass)) == 1


async def test_the_actions_are_laid_out(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """Every action that is registered is described, and the other way round."""
    ours = (await async_get_all_descriptions(hass))[DOMAIN]
    assert set(ours) == set(hass.services.async_services_for_domain(DOMAIN))
    assert all(description["fields"] for description in ours.values())
    options = ours["create_event"]["fields"]["type"]["selector"]["select"]["options"]
    assert set(options) == {event_type.value for event_type in reporting.TYPES}
    options = ours["search_events"]["fields"]["types"]["selector"]["select"]["options"]
    assert set(options) == {event_type.value for event_type in EventType}
