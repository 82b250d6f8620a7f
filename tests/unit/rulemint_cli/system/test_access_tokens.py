"""The jti of a token that somebody pastes."""

from __future__ import annotations

import jwt
import pytest

from rulemint_cli.system.access_tokens import jti_of, looks_like_a_token
from rulemint_cli.terminal.errors import UsageError

KEY = "a key of thirty-two bytes at least"


def test_a_token_tells_its_jti() -> None:
    token = jwt.encode({"jti": "exc_1", "sub": "c"}, KEY)
    assert looks_like_a_token(token)
    assert jti_of(token) == "exc_1"


@pytest.mark.parametrize("text", ["exc_01a212dbf7d09a0c5f878fff0915", "8fff0915", "", "a.b", "a.b.c.d", "a b.c.d"])
def test_other_texts_look_like_none(text: str) -> None:
    assert not looks_like_a_token(text)


@pytest.mark.parametrize(
    "token", ["a.b.c", "canary.e30.x", jwt.encode({"jti": 7}, KEY), "a.W10.c", "a./w.c", "a.bnVsbA.c"]
)
def test_what_has_no_jti_is_refused_without_being_repeated(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        jti_of(token)
    assert token.partition(".")[2] not in str(caught.value)
