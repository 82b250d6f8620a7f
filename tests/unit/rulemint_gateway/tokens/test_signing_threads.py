from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from rulemint_gateway.tokens.signing import UsableKey
from rulemint_gateway.tokens.signing_threads import MAX_BATCH, THREADS, SigningThreads, open_signing_threads
from rulemint_shared.contract.records import SigningAlgorithm

PRIVATE_KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
KEYS = [UsableKey(SigningAlgorithm.RS256, key, f"k{number}") for number, key in enumerate(PRIVATE_KEYS)]
MANY = 3 * THREADS * MAX_BATCH + 1


@pytest.fixture
def threads() -> Iterator[SigningThreads]:
    with open_signing_threads() as threads:
        yield threads


async def test_each_of_many_at_once_gets_its_own_token(threads: SigningThreads) -> None:
    tokens = await asyncio.gather(*(threads.token(KEYS[number % 2], {"n": number}) for number in range(MANY)))
    for number, token in enumerate(tokens):
        public_key = PRIVATE_KEYS[number % 2].public_key()
        assert jwt.decode(token, public_key, algorithms=["RS256"]) == {"n": number}


async def test_a_payload_that_cannot_be_signed_costs_itself_only(threads: SigningThreads) -> None:
    payloads = [{"n": object() if number == 3 else number} for number in range(MAX_BATCH)]
    answers = await asyncio.gather(*(threads.token(KEYS[0], each) for each in payloads), return_exceptions=True)
    assert [type(answer) for answer in answers].count(str) == MAX_BATCH - 1
    assert isinstance(answers[3], TypeError)
    assert isinstance(await threads.token(KEYS[0], {}), str)


async def test_who_gives_up_keeps_nobody_else_from_a_token(threads: SigningThreads) -> None:
    tasks = [asyncio.create_task(threads.token(KEYS[0], {"n": number})) for number in range(MANY)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers[::2])
    assert all(isinstance(answer, str) for answer in answers[1::2])


def test_python_s_own_switch_interval_is_restored_at_the_end() -> None:
    before_s = sys.getswitchinterval()
    with open_signing_threads():
        assert sys.getswitchinterval() < before_s
    assert sys.getswitchinterval() == before_s
