"""`rulemint explain --flip` prints the change, how to try it again, and what was tried in vain."""

from __future__ import annotations

import shlex

from rulemint_cli.system.flip_report import flip_rows
from rulemint_gateway.web.openapi.tape_examples import TAPE_ANSWERS

FOUND = TAPE_ANSWERS["FlipAnswer"]


def test_what_was_found_is_printed_with_the_command_that_shows_it_again() -> None:
    rows = [row.plain for row in flip_rows(FOUND)]
    assert rows[0] == "■ the claim limit would have come with client.metadata.plan=gold"
    assert any('client.metadata.plan: "silver" → "gold"' in row for row in rows)
    again = f"rulemint exchanges replay {FOUND['exchange_id']} --set client.metadata.plan=gold"
    assert any(again in row for row in rows)


def test_what_was_tried_in_vain_is_named() -> None:
    nothing = {**FOUND, "found": False, "set": [], "changed": [], "differences": [], "flipped": None}
    rows = [row.plain for row in flip_rows(nothing)]
    assert any("13 replays, which took 2 ways" in row for row in rows)
    assert any("client.metadata.plan (12)" in row for row in rows)


def test_one_of_a_kind_is_said_as_one() -> None:
    rows = [row.plain for row in flip_rows({**FOUND, "tried": {**FOUND["tried"], "runs": 1, "ways": 1}})]
    assert any("1 replay, which took 1 way through" in row for row in rows)


def test_a_quote_in_a_change_stays_one_argument() -> None:
    change = "client.metadata.plan=it's"
    (again,) = (row.plain for row in flip_rows({**FOUND, "set": [change]}) if "rulemint exchanges replay" in row.plain)
    assert shlex.split(again)[-2:] == ["--set", change]
