"""`rulemint rules power` says where each thing was seen, and what the version that runs did not use."""

from __future__ import annotations

from typing import Any

from rulemint_cli.rules.power_report import power_rows

VERSION: dict[str, Any] = {
    "number": 3,
    "case_count": 4,
    "locked": False,
    "power": {"claims": ["plan"], "scopes": [], "hosts": ["api.example"], "audiences": []},
    "seen_power": {"power": {"claims": ["plan", "role"], "scopes": [], "hosts": [], "audiences": []}, "tapes": 57},
}


def test_each_thing_says_whether_cases_or_tapes_showed_it() -> None:
    rows = [" ".join(row.plain.split()) for row in power_rows(VERSION, None)]
    assert rows == [
        "■ version 3 was seen to use, over 4 cases and 57 tapes",
        "claims plan cases and tapes",
        "claims role tapes",
        "hosts api.example cases",
    ]


def test_what_the_version_that_runs_did_not_use_is_named() -> None:
    running = {**VERSION, "number": 2, "seen_power": None}
    rows = [" ".join(row.plain.split()) for row in power_rows(VERSION, running)]
    assert rows[-1] == "new claims role version 2, which runs, was not seen to use it"


def test_to_a_caller_who_may_not_read_tapes_it_says_so() -> None:
    hidden = {name: value for name, value in VERSION.items() if name != "seen_power"}
    assert "read:exchange_inputs" in power_rows(hidden, None)[0].plain
