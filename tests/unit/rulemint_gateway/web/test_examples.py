"""The examples of the OpenAPI document are what the types take and answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import rulemint_gateway.compose.gateway  # noqa: F401  # so that all types there are
from rulemint_gateway.web.openapi.answer_examples import ANSWERS
from rulemint_gateway.web.openapi.examples import EXAMPLES

_OF_AN_OPERATION = re.compile(r"^(get|post|patch|put|delete)_")


def structs(kind: type[Any] = msgspec.Struct) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from structs(each)


TYPES = {each.__name__: each for each in structs() if each.__module__.startswith("rulemint_")}


@pytest.mark.parametrize("name", [name for name in {**EXAMPLES, **ANSWERS} if not _OF_AN_OPERATION.match(name)])
def test_an_example_decodes_as_its_type(name: str) -> None:
    example = {**EXAMPLES, **ANSWERS}[name]
    decoded = msgspec.json.decode(msgspec.json.encode(example), type=TYPES[name])
    known = {field.encode_name for field in msgspec.structs.fields(decoded)}
    assert set(example) - {"noun"} <= known, "a type that ignores what it does not know would hide it"
