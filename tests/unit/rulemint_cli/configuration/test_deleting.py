from __future__ import annotations

import pytest

from rulemint_cli.configuration.deleting import MAX_DELETIONS, check_number
from rulemint_cli.configuration.document import Client
from rulemint_cli.configuration.plan import Change
from rulemint_cli.terminal.errors import CommandError
from rulemint_gateway.management import deletions

GOES = Change(section="clients", before=Client(name="goes", client_id="goes"), after=None)


def test_the_command_line_knows_how_many_deletions_a_gateway_takes() -> None:
    assert MAX_DELETIONS == deletions.MAX_DELETIONS


def test_more_than_can_be_all_or_nothing_is_refused_with_what_to_do() -> None:
    check_number([GOES] * MAX_DELETIONS)
    with pytest.raises(
        CommandError, match=r"2001 deletions are too many, so nothing was changed.*leave some of them in"
    ):
        check_number([GOES] * (MAX_DELETIONS + 1))
