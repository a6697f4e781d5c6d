"""How rates follow load and lag."""

from hypothesis import given, strategies as st
import pytest

from custom_components.vigilar.vision.governor import (
    CALM,
    STEPS,
    Limit,
    RateGovernor,
    Rates,
)

MOST = len(STEPS) - 1


def follow(governor: RateGovernor, load: float, count: int, lag_ms: float = 0) -> Rates:
    """Return the rates after some measurements with a budget of half a core."""
    for _ in range(count):
        rates = governor.decide(load, 0.5, lag_ms)
    return rates


def test_within_the_budget_nothing_is_limited() -> None:
    """All pictures that are set are analysed."""
    assert follow(RateGovernor(), 0.5, 20, lag_ms=50) == Rates(1.0, 1.0, Limit.NONE)


def test_quiet_cameras_go_first_and_busy_ones_last() -> None:
    """One step a measurement, and never below the last step."""
    governor = RateGovernor()
    seen = [follow(governor, 0.6, 1) for _ in range(2 * MOST + 3)]
    assert [rates.quiet for rates in seen[:MOST]] == list(STEPS[1:])
    assert {rates.busy for rates in seen[:MOST]} == {1.0}
    assert [rates.busy for rates in seen[MOST : 2 * MOST]] == list(STEPS[1:])
    assert seen[-1] == Rates(STEPS[-1], STEPS[-1], Limit.BUDGET)


def test_busy_cameras_recover_first() -> None:
    """A step back needs room in several measurements in a row."""
    governor = RateGovernor()
    follow(governor, 0.6, MOST + 1)
    assert follow(governor, 0.3, CALM - 1).busy == STEPS[1]
    assert follow(governor, 0.3, 1) == Rates(STEPS[-1], 1.0, Limit.BUDGET)
    assert follow(governor, 0.3, CALM).quiet == STEPS[-2]
    assert follow(governor, 0.3, CALM * MOST) == Rates(1.0, 1.0, Limit.NONE)


@pytest.mark.parametrize(("load", "lag_ms"), [(0.4, 0), (0.3, 30)])
def test_without_room_the_rates_stay(load: float, lag_ms: float) -> None:
    """Between too much and room for a step nothing changes."""
    governor = RateGovernor()
    before = follow(governor, 0.6, 2)
    assert follow(governor, load, 50, lag_ms=lag_ms) == before


def test_lag_of_the_loop_limits_at_any_load() -> None:
    """Home Assistant comes before the budget."""
    assert follow(RateGovernor(), 0.1, 1, lag_ms=51) == Rates(
        STEPS[1], 1.0, Limit.LOOP_LAG
    )


def test_room_must_last() -> None:
    """One measurement without room begins the wait anew."""
    governor = RateGovernor()
    before = follow(governor, 0.6, 1)
    for load in (0.1, 0.1, 0.45) * 5:
        assert follow(governor, load, 1) == before


@given(st.floats(0.05, 3), st.floats(0.1, 4))
def test_it_settles(full_load: float, budget: float) -> None:
    """Where the load follows the rates they come to rest, within the budget if they can."""
    governor = RateGovernor()
    rates = Rates()
    seen = []
    for _ in range(100):
        rates = governor.decide(full_load * rates.quiet, budget, 0)
        seen.append(rates.quiet)
    assert len(set(seen[-50:])) == 1
    assert full_load * rates.quiet <= budget or rates.quiet == STEPS[-1]
