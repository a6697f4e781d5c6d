"""The store: the right events in the right order, whatever the messages do."""

from typing import Any

from .conftest import Stage

PRELUDE = """
const { TimelineStore } = await import("/frontend/timeline-store.js");
const event = (id, ts, seq, more = {}) =>
    ({ id, ts, type: "motion", severity: "info", source_id: "a", ...more, payload: { seq, ...more.payload } });
const connected = (more) =>
    ({ kind: "connected", epoch: "E", seq: 0, resumed: false, events: [], removed: [], sources: [], ...more });
const changed = (more) => ({ kind: "changed", seq: 0, events: [], removed: [], ...more });
const ids = (store) => store.events.map(({ id }) => id);
"""


def run(stage: Stage, script: str) -> Any:
    """Run statements beside the store module and some makers of messages."""
    return stage.js(PRELUDE + script)


def test_sorts_newest_first_and_by_id_when_equally_old(stage: Stage) -> None:
    """Time decides, then the id, both falling."""
    assert run(
        stage,
        """const store = new TimelineStore(50, 50);
        store.apply(connected({ events: [event("b", 5, 1), event("d", 4, 2), event("a", 5, 3), event("c", 9, 4)] }));
        return ids(store);""",
    ) == ["c", "b", "a", "d"]


def test_a_burst_of_a_thousand_changes_keeps_the_newest(stage: Stage) -> None:
    """The capacity bounds what is held; each event is held once, as it last was."""
    result = run(
        stage,
        """const store = new TimelineStore(50, 50);
        store.apply(connected({}));
        for (let seq = 1; seq <= 1000; seq++) {
            const id = `e${String(seq % 400).padStart(3, "0")}`;
            store.apply(changed({ seq, events: [event(id, seq % 400, seq)] }));
        }
        return { ids: ids(store), seqs: store.events.map((each) => each.payload.seq), seq: store.seq };""",
    )
    # Seqs 801-1000 are the third round, of 0-200; 201-399 were last seen in the second.
    newest = range(399, 349, -1)
    assert result["ids"] == [f"e{number:03}" for number in newest]
    assert result["seqs"] == [400 + number for number in newest]
    assert result["seq"] == 1000


def test_any_order_and_repetition_of_messages_ends_alike(stage: Stage) -> None:
    """A shuffled log with repeats gives what the log in order gives."""
    failures = run(
        stage,
        """const failures = [];
        for (let seed = 1; seed <= 300; seed++) {
            let state = seed;
            const random = (below) => {
                state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
                return Math.floor((state / 2 ** 32) * below);
            };
            const log = [];
            const gone = new Set();
            for (let seq = 1; seq <= 40; seq++) {
                const id = `e${random(12)}`;
                if (gone.has(id)) continue;
                if (random(6) === 0) {
                    gone.add(id);
                    log.push(changed({ seq, removed: [id] }));
                } else {
                    log.push(changed({ seq, events: [event(id, id.length * 100 + random(3), seq)] }));
                }
            }
            const shuffled = [...log, ...log.slice(0, random(log.length))]
                .map((message) => [random(1e6), message])
                .sort(([a], [b]) => a - b)
                .map(([, message]) => message);
            const [ordered, mixed] = [log, shuffled].map((messages) => {
                const store = new TimelineStore(50, 50);
                store.apply(connected({}));
                for (const message of messages) store.apply(message);
                return JSON.stringify([store.events, store.seq]);
            });
            if (ordered !== mixed) failures.push(seed);
        }
        return failures;""",
    )
    assert failures == []


def test_only_the_news_is_news(stage: Stage) -> None:
    """A beginning and a change of type are news; repeats and other changes are not."""
    assert run(
        stage,
        """const store = new TimelineStore(50, 50);
        const news = (message) => store.apply(message).map(({ id, type }) => `${id} ${type}`);
        return [
            news(connected({ events: [event("a", 1, 1)] })),
            news(changed({ seq: 2, events: [event("b", 2, 2)] })),
            news(changed({ seq: 2, events: [event("b", 2, 2)] })),
            news(changed({ seq: 3, events: [event("b", 2, 3, { payload: { zones: ["Porch"] } })] })),
            news(changed({ seq: 4, events: [event("b", 2, 4, { type: "person" })] })),
        ];""",
    ) == [[], ["b motion"], [], [], ["b person"]]


def test_resuming_merges(stage: Stage) -> None:
    """A resumed subscription brings only what changed meanwhile."""
    assert run(
        stage,
        """const store = new TimelineStore(50, 50);
        store.apply(connected({ seq: 2, events: [event("a", 1, 1), event("b", 2, 2)] }));
        const news = store.apply(connected({ seq: 5, resumed: true, events: [event("c", 3, 4)], removed: ["a"] }));
        return [ids(store), store.seq, news.length];""",
    ) == [["c", "b"], 5, 1]


def test_another_database_replaces_everything(stage: Stage) -> None:
    """A snapshot, or a cursor of another database, starts anew, removals included."""
    assert run(
        stage,
        """const outcomes = [];
        for (const resumed of [false, true]) {
            const store = new TimelineStore(50, 50);
            store.apply(connected({ seq: 9, events: [event("a", 1, 1), event("b", 2, 9)] }));
            store.apply(changed({ seq: 10, removed: ["a"] }));
            store.apply(connected({ epoch: "F", seq: 3, resumed, events: [event("a", 3, 3)] }));
            outcomes.push([ids(store), store.seq, store.epoch]);
        }
        return outcomes;""",
    ) == [[["a"], 3, "F"], [["a"], 3, "F"]]


def test_a_deleted_event_stays_deleted(stage: Stage) -> None:
    """Neither a late change nor a page that was under way brings it back."""
    assert run(
        stage,
        """const store = new TimelineStore(3, 50);
        store.apply(connected({ seq: 3, events: [event("a", 1, 1), event("b", 2, 2), event("c", 3, 3)] }));
        store.apply(changed({ seq: 4, removed: ["a", "z"] }));
        store.apply(changed({ seq: 3, events: [event("a", 1, 3)] }));
        store.addPage([event("z", 0, 1)]);
        return ids(store);""",
    ) == ["c", "b"]


def test_remembered_removals_are_bounded(stage: Stage) -> None:
    """A year of retention does not fill the memory: the oldest removals are forgotten."""
    assert run(
        stage,
        """const store = new TimelineStore(50, 50);
        store.apply(connected({}));
        const removed = Array.from({ length: 5001 }, (_, index) => `r${index}`);
        store.apply(changed({ seq: 1, removed }));
        store.apply(changed({ seq: 2, events: [event("r0", 1, 2), event("r1", 2, 2)] }));
        return ids(store);""",
    ) == ["r0"]


def test_a_change_to_an_old_event_makes_no_gap(stage: Stage) -> None:
    """What is older than the oldest loaded event waits for its page."""
    assert run(
        stage,
        """const store = new TimelineStore(2, 50);
        store.apply(connected({ seq: 8, events: [event("h", 8, 8), event("g", 7, 7)] }));
        const news = store.apply(changed({ seq: 9, events: [event("b", 2, 9)] })).length;
        const before = ids(store);
        store.addPage([event("f", 6, 6), event("e", 5, 5)]);
        const complete = store.complete;
        store.addPage([event("b", 2, 9)]);
        return [news, before, complete, ids(store), store.complete];""",
    ) == [0, ["h", "g"], False, ["h", "g", "f", "e", "b"], True]


def test_a_late_old_event_is_taken_when_all_is_loaded(stage: Stage) -> None:
    """A short snapshot is the whole history, so nothing can be skipped."""
    assert run(
        stage,
        """const store = new TimelineStore(50, 50);
        store.apply(connected({ seq: 1, events: [event("b", 2, 1)] }));
        store.apply(changed({ seq: 2, events: [event("a", 1, 2)] }));
        return [ids(store), store.complete];""",
    ) == [["b", "a"], True]


def test_what_the_capacity_drops_is_missing(stage: Stage) -> None:
    """A full store says so, and that it is not complete."""
    assert run(
        stage,
        """const store = new TimelineStore(2, 3);
        store.apply(connected({ seq: 1, events: [event("a", 1, 1)] }));
        const before = [store.complete, store.full];
        store.apply(changed({ seq: 4, events: [event("b", 2, 2), event("c", 3, 3), event("d", 4, 4)] }));
        return [before, ids(store), store.full, store.complete];""",
    ) == [[True, False], ["d", "c", "b"], True, False]
