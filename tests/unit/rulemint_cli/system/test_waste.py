"""The waste of tokens as a person reads it."""

from __future__ import annotations

import pytest

from rulemint_cli.system.waste import COLUMNS, day_of, sentence
from rulemint_cli.terminal.errors import UsageError

CLIENT = {"client_id": "c", "asked": 1_250, "needed": 2, "wasted": 1_248, "spent_ms": 6_250.0, "saved_ms": 6_240.0}


def test_a_row_says_what_a_client_wasted_and_what_keeping_tokens_saves() -> None:
    assert [str(cell(CLIENT)) for cell in COLUMNS.values()] == ["c", "1,250", "2", "1,248 (100%)", "6.2 s of 6.2 s"]


def test_a_sentence_says_it_of_all_clients() -> None:
    waste = {"day": "2026-11-25", "asked": 4, "needed": 3, "wasted": 1, "clients": []}
    expected = "2026-11-25: 4 tokens asked for, 3 needed; 25% of all tokens could have been kept ones"
    assert sentence(waste).plain == expected
    assert sentence({**waste, "asked": 0}).plain == "2026-11-25: no token is counted; three days (UTC) are kept"


def test_a_day_is_written_as_a_date() -> None:
    assert day_of("2026-11-25") == "20261125"
    for wrong in ("yesterday", "2026-13-01", "25.11.2026"):
        with pytest.raises(UsageError, match=f"--day {wrong}: write it as 2026-11-25"):
            day_of(wrong)
