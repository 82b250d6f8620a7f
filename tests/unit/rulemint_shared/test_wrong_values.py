from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import UNSET, Meta

from rulemint_shared.whole_text import whole
from rulemint_shared.wrong_values import SHOWN_CHARACTERS, WrongValue, in_words


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=whole("[a-z]+", means="small letters"))] = "a"
    colour: Colour = Colour.RED


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    part: Part | None = None
    parts: Annotated[list[Part], Meta(max_length=2)] = []
    count: Annotated[int, Meta(ge=1)] = 1
    text: Annotated[str, Meta(min_length=2)] = "ab"
    mode: Literal["on", "off"] = "on"
    labels: dict[Annotated[str, Meta(min_length=1)], str] = {}
    client_secret: str = ""
    other: str | int | None = None


def told(given: Any) -> tuple[str, str]:
    """The field that is named, and what is said of it."""
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(given, Whole)
    wrong = WrongValue.of(refused.value)
    return wrong.field, in_words(wrong, kind=Whole, value=given)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"text": 5}, "text", "write a text, not a whole number: 5"),
        ({"text": "a"}, "text", "write a text of at least 2 characters, not 1"),
        ({"count": 0}, "count", "write a whole number that is at least 1, not 0"),
        ({"count": "many"}, "count", 'write a whole number, not a text: "many"'),
        ({"mode": "up"}, "mode", '"up" is not one of off, on'),
        ({"part": {"colour": "green"}}, "part.colour", '"green" is not one of red, blue'),
        ({"parts": [{}, {"name": "A"}]}, "parts[1].name", 'write small letters, not "A"'),
        ({"parts": [{}, {}, {}]}, "parts", "write a list of at most 2 entries, not 3"),
        ({"parts": {}}, "parts", "write a list, not an object"),
        ({"labels": {"a": 1}}, "labels[...]", "write a text, not a whole number"),
        ({"labels": {"": "a"}}, "labels", "one of its names is wrong: write a text of at least 1 character"),
        ({"other": []}, "other", "write a whole number or a text or null, not a list"),
        ({"client_secret": 12345}, "client_secret", "write a text, not a whole number: what came (it is secret)"),
        ([], "", "write an object, not a list"),
        ({"part": {"nam": "x"}}, "part", "there is no such field: there are name, colour"),
    ],
    ids=lambda value: None if isinstance(value, dict | list) else str(value)[:20],
)
def test_a_wrong_value_is_told_with_its_field_what_may_stand_there_and_what_came(
    given: Any, field: str, words: str
) -> None:
    assert told(given) == (field, words)


@pytest.mark.parametrize(
    "given",
    [
        [{"value": "hunter2"}],
        "hunter2",
        {"text": {"client_secret": "hunter2"}},
        {"parts": {"password": "hunter2"}},
        {"count": ["hunter2"]},
        {"client_secret": ["hunter2"]},
        {"labels": {"token": ["hunter2"]}},
    ],
)
def test_no_secret_is_shown_that_stands_in_a_wrong_value_or_in_place_of_the_whole(given: Any) -> None:
    assert "hunter2" not in told(given)[1]


@pytest.mark.parametrize("came", ["\ud800", 10**400])
def test_a_value_that_json_cannot_hold_is_left_out(came: Any) -> None:
    assert in_words(WrongValue("$.a", "Expected `bool`, got `str`"), value={"a": came}).startswith(
        "write true or false"
    )


def test_only_the_beginning_of_a_long_value_is_shown() -> None:
    assert len(told({"count": "x" * 5_000})[1]) < SHOWN_CHARACTERS + 60


def test_without_the_value_and_the_type_what_is_wrong_is_still_said() -> None:
    wrong = WrongValue("$.a", "Invalid enum value 'z'")
    assert in_words(wrong) == "write one of the values that there are"
    assert in_words(WrongValue("$", "Expected `str`, got `int`"), value=UNSET) == "write a text, not a whole number"
    assert in_words(WrongValue("$", "Invalid base64 encoded string")) == "write another value"
    assert in_words(WrongValue("$", "both go together")) == "both go together"
