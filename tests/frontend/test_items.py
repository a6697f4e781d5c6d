"""The rows of the list: days, hours, stories and blind periods."""

from typing import Any

from .conftest import Stage

PRELUDE = """
const { listItems, eventsOf } = await import("/frontend/list-items.js");
const MINUTE = 60_000;
const NOON = Date.parse("2026-11-23T12:00:00Z");
const format = {
    dayKey: (ts) => new Date(ts).toISOString().slice(0, 10),
    hourKey: (ts) => new Date(ts).toISOString().slice(0, 13),
};
const event = (id, minutes, { lasts = 10, phase = "ended", type = "motion", severity = "info", source = "a", media } = {}) => ({
    id, ts: NOON + minutes * MINUTE, type, severity, source_id: source,
    payload: { seq: 1, phase, end_ts: phase === "ended" ? NOON + minutes * MINUTE + lasts * 1000 : null, media },
});
const items = (events, { blind = [], open = [] } = {}) =>
    listItems({ events: [...events].sort((a, b) => b.ts - a.ts), blind, openFolds: new Set(open), format });
const told = (list) => list.filter(({ kind }) => kind !== "day" && kind !== "hour").map((item) =>
    item.kind === "fold" ? `${item.lead.id}: ${item.events.map(({ id }) => id).join(" ")}` : item.key);
"""


def run(stage: Stage, script: str) -> Any:
    """Run statements beside the module and some makers of events."""
    return stage.js(PRELUDE + script)


def test_days_and_hours_head_what_began_in_them(stage: Stage) -> None:
    """Newest first, each day and each hour once."""
    assert run(
        stage,
        """return items([event("a", 1), event("b", 30), event("c", 61), event("d", -13 * 60)])
            .map(({ kind, key }) => kind === "event" ? key : `${kind} ${key.split(" ")[1]}`);""",
    ) == [
        "day 2026-11-23",
        "hour 2026-11-23T13",
        "c",
        "hour 2026-11-23T12",
        "b",
        "a",
        "day 2026-11-22",
        "hour 2026-11-22T23",
        "d",
    ]


def test_events_of_a_camera_within_two_minutes_are_one_story(stage: Stage) -> None:
    """What counts is the pause between them, not the length of the whole."""
    assert run(
        stage,
        """return told(items([
            event("a", 1), event("b", 3), event("c", 5, { lasts: 120 }), event("d", 8.9),
            event("e", 11.5), event("f", 13.7),
        ]));""",
    ) == ["f", "e", "d: d c b a"]


def test_stories_end_at_other_cameras_hours_and_blind_periods(stage: Stage) -> None:
    """A row never reaches across something that stands between its events."""
    assert run(
        stage,
        """return told(items(
            [
                event("a", 1), event("b", 2, { source: "b" }), event("c", 3),
                event("d", 20), event("e", 21), event("f", 59), event("g", 60),
            ],
            { blind: [{ id: 7, source_id: null, start: NOON + 20.5 * MINUTE, end: NOON + 20.8 * MINUTE }] },
        ));""",
    ) == ["g", "f", "e", "blind 7", "d", "c", "b", "a"]


def test_what_lasts_and_what_a_camera_says_of_itself_stand_alone(stage: Stage) -> None:
    """An alarm that goes on is not hidden in a row, nor is a camera's state."""
    assert run(
        stage,
        """return told(items([
            event("a", 1), event("b", 1.5, { type: "camera_offline" }), event("c", 2), event("d", 3),
            event("e", 4, { phase: "new" }),
        ]));""",
    ) == ["e", "d: d c", "b", "a"]


def test_the_most_severe_leads_then_who_has_a_picture(stage: Stage) -> None:
    """The row looks like the event that matters."""
    assert run(
        stage,
        """const ready = { thumbnail: { state: "ready" } };
        return [
            told(items([event("a", 1, { media: ready }), event("b", 2, { severity: "alert" }), event("c", 3)])),
            told(items([event("a", 1, { media: ready }), event("b", 2)])),
            told(items([event("a", 1), event("b", 2)])),
        ].flat();""",
    ) == ["b: c b a", "a: b a", "b: b a"]


def test_an_open_story_shows_its_events_and_stays_open_while_it_grows(
    stage: Stage,
) -> None:
    """Its key is that of the first event, which stays the first."""
    assert run(
        stage,
        """const events = [event("a", 1), event("b", 2)];
        const [fold] = items(events).filter(({ kind }) => kind === "fold");
        const grown = items([...events, event("c", 3)], { open: [fold.key] });
        return [
            told(grown),
            grown.filter(({ kind }) => kind === "event").map(({ member }) => member),
            grown.flatMap((item) => item.kind === "fold" ? eventsOf(item) : []).length,
            eventsOf(grown[0]).length,
        ];""",
    ) == [["c: c b a", "c", "b", "a"], [True, True, True], 3, 0]


def test_blind_periods_stand_where_they_began(stage: Stage) -> None:
    """Also above the newest event and below the oldest."""
    assert run(
        stage,
        """const period = (id, minutes) => ({ id, source_id: null, start: NOON + minutes * MINUTE, end: null });
        return told(items([event("a", 0), event("b", 10)], { blind: [period(1, -5), period(2, 5), period(3, 20)] }));""",
    ) == ["blind 3", "b", "blind 2", "a", "blind 1"]


def test_every_event_is_in_exactly_one_row_in_order(stage: Stage) -> None:
    """Whatever comes together, nothing is lost, doubled or moved."""
    assert (
        run(
            stage,
            """const failures = [];
        for (let seed = 1; seed <= 200; seed++) {
            let state = seed;
            const random = (below) => {
                state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
                return Math.floor((state / 2 ** 32) * below);
            };
            const events = Array.from({ length: 30 }, (_, index) =>
                event(`e${index}`, random(200), {
                    source: "ab"[random(2)], phase: random(9) ? "ended" : "new", lasts: random(100),
                }));
            const blind = Array.from({ length: 4 }, (_, id) => ({ id, source_id: null, start: NOON + random(200) * MINUTE, end: null }));
            const list = items(events, { blind });
            const ts = list.filter(({ kind }) => kind !== "day" && kind !== "hour").map((item) => item.ts);
            const ids = list.flatMap(eventsOf).map(({ id }) => id);
            const expected = [...events].sort((a, b) => b.ts - a.ts).map(({ id }) => id);
            const keys = new Set(list.map(({ key }) => key));
            if (JSON.stringify(ids) !== JSON.stringify(expected)) failures.push(`order ${seed}`);
            if (ts.some((each, index) => index && each > ts[index - 1])) failures.push(`times ${seed}`);
            if (keys.size !== list.length) failures.push(`keys ${seed}`);
            if (list.filter(({ kind }) => kind === "blind").length !== 4) failures.push(`blind ${seed}`);
        }
        return failures;""",
        )
        == []
    )
