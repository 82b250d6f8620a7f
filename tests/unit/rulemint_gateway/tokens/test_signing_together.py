from __future__ import annotations

import asyncio

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from rulemint_gateway.tokens.signing import UsableKey
from rulemint_gateway.tokens.signing_together import SigningTogether
from rulemint_shared.contract.records import SigningAlgorithm

PRIVATE_KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
KEYS = [UsableKey(SigningAlgorithm.ES256, key, f"k{number}") for number, key in enumerate(PRIVATE_KEYS)]
MANY = 40


@pytest.fixture
async def signing() -> SigningTogether:
    return SigningTogether()


async def test_each_of_many_at_once_gets_its_own_token(signing: SigningTogether) -> None:
    tokens = await asyncio.gather(*(signing.token(KEYS[number % 2], {"n": number}) for number in range(MANY)))
    for number, token in enumerate(tokens):
        public_key = PRIVATE_KEYS[number % 2].public_key()
        assert jwt.decode(token, public_key, algorithms=["ES256"]) == {"n": number}


async def test_one_that_comes_while_others_are_signed_is_signed_in_the_turn_after(signing: SigningTogether) -> None:
    asked: list[asyncio.Future[str]] = []
    first = signing.token(KEYS[0], {"n": 1})
    first.add_done_callback(lambda _first: asked.append(signing.token(KEYS[0], {"n": 2})))
    await first
    await asyncio.sleep(0)
    assert isinstance(await asked[0], str)


async def test_a_payload_that_cannot_be_signed_costs_itself_only(signing: SigningTogether) -> None:
    payloads = [{"n": object() if number == 3 else number} for number in range(MANY)]
    answers = await asyncio.gather(*(signing.token(KEYS[0], each) for each in payloads), return_exceptions=True)
    assert [type(answer) for answer in answers].count(str) == MANY - 1
    assert isinstance(answers[3], TypeError)
    assert isinstance(await signing.token(KEYS[0], {}), str)


async def test_who_gives_up_keeps_nobody_else_from_a_token(signing: SigningTogether) -> None:
    futures = [signing.token(KEYS[0], {"n": number}) for number in range(MANY)]
    for future in futures[::2]:
        future.cancel()
    answers = await asyncio.gather(*futures, return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers[::2])
    assert all(isinstance(answer, str) for answer in answers[1::2])
