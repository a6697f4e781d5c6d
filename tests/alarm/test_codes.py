"""Codes: whose it is, and what happens to who guesses."""

from unittest.mock import patch

import bcrypt
import pytest

from custom_components.vigilar.alarm.codes import (
    FAILURE_WINDOW_MS,
    LOCKOUT_MS,
    MAX_FAILURES,
    Code,
    Throttle,
    Verdict,
    find_code,
    hash_code,
)

NOW = 1_700_000_000_000


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hash take a moment and not a quarter of a second."""
    monkeypatch.setattr("custom_components.vigilar.alarm.codes._ROUNDS", 4)


def test_a_code_is_found_and_cannot_be_read() -> None:
    """Each person's own, and no other."""
    codes = [
        Code(name, hash_code(code)) for name, code in (("A", "1234"), ("B", "äöü€"))
    ]
    assert "1234" not in codes[0].digest
    assert find_code("1234", codes) == codes[0]
    assert find_code("äöü€", codes) == codes[1]
    for wrong in ("", "123", "12345", "1234 "):
        assert find_code(wrong, codes) is None


def test_every_code_is_compared_whoever_it_is() -> None:
    """The time does not tell where in the list the right one stands."""
    codes = [Code(str(number), hash_code(f"{number:04}")) for number in range(3)]
    with patch.object(bcrypt, "checkpw", wraps=bcrypt.checkpw) as check:
        find_code("0000", codes)
        assert check.call_count == 3


def test_a_code_that_is_too_long_to_hash_is_not_found() -> None:
    """And raises nothing."""
    assert find_code("x" * 1000, [Code("A", hash_code("1234"))]) is None


@pytest.mark.parametrize("code", ["", "123", "x" * 73, "ä" * 37])
def test_a_code_of_the_wrong_length_is_refused(code: str) -> None:
    """Short ones are guessed, and of long ones the end would not count."""
    with pytest.raises(ValueError, match="4 characters"):
        hash_code(code)


def guess(throttle: Throttle, times: int, now: int = NOW) -> list[Verdict]:
    """Try so many wrong codes."""
    return [throttle.judge(right=False, now=now + number) for number in range(times)]


def test_too_many_wrong_codes_lock_the_keypad() -> None:
    """For a quarter of an hour nobody gets in, not even with the right one."""
    throttle = Throttle()
    assert guess(throttle, MAX_FAILURES) == [
        *[Verdict.WRONG] * (MAX_FAILURES - 1),
        Verdict.LOCKED_NOW,
    ]
    end = NOW + MAX_FAILURES - 1 + LOCKOUT_MS
    assert throttle.locked(end - 1)
    assert throttle.judge(right=True, now=end - 1) is Verdict.LOCKED
    assert throttle.judge(right=True, now=end) is Verdict.RIGHT


def test_a_right_code_forgives_and_time_does_too() -> None:
    """Who mistypes now and then is not locked out."""
    throttle = Throttle()
    guess(throttle, MAX_FAILURES - 1)
    assert throttle.judge(right=True, now=NOW) is Verdict.RIGHT
    assert Verdict.LOCKED_NOW not in guess(throttle, MAX_FAILURES - 1)
    later = NOW + FAILURE_WINDOW_MS + MAX_FAILURES
    assert Verdict.LOCKED_NOW not in guess(throttle, MAX_FAILURES - 1, later)


def test_a_restart_is_no_way_around() -> None:
    """Failures and the lock survive."""
    throttle = Throttle()
    guess(throttle, MAX_FAILURES - 1)
    again = Throttle()
    again.restore(**throttle.as_dict())  # type: ignore[arg-type]
    assert guess(again, 1) == [Verdict.LOCKED_NOW]
    third = Throttle()
    third.restore(**again.as_dict())  # type: ignore[arg-type]
    assert third.locked(NOW + 1000)
