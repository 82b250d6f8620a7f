from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rulemint_cli.system.log_query import question
from rulemint_cli.terminal.errors import UsageError


def test_without_anything_the_last_hundred_records_are_asked_for() -> None:
    assert question({"rule": None}, since=None, tail=None, follow=False) == {"tail": "100", "follow": "false"}


def test_whoever_follows_begins_now_unless_it_is_said_otherwise() -> None:
    assert question({}, since=None, tail=None, follow=True) == {}
    assert question({"level": "warn"}, since=None, tail=5, follow=True) == {"level": "warn", "tail": "5"}


def test_since_may_be_so_long_ago() -> None:
    since = datetime.fromisoformat(question({}, since="10m", tail=None, follow=True)["since"])
    assert 600 <= (datetime.now(UTC) - since).total_seconds() < 660


def test_since_may_be_a_time() -> None:
    asked = question({}, since="2026-11-25T09:00:00+01:00", tail=None, follow=True)
    assert asked == {"since": "2026-11-25T08:00:00Z"}


@pytest.mark.parametrize(
    ("since", "tail"),
    [
        ("yesterday", None),
        ("10", None),
        ("10m", 5),
        ("0001-01-01", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("999999d", None),
    ],
)
def test_what_cannot_be_is_refused_with_the_option_s_name(since: str, tail: int | None) -> None:
    with pytest.raises(UsageError, match="--since"):
        question({}, since=since, tail=tail, follow=True)


@pytest.mark.parametrize("since", ["0001-01-01", "0001-01-01T00:00:00+14:00", "999999d", "1969-12-31T23:59:59Z"])
def test_a_time_before_all_records_is_not_said_to_be_written_wrongly(since: str) -> None:
    with pytest.raises(UsageError, match="is before 1970: give a later time"):
        question({}, since=since, tail=None, follow=False)


@pytest.mark.parametrize("since", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_the_end_of_time_may_be_asked_for(since: str) -> None:
    assert question({}, since=since, tail=None, follow=False)["since"].startswith("9999-12-31T")
