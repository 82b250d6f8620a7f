"""Claims → signed JWT access token (RFC 9068)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from jwt import PyJWS
from jwt.utils import base64url_encode

from rulemint_gateway.tokens.signing_keys import SigningKeys, UsableKey
from rulemint_shared.records import ResourceServer, SigningAlgorithm
from rulemint_shared.turns import Turns

_SLOW_ALGORITHMS = {SigningAlgorithm.RS256, SigningAlgorithm.PS256, SigningAlgorithm.RS512}
"""RSA takes about a millisecond and releases the GIL; the others take less than a thread's hand-over."""
_ALGORITHMS = {algorithm: PyJWS().get_algorithm_by_name(str(algorithm)) for algorithm in SigningAlgorithm}
"""PyJWT's own, which sign and nothing else."""
SIGNING_THREADS = 2
_SIGNED_AT_ONCE = 3 * SIGNING_THREADS
"""A tenant alone has half of them: enough that no thread waits for the next signature."""
_WAITING, _WAITING_OF_ONE_TENANT, _WAIT_S = 8_192, 2_048, 10.0


@dataclass(frozen=True)
class MintedToken:
    """A signed token, and the key it was signed with."""

    token: str
    kid: str | None


class Minter:
    """Signs tokens with the key that their API asks for."""

    def __init__(self, keys: SigningKeys, executor: ThreadPoolExecutor) -> None:
        self._keys = keys
        self._executor = executor
        self._turns = Turns(_SIGNED_AT_ONCE, waiting=_WAITING, waiting_of_one=_WAITING_OF_ONE_TENANT)

    async def mint(self, tenant: str, api: ResourceServer, payload: dict[str, Any]) -> MintedToken:
        """The JWT of *payload*, of type ``at+jwt`` (RFC 9068 §2.1).

        Raises:
            StoreUnavailableError: the tenant's first key of this algorithm could not be kept.
            VaultError: the key does not open under the master key.
            NoTurnError: too many tokens of the tenant wait for their signatures.
        """
        key = await self._keys.for_api(tenant, api)
        if key.algorithm not in _SLOW_ALGORITHMS:
            return MintedToken(_sign(key, payload), key.kid)
        if not self._turns.take_now(tenant):
            await self._turns.wait(tenant, within_s=_WAIT_S)
        try:
            loop = asyncio.get_running_loop()
            token = await loop.run_in_executor(self._executor, _sign, key, payload)
        finally:
            self._turns.give_back(tenant)
        return MintedToken(token, key.kid)


def _sign(key: UsableKey, payload: dict[str, Any]) -> str:
    """The JWS in compact serialization (RFC 7515 §3.1); `jwt.encode` would do as much again around the signature."""
    signing_input = b".".join((_header(key.algorithm, key.kid), base64url_encode(msgspec.json.encode(payload))))
    signature = _ALGORITHMS[key.algorithm].sign(signing_input, key.key)
    return b".".join((signing_input, base64url_encode(signature))).decode()


@lru_cache(maxsize=1_024)
def _header(algorithm: SigningAlgorithm, kid: str | None) -> bytes:
    """The JOSE header of every token of one key (RFC 9068 §2.1)."""
    header = {"typ": "at+jwt", "alg": str(algorithm)}
    if kid is not None:
        header["kid"] = kid
    return base64url_encode(msgspec.json.encode(header))
