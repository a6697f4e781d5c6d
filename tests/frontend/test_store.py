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
        store.apply(changed({ seq: 2, events: [event("r0", 1, 1), event("r1", 2, 1)] }));
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


def test_what_matches_again_comes_back(stage: Stage) -> None:
    """A later change than its removal brings an event back: its review was undone."""
    assert run(
        stage,
        """const store = new TimelineStore(50, 50);
        store.apply(connected({ seq: 1, events: [event("a", 1, 1)] }));
        store.apply(changed({ seq: 2, removed: ["a"] }));
        const gone = ids(store);
        store.apply(changed({ seq: 3, events: [event("a", 1, 3)] }));
        store.apply(changed({ seq: 2, removed: ["a"] }));
        return [gone, ids(store)];""",
    ) == [[], ["a"]]


PAST = """
const live = () => {
    const store = new TimelineStore(2, 6);
    store.apply(connected({ seq: 9, events: [event("z", 90, 9), event("y", 80, 8)], unreviewed: 3 }));
    return store;
};
const page = (names, more) => ({ events: names.map(([id, ts]) => event(id, ts, 1)), more });
"""


def test_the_past_is_a_run_of_its_own(stage: Stage) -> None:
    """Between it and the present nothing is taken, so that no gap looks like quiet."""
    assert run(
        stage,
        PAST
        + """const store = live();
        const reached = [store.reaches(85), store.reaches(30), store.presentReaches(30)];
        store.openPast(page([["f", 30], ["e", 20]], true));
        store.apply(changed({ seq: 12, events: [
            event("n", 95, 10), event("gap", 50, 11), event("m", 25, 12), event("old", 5, 12), event("e", 20, 12),
        ] }));
        const past = [ids(store), store.get("e").payload.seq, store.inPast, store.complete, store.full];
        const within = [store.reaches(25), store.reaches(31), store.reaches(19)];
        store.closePast();
        return [reached, past, within, ids(store), store.inPast];""",
    ) == [
        [True, False, False],
        [["f", "m", "e"], 12, True, False, False],
        [True, False, False],
        ["n", "z", "y"],
        False,
    ]


def test_the_past_grows_both_ways_until_it_meets_the_present(stage: Stage) -> None:
    """Paging upwards joins the two runs; a page that says there is no more does, too."""
    assert run(
        stage,
        PAST
        + """const outcomes = [];
        for (const last of [page([["y", 80], ["g", 40]], true), page([["h", 50]], false)]) {
            const store = live();
            store.openPast(page([["f", 30], ["e", 20]], true));
            store.addPage(page([["d", 10]], false).events, false);
            store.addNewer(page([["g", 40]], true));
            const before = store.inPast;
            store.addNewer(last);
            outcomes.push([before, store.inPast, ids(store), store.complete]);
        }
        return outcomes;""",
    ) == [
        [True, False, ["z", "y", "g", "f", "e", "d"], True],
        [True, False, ["z", "y", "h", "g", "f", "e"], False],
    ]


def test_the_past_is_bounded_at_the_end_one_reads_away_from(stage: Stage) -> None:
    """Reading on into the past lets go of the newer end, and the other way round."""
    assert run(
        stage,
        PAST
        + """const numbered = (from, count) => Array.from({ length: count }, (_, index) => [`e${from - index}`, from - index]);
        const older = live();
        older.openPast(page(numbered(30, 5), true));
        older.addPage(page(numbered(25, 3)).events, true);
        const newer = live();
        newer.openPast(page(numbered(30, 5), true));
        newer.addNewer(page(numbered(33, 3), true));
        return [ids(older), ids(newer), newer.complete];""",
    ) == [
        ["e28", "e27", "e26", "e25", "e24", "e23"],
        ["e33", "e32", "e31", "e30", "e29", "e28"],
        False,
    ]


def test_the_present_stays_small_while_one_reads_the_past(stage: Stage) -> None:
    """A day of arrivals is not kept for a reader who is elsewhere."""
    assert run(
        stage,
        """const store = new TimelineStore(2, 1000);
        store.apply(connected({ seq: 2, events: [event("b", 2, 2), event("a", 1, 1)] }));
        store.openPast({ events: [event("p", 0, 1)], more: false });
        for (let seq = 3; seq < 103; seq++) store.apply(changed({ seq, events: [event(`n${seq}`, seq, seq)] }));
        store.closePast();
        return [store.events.length, store.events[0].id, store.complete];""",
    ) == [8, "n102", False]


def test_deleted_events_leave_the_past_too(stage: Stage) -> None:
    """And a page under way does not bring them back."""
    assert run(
        stage,
        PAST
        + """const store = live();
        store.openPast(page([["f", 30], ["e", 20]], true));
        store.apply(changed({ seq: 10, removed: ["f", "d"] }));
        store.addPage(page([["d", 10]]).events, false);
        return ids(store);""",
    ) == ["e"]


def test_an_amendment_holds_until_the_server_speaks(stage: Stage) -> None:
    """Taken back it leaves no trace; the server's own change wins over it and over its undoing."""
    assert run(
        stage,
        """const store = new TimelineStore(50, 50);
        store.apply(connected({ seq: 1, events: [event("a", 1, 1)] }));
        const mark = (each) => ({ ...each, payload: { ...each.payload, reviews: [{ user_id: "me" }] } });
        const marked = () => Boolean(store.events[0].payload.reviews);
        const version = store.version;
        const undo = store.amend("a", mark);
        const shown = [marked(), store.version !== version];
        undo();
        const undone = marked();
        const late = store.amend("a", mark);
        store.apply(changed({ seq: 2, events: [event("a", 1, 2, { payload: { reviews: [], note: "x" } })] }));
        late();
        store.amend("gone", mark)();
        return [shown, undone, store.events[0].payload.note];""",
    ) == [[True, True], False, "x"]


def test_the_watcher_hears_of_every_change_and_what_was_before(stage: Stage) -> None:
    """Repeats are none; of an event that is not held it says that it is not known."""
    assert run(
        stage,
        """const store = new TimelineStore(2, 50);
        store.apply(connected({ seq: 2, events: [event("c", 3, 2), event("b", 2, 1)] }));
        const heard = [];
        store.watcher = ({ before, after, known, seq }) => heard.push([before?.severity, after?.severity, known, seq]);
        store.apply(changed({ seq: 3, events: [event("c", 3, 3, { severity: "alert" })] }));
        store.apply(changed({ seq: 3, events: [event("c", 3, 3, { severity: "alert" })] }));
        store.apply(changed({ seq: 5, events: [event("d", 4, 4), event("a", 1, 5)] }));
        store.apply(changed({ seq: 6, removed: ["c", "x"] }));
        return heard;""",
    ) == [
        ["info", "alert", True, 3],
        [None, "info", True, 4],
        [None, "info", False, 5],
        ["alert", None, True, 6],
        [None, None, False, 6],
    ]


def test_facts_come_with_the_messages_that_change_them(stage: Stage) -> None:
    """Sources, blind periods and the count of what nobody has reviewed."""
    assert run(
        stage,
        """const store = new TimelineStore(50, 50);
        const period = (id, end) => ({ id, source_id: null, start: 1, end, reason: "offline" });
        store.apply(connected({ blind: [period(1, null)], unreviewed: 2, sources: [{ source_id: "a" }] }));
        const { generation } = store;
        store.apply(changed({ seq: 1 }));
        const kept = [store.blind.length, store.unreviewed, store.sources.length];
        const { version } = store;
        store.apply(changed({ seq: 2, blind: [period(1, 5), period(2, null)], unreviewed: 0, sources: [] }));
        const changes = [store.blind.map(({ end }) => end), store.unreviewed, store.sources.length, store.version !== version];
        store.apply(connected({ seq: 3, resumed: true, blind: [period(2, 9)] }));
        return [kept, changes, store.blind.map(({ end }) => end), store.generation - generation];""",
    ) == [[1, 2, 1], [[5, None], 0, 0, True], [9], 0]


def test_ten_thousand_changes_are_all_kept(stage: Stage) -> None:
    """None is lost on the way to the capacity, and they stay in order."""
    result = run(
        stage,
        """const store = new TimelineStore(50, 10_000);
        store.apply(connected({}));
        for (let seq = 1; seq <= 10_000; seq++) {
            store.apply(changed({ seq, events: [event(`e${String(seq).padStart(5, "0")}`, seq, seq)] }));
        }
        const sorted = store.events.every((each, index, all) => !index || all[index - 1].ts > each.ts);
        return [store.events.length, sorted, store.events[0].id, store.full];""",
    )
    assert result == [10_000, True, "e10000", True]
