from __future__ import annotations

from rulemint_runner.sandbox.launch import STEPS


def test_containment_has_its_steps_in_this_order() -> None:
    """Privileges are given up last: after that comes nothing but the program."""
    assert [step.__name__.strip("_") for step in STEPS] == [
        "take_own_session",
        "take_stdio",
        "close_everything_else",
        "enter_empty_folder",
        "limit_resources",
        "die_with_spawner",
        "give_up_privileges",
    ]
