from __future__ import annotations

import pytest

from rulemint_cli.commands.fields import assigned, changes_of, given, metadata_of, scopes_of
from rulemint_cli.terminal.errors import UsageError


def test_a_value_is_json_where_it_can_be_and_else_a_text() -> None:
    texts = ["a=1", "b=true", 'c=["x"]', "d=plain text", "e=", 'f="1"', "g=a=b"]
    assert assigned(texts) == {"a": 1, "b": True, "c": ["x"], "d": "plain text", "e": "", "f": "1", "g": "a=b"}


@pytest.mark.parametrize("text", ["a", "=a", ""])
def test_what_has_no_name_or_no_value_is_a_wrong_use(text: str) -> None:
    with pytest.raises(UsageError, match="--set FIELD=VALUE"):
        assigned([text])
    with pytest.raises(UsageError, match="--metadata KEY=VALUE"):
        metadata_of([text])


def test_an_empty_metadata_value_takes_its_key_away() -> None:
    assert metadata_of(["plan=gold", "team="]) == {"plan": "gold", "team": None}


def test_several_scopes_may_come_in_one_text() -> None:
    assert scopes_of(["read write", "extra"]) == ["read", "write", "extra"]


def test_what_was_not_given_is_left_out() -> None:
    assert given(a=None, b=[], c={}, d=0, e="", f=False) == {"d": 0, "e": "", "f": False}


def test_a_change_of_nothing_is_a_wrong_use() -> None:
    with pytest.raises(UsageError, match="there is nothing to change"):
        changes_of({})
