from __future__ import annotations

import pytest

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.fields import MAX_SCRIPT_CHARACTERS
from rulemint_gateway.management.rules import CreateRule, PatchRule, text_fields


@pytest.mark.parametrize("script", ["x" * (MAX_SCRIPT_CHARACTERS + 1), "ü" * (MAX_SCRIPT_CHARACTERS + 1)])
def test_a_script_that_exceeds_the_size_limit_is_refused(script: str) -> None:
    for body in (CreateRule(name="r", script=script), PatchRule(script=script)):
        with pytest.raises(InvalidBodyError, match=r"Script exceeds the size limit: .* 262144 characters") as refused:
            text_fields(body)
        assert refused.value.field == "script"


def test_a_script_may_be_as_long_as_the_limit() -> None:
    assert len(text_fields(PatchRule(script="ü" * MAX_SCRIPT_CHARACTERS))["script"]) == MAX_SCRIPT_CHARACTERS
