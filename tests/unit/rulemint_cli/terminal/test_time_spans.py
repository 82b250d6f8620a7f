from __future__ import annotations

import pytest

from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.time_spans import seconds_of


def test_a_span_is_whole_seconds_up_to_the_longest() -> None:
    assert seconds_of("0s", option="--after", longest_s=86_400) == 0
    assert seconds_of("1d", option="--after", longest_s=86_400) == 86_400


@pytest.mark.parametrize(
    ("text", "said"),
    [("soon", "--after soon: write it as 30m, 12h or 7d"), ("60d", "--after 60d is too long: give 30d at most")],
)
def test_a_span_that_is_none_or_too_long_is_named_with_its_option(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        seconds_of(text, option="--after", longest_s=30 * 86_400)
