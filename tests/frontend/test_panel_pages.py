"""The panel's pages: where they are, the cameras, and one camera live."""

from playwright.sync_api import expect
import pytest

from .conftest import Stage
from .view_house import PATH, House

PLACES = """const { parsePath, pathTo } = await import("/frontend/router.js");"""


@pytest.fixture
def house(stage: Stage) -> House:
    """Give a house with nothing mounted."""
    return House(stage)


@pytest.mark.parametrize(
    ("path", "name", "place_id"),
    [
        ("", "timeline", ""),
        ("/", "timeline", ""),
        ("/timeline/", "timeline", ""),
        ("/timeline/x", "unknown", ""),
        ("/event/01A", "event", "01A"),
        ("/event/a%20b", "event", "a b"),
        ("/event/%E0%A4%A", "unknown", ""),
        ("/event", "unknown", ""),
        ("/event/a/b", "unknown", ""),
        ("/cameras", "cameras", ""),
        ("/live/front_door", "live", "front_door"),
        ("/tuning", "tuning", ""),
        ("/tuning/front_door", "tuning", "front_door"),
        ("/audit", "audit", ""),
        ("/audit/x", "unknown", ""),
        ("/constructor", "unknown", ""),
    ],
)
def test_every_path_names_one_place(
    stage: Stage, path: str, name: str, place_id: str
) -> None:
    """What is not a page is none, and never another one."""
    assert stage.js(PLACES + "return parsePath(given)", path) == {
        "page": name,
        "id": place_id,
    }


def test_a_path_leads_where_it_says(stage: Stage) -> None:
    """Ids are untrusted; they stay within their segment."""
    path = stage.js(PLACES + "return pathTo('live', 'a/b?c', '?x=1')")
    assert path == "/vigilar/live/a%2Fb%3Fc?x=1"
    place = stage.js(PLACES + "return parsePath('/live/a%2Fb%3Fc')")
    assert place == {"page": "live", "id": "a/b?c"}


def test_tabs_lead_to_pages_and_back_leads_back(house: House) -> None:
    """The address, the marked tab and the page go together."""
    house.open("/vigilar")
    page = house.page
    tabs = page.get_by_role("navigation", name="Pages of Vigilar")
    expect(page.locator("vigilar-timeline .row").first).to_be_visible()
    tabs.get_by_role("link", name="Cameras").click()
    house.until_path("/vigilar/cameras")
    expect(page.get_by_role("link", name="Front door")).to_be_visible()
    expect(tabs.locator("[aria-current]")).to_have_text("Cameras")
    # Out of sight the list stays, and nothing in it can be reached.
    expect(page.locator("vigilar-timeline")).to_have_attribute("inert", "")
    page.get_by_role("link", name="Front door").click()
    house.until_path("/vigilar/live/front_door")
    page.get_by_role("button", name="Back", exact=True).click()
    house.until_path("/vigilar/cameras")
    page.go_back()
    house.until_path("/vigilar")
    expect(page.locator("vigilar-timeline .row").first).to_be_visible()


def test_after_a_deep_link_back_leads_to_the_list(house: House) -> None:
    """A notification has nothing behind it."""
    house.open()
    house.view.get_by_role("button", name="Back", exact=True).click()
    house.until_path("/vigilar/timeline")
    expect(house.page.locator("vigilar-timeline .row").first).to_be_visible()


def test_a_wide_window_shows_the_event_beside_the_list(house: House) -> None:
    """A narrow one shows it alone, and loads no list that nobody asked for."""
    house.open()
    expect(house.view.get_by_text("11 sec")).to_be_visible()
    expect(house.page.locator("vigilar-timeline")).to_have_count(0)
    house.page.set_viewport_size({"width": 1280, "height": 800})
    expect(house.page.locator("vigilar-timeline .row").first).to_be_visible()
    house.view.get_by_role("button", name="Close").click()
    house.until_path("/vigilar/timeline")
    expect(house.view).to_have_count(0)


def test_opening_an_event_from_the_list_keeps_the_filter(house: House) -> None:
    """The list, the address and the neighbours have the same one."""
    house.page.set_viewport_size({"width": 1280, "height": 800})
    house.open("/vigilar/timeline?severity=alert")
    house.page.locator("vigilar-timeline .row").last.click()
    house.until_path(f"{PATH}?severity=alert")
    expect(house.view.get_by_text("11 sec")).to_be_visible()
    tabs = house.page.get_by_role("navigation", name="Pages of Vigilar")
    tabs.get_by_role("link", name="Cameras").click()
    house.until_path("/vigilar/cameras")
    tabs.get_by_role("link", name="Timeline").click()
    house.until_path("/vigilar/timeline?severity=alert")


def test_an_unknown_page_says_so(house: House) -> None:
    """It has a way out."""
    house.open("/vigilar/nonsense")
    expect(house.page.get_by_text("There is no such page")).to_be_visible()
    house.page.get_by_role("button", name="To the timeline").click()
    house.until_path("/vigilar/timeline")


def test_tuning_is_for_administrators(house: House) -> None:
    """Others have neither the tab nor the page."""
    house.open("/vigilar/tuning", admin=False)
    expect(house.page.get_by_text("There is no such page")).to_be_visible()
    expect(house.page.get_by_role("link", name="Zones and tuning")).to_have_count(0)


def test_a_page_that_cannot_be_fetched_says_so(house: House) -> None:
    """Vigilar may have been updated, and its old files be gone."""
    house.page.route(
        "**/page-cameras.js",
        lambda route: route.fulfill(
            body="throw new Error('gone')", content_type="text/javascript"
        ),
    )
    house.open("/vigilar/cameras")
    expect(house.page.get_by_text("This page could not be loaded")).to_be_visible()


def test_a_phone_has_its_tabs_below_and_an_event_for_itself(house: House) -> None:
    """The head gives way to the event's own, unless the connection is lost."""
    house.page.set_viewport_size({"width": 390, "height": 844})
    house.open("/vigilar/cameras", narrow=True)
    tabs = house.page.get_by_role("navigation", name="Pages of Vigilar")
    box = tabs.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == 844
    house.stage.js(
        "(await import('/frontend/router.js')).navigate(given)",
        PATH,
    )
    expect(house.view.get_by_text("11 sec")).to_be_visible()
    expect(tabs).to_have_count(0)
    expect(house.page.get_by_role("heading", level=1)).to_have_count(0)
    house.stage.js("server.connection.lose()")
    expect(house.page.get_by_text("Reconnecting")).to_be_visible()


def test_the_count_of_what_is_not_reviewed_is_on_the_tab(house: House) -> None:
    """It falls as one reviews."""
    house.page.set_viewport_size({"width": 1280, "height": 800})
    house.open()
    tab = house.page.get_by_role("link", name="Timeline")
    count = int(house.stage.js("return server.unreviewed()"))
    expect(tab.locator(".count")).to_have_text(str(count))


def test_cameras_tell_how_they_stand_and_what_was_last(house: House) -> None:
    """What matters most is told, and it follows."""
    house.stage.js(
        """server.write({ id: "01T", type: "camera_tampered", severity: "critical", source_id: "driveway",
            ts: Date.now() - 9e8 });
        server.connection.subscribeMessage = ((subscribe) => (callback, message, options) =>
            subscribe(callback, { ...message, limit: 3 }, options))(server.connection.subscribeMessage);"""
    )
    house.open("/vigilar/cameras")
    page = house.page
    for source_id, *texts in (
        ("front_door", "Watching", "Entrance", "Person", "sec ago"),
        # Older than what came with the subscription, and asked for.
        ("driveway", "Tampered with", "Vehicle", "31 min ago"),
        ("garden", "Detection off", "Animal"),
        ("garage", "Watching", "Camera tampered with"),
        ("back_yard_with_a_rather_long_name", "Offline"),
    ):
        for text in texts:
            expect(page.locator(f"[data-source={source_id}]")).to_contain_text(text)
    house.stage.js(
        """server.tellSources(server.sources.map((source) =>
            ({ ...source, online: source.source_id !== "front_door", detecting: true })));
        server.write({ id: "01T", payload: { end_ts: Date.now(), phase: "ended" } });"""
    )
    for source_id, text in (
        ("front_door", "Offline"),
        ("garden", "Watching"),
        ("driveway", "Watching"),
    ):
        expect(page.locator(f"[data-source={source_id}]")).to_contain_text(text)
    house.stage.js("server.tellSources(server.sources.slice(0, 2))")
    expect(page.locator("[data-source]")).to_have_count(2)


def test_a_deleted_last_event_gives_way_to_the_one_before(house: House) -> None:
    """It is asked for again."""
    house.stage.js("server.sources = server.sources.slice(2, 3)")
    house.open("/vigilar/cameras")
    garden = house.page.locator("[data-source=garden]")
    expect(garden).to_contain_text("Animal")
    house.stage.js(
        "for (const event of server.newest()) if (event.source_id === 'garden') server.remove(event.id)"
    )
    expect(garden).to_contain_text("Nothing yet")


def test_pictures_are_taken_anew_only_while_somebody_looks(house: House) -> None:
    """A page in the background wakes no camera."""
    house.open("/vigilar/cameras")
    page = house.page
    stills = page.locator("vigilar-camera-still img")
    expect(stills.first).to_be_visible()

    def asked() -> int:
        return sum("camera_proxy/camera.front_door" in path for path in house.fetched)

    before = asked()
    with page.expect_response("**/camera_proxy/camera.front_door*"):
        page.clock.run_for(11_000)
    assert asked() > before
    house.stage.js(
        """Object.defineProperty(document, "hidden", { value: true, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));"""
    )
    hidden = asked()
    page.clock.run_for(60_000)
    assert asked() == hidden


def test_a_house_without_cameras_leads_to_adding_one(house: House) -> None:
    """For who may add one."""
    # What cannot be looked through is no camera.
    house.stage.js("server.sources = [{ ...server.sources[0], kind: 'alarm' }]")
    house.open("/vigilar/cameras")
    house.page.get_by_role("button", name="Add a camera").click()
    house.until_path("/config/integrations/integration/vigilar")


def test_a_server_that_refuses_is_told_on_every_page(house: House) -> None:
    """And asked again."""
    house.stage.js("server.refusal = { code: 'unauthorized' }")
    for path in ("/vigilar/cameras", "/vigilar/live/front_door"):
        house.open(path)
        expect(
            house.page.get_by_text("You may not see this timeline").first
        ).to_be_visible()
        house.stage.js("mounted.remove()")
    house.open("/vigilar/cameras")
    again = house.page.get_by_role("button", name="Try again")
    again.wait_for()
    house.stage.js("server.refusal = undefined")
    again.click()
    expect(house.page.locator("[data-source]")).to_have_count(5)


def test_a_live_page_has_a_picture_the_last_events_and_the_switch(
    house: House,
) -> None:
    """Without Home Assistant's own player there is its simple stream."""
    house.open("/vigilar/live/front_door")
    page = house.page
    expect(page.get_by_role("heading", level=2)).to_contain_text("Front door")
    expect(page.get_by_role("img", name="Front door")).to_have_attribute(
        "src", "/api/camera_proxy_stream/camera.front_door?token=secret"
    )
    expect(page.locator("vigilar-timeline .row")).to_have_count(3)
    switch = page.get_by_role("switch", name="Detection")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    assert house.stage.js("return calls") == [
        ["switch", "turn_off", {}, {"entity_id": "switch.front_door_detection"}]
    ]
    house.stage.js(
        """const state = { ...mounted.hass.states["switch.front_door_detection"], state: "off" };
        mounted.hass = { ...mounted.hass, states: { ...mounted.hass.states, [state.entity_id]: state } };"""
    )
    expect(switch).to_have_attribute("aria-checked", "false")


def test_home_assistants_own_player_is_used_where_it_can_be_had(house: House) -> None:
    """It is asked of the dashboards' helpers, which a deep link has not loaded."""
    house.stage.js(
        """const main = document.createElement("home-assistant-main");
        main.attachShadow({ mode: "open" }).innerHTML = "<partial-panel-resolver></partial-panel-resolver>";
        window.resolver = main.shadowRoot.firstChild;
        resolver.routerOptions = { routes: { home: { load: async () => {
            window.loadCardHelpers = async () => ({ importMoreInfoControl(domain) {
                window.asked = domain;
                customElements.define("ha-camera-stream", class extends HTMLElement {});
            } });
        } } } };
        window.main = main;"""
    )
    house.stage.js(
        """fake.defineHomeAssistant(undefined);
        document.querySelector("home-assistant").attachShadow({ mode: "open" }).append(main);"""
    )
    house.open(
        "/vigilar/live/front_door",
        hass={"panels": {"home": {"component_name": "lovelace", "url_path": "home"}}},
    )
    player = house.page.locator("ha-camera-stream")
    expect(player).to_be_attached()
    assert house.stage.js("return asked") == "camera"
    assert (
        player.evaluate("(player) => player.stateObj.entity_id") == "camera.front_door"
    )


def test_what_moves_is_shown_on_request_only(house: House) -> None:
    """The subscription begins with the wish and ends with it, and with the page."""
    house.open("/vigilar/live/front_door")
    page = house.page
    chip = page.get_by_role("button", name="Show what moves")
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert house.stage.js("return server.live.length") == 0
    chip.click()
    page.wait_for_function("server.live.length === 1")
    assert house.stage.js("return server.live[0].message") == {
        "type": "vigilar/live/subscribe",
        "source_id": "front_door",
    }
    house.stage.js(
        """server.live[0].callback({ kind: "live", ts: 0, online: true, detecting: true, boxes: [
            { id: "1", box: [0.25, 0.25, 0.5, 0.5], label: "person", score: 0.9, sure: true },
            { id: "2", box: [0, 0, 0.1, 0.1], label: null, score: 0.2, sure: false }] });"""
    )
    expect(page.locator(".boxes .box")).to_have_count(2)
    expect(page.locator(".box.sure")).to_have_text("Person 90%")
    picture = page.locator("vigilar-live-player .picture").bounding_box()
    box = page.locator(".box.sure").bounding_box()
    assert picture is not None
    assert box is not None
    assert box["width"] == pytest.approx(picture["width"] / 2, abs=1)
    chip.click()
    page.wait_for_function("server.live.length === 0")
    expect(page.locator(".boxes .box")).to_have_count(0)
    chip.click()
    page.wait_for_function("server.live.length === 1")
    page.get_by_role("button", name="Back", exact=True).click()
    page.wait_for_function("server.live.length === 0")


def test_zones_light_up_as_somebody_enters_them(house: House) -> None:
    """By name, while what moves there counts, and not before it is asked for."""
    house.stage.js(
        "server.sources[0] = { ...server.sources[0], zones: ['Porch', 'Drive'] }"
    )
    house.open("/vigilar/live/front_door")
    page = house.page
    zones = page.get_by_role("list", name="Zones of this camera")
    expect(page.get_by_role("button", name="Show what moves")).to_be_visible()
    expect(zones).to_have_count(0)
    page.get_by_role("button", name="Show what moves").click()
    page.wait_for_function("server.live.length === 1")
    expect(zones.get_by_role("listitem")).to_have_text(["Porch", "Drive"])
    lit = zones.locator("[aria-current=true]")
    expect(lit).to_have_count(0)
    tell = """server.live[0].callback({ kind: "live", ts: 0, online: true, detecting: true, boxes: %s });"""
    house.stage.js(
        tell
        % """[
            { id: "1", box: [0, 0, 0.5, 0.5], label: null, score: 0.9, sure: true, zones: ["Drive"] },
            { id: "2", box: [0, 0, 0.1, 0.1], label: null, score: 0.2, sure: false, zones: ["Porch"] }]"""
    )
    expect(lit).to_have_text(["Drive"])
    house.stage.js(tell % "[]")
    expect(lit).to_have_count(0)


def test_boxes_that_are_refused_are_not_promised(house: House) -> None:
    """The chip goes back, and it is said."""
    house.stage.js("server.refusals['vigilar/live/subscribe'] = { code: 'not_found' }")
    house.open("/vigilar/live/front_door")
    chip = house.page.get_by_role("button", name="Show what moves")
    chip.click()
    expect(house.page.get_by_text("What moves cannot be shown now")).to_be_visible()
    expect(chip).to_have_attribute("aria-pressed", "false")


def test_a_camera_without_an_entity_shows_its_last_event(house: House) -> None:
    """And says that this is what it is."""
    house.stage.js(
        "server.sources[0] = { ...server.sources[0], camera_entity_id: null, entity_id: 'event.front_door' }"
    )
    house.open("/vigilar/live/front_door")
    expect(
        house.page.get_by_text("This camera has no live picture in Home Assistant")
    ).to_be_visible()
    expect(house.page.get_by_role("img", name="Front door")).to_have_attribute(
        "src", "/api/image_proxy/image.front_door_last_event?token=secret"
    )


def test_a_camera_that_is_offline_pretends_nothing(house: House) -> None:
    """No old picture passes for a live one."""
    house.open("/vigilar/live/back_yard_with_a_rather_long_name")
    expect(house.page.get_by_text("The camera sends no picture now")).to_be_visible()
    expect(house.page.get_by_text("Offline", exact=True)).to_be_visible()


def test_an_unknown_camera_leads_to_all(house: House) -> None:
    """A link to a camera that was removed is no dead end."""
    house.open("/vigilar/live/nowhere")
    expect(house.page.get_by_text("There is no such camera")).to_be_visible()
    house.page.get_by_role("button", name="All cameras").click()
    house.until_path("/vigilar/cameras")
