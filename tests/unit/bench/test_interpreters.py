from __future__ import annotations

from bench.interpreters import Interpreter, fastest_first

OLD_FAST = Interpreter("/usr/bin/python3.11", (3, 11, 2), 300.0)
NEW_SLOW = Interpreter("/opt/python3.13", (3, 13, 0), 480.0)
NEW_FAST = Interpreter("/usr/local/bin/python3.13", (3, 13, 5), 340.0)


def test_how_an_interpreter_was_built_counts_more_than_its_version() -> None:
    assert fastest_first([NEW_SLOW, OLD_FAST]) == [OLD_FAST, NEW_SLOW]


def test_of_those_that_are_about_as_fast_the_newest_goes_first() -> None:
    assert fastest_first([OLD_FAST, NEW_SLOW, NEW_FAST]) == [NEW_FAST, OLD_FAST, NEW_SLOW]


def test_none_found_is_none_chosen() -> None:
    assert fastest_first([]) == []
