"""Which rows of a long list are drawn."""

from typing import Any

from .conftest import Stage

PRELUDE = """
const { VirtualWindow } = await import("/frontend/virtual-window.js");
const rows = (count, kind = "event") => Array.from({ length: count }, (_, index) => ({ key: `k${index}`, kind }));
"""


def run(stage: Stage, script: str) -> Any:
    """Run statements beside the module."""
    return stage.js(PRELUDE + script)


def test_it_draws_what_is_in_sight_and_a_margin(stage: Stage) -> None:
    """Ten thousand rows make no difference to how many are drawn."""
    assert run(
        stage,
        """const list = new VirtualWindow();
        list.setItems(rows(10_000));
        list.measure([["k0", 50]]);
        return [
            list.total, list.range(0, 500, 100), list.range(250_010, 500, 100), list.range(499_990, 500, 100),
            list.indexAt(-5), list.indexAt(1e9), list.indexOf("k77"), list.indexOf("gone"),
        ];""",
    ) == [
        500_000,
        {"first": 0, "end": 13},
        {"first": 4998, "end": 5013},
        {"first": 9997, "end": 10_000},
        0,
        9999,
        77,
        None,
    ]


def test_nothing_has_no_rows(stage: Stage) -> None:
    """An empty list is drawn as one."""
    assert run(
        stage,
        """const list = new VirtualWindow();
        list.setItems([]);
        return [list.total, list.range(0, 500, 100), list.indexAt(10)];""",
    ) == [0, {"first": 0, "end": 0}, 0]


def test_rows_have_the_height_they_were_seen_to_have(stage: Stage) -> None:
    """Others that of their kind; a row that opened keeps its own."""
    assert run(
        stage,
        """const list = new VirtualWindow();
        list.setItems([...rows(3), { key: "day", kind: "day" }, { key: "other", kind: "event" }]);
        const first = list.measure([["k0", 70], ["k1", 200], ["k2", 70], ["day", 40], ["gone", 9], ["other", 0]]);
        const again = list.measure([["k1", 200], ["k2", 70]]);
        return [first, again, [0, 1, 2, 3, 4, 5].map((index) => list.offset(index))];""",
    ) == [True, False, [0, 70, 270, 340, 380, 450]]


def test_heights_survive_new_rows_and_are_forgotten_when_told(stage: Stage) -> None:
    """What has been seen stays true when something comes on top."""
    assert run(
        stage,
        """const list = new VirtualWindow();
        list.setItems(rows(2));
        list.measure([["k1", 80], ["k0", 70]]);
        list.setItems([{ key: "new", kind: "event" }, ...rows(2)]);
        const kept = [list.offset(1), list.offset(2), list.offset(3)];
        list.forget();
        return [kept, list.total];""",
    ) == [[70, 140, 220], 180]


def test_what_is_remembered_is_bounded(stage: Stage) -> None:
    """Rows that left long ago take no room."""
    assert (
        run(
            stage,
            """const list = new VirtualWindow();
        for (let round = 0; round < 50; round++) {
            const items = rows(100).map(({ kind }, index) => ({ key: `r${round} ${index}`, kind }));
            list.setItems(items);
            list.measure(items.map(({ key }) => [key, 90]));
        }
        list.setItems([{ key: "r0 0", kind: "strange" }]);
        return list.total;""",
        )
        == 60
    )
