"""The cases of a rule version: taken as a list, stored as JSON, shown as a list again (docs/cases.md)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.cases.format import MAX_CASES_BYTES, MAX_KEPT_CASES, Case, first_problem
from rulemint_shared.contract.records import RuleVersion

RuleCases = Annotated[tuple[Case, ...], Meta(max_length=MAX_KEPT_CASES)]

_decoder = msgspec.json.Decoder(tuple[Case, ...])


def stored_cases(cases: tuple[Case, ...]) -> str:
    """Return *cases* as a version has them.

    Raises:
        InvalidBodyError: they are too large, two have one name, or one expects nothing or what cannot be.
    """
    if wrong := first_problem(cases):
        path, problem = wrong
        raise InvalidBodyError(f"cases{path}: {problem}", field=f"cases{path}")
    encoded = msgspec.json.encode(cases) if cases else b""
    if len(encoded) > MAX_CASES_BYTES:
        raise InvalidBodyError(f"The cases are larger than {MAX_CASES_BYTES} bytes: keep fewer", field="cases")
    return encoded.decode()


def cases_of(text: RuleVersion) -> tuple[Case, ...]:
    """Return the cases of a version; none if it has none, or if another Rulemint has written what we cannot read."""
    try:
        return _decoder.decode(text.cases) if text.cases else ()
    except msgspec.MsgspecError:
        return ()
