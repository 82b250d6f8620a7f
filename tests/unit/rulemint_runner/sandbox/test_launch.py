from __future__ import annotations

from rulemint_runner.sandbox.launch import STEPS


def test_containment_has_its_steps_in_this_order() -> None:
    """What a step denies, no later step may need."""
    assert [step.__name__.strip("_") for step in STEPS] == [
        "take_own_process_group",
        "take_long_turns",
        "take_priority",
        "be_killed_first",
        "take_stdio",
        "close_everything_else",
        "enter_empty_folder",
        "limit_resources",
        "become_nobody",
        "die_with_spawner",
        "allow_no_new_privileges",
        "restrict_files",
        "filter_calls",
    ]
