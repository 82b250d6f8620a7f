"""Claims → signed JWT access token (RFC 9068)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import jwt

from rulemint_gateway.tokens.signing_keys import SigningKeys, UsableKey
from rulemint_shared.records import ResourceServer, SigningAlgorithm

_SLOW_ALGORITHMS = {SigningAlgorithm.RS256, SigningAlgorithm.PS256, SigningAlgorithm.RS512}
"""RSA takes about a millisecond and releases the GIL; the others take less than a thread's hand-over."""


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

    async def mint(self, tenant: str, api: ResourceServer, payload: dict[str, Any]) -> MintedToken:
        """The JWT of *payload*, of type ``at+jwt`` (RFC 9068 §2.1).

        Raises:
            StoreUnavailableError: the tenant's first key of this algorithm could not be kept.
            VaultError: the key does not open under the master key.
        """
        key = await self._keys.for_api(tenant, api)
        if key.algorithm in _SLOW_ALGORITHMS:
            loop = asyncio.get_running_loop()
            token = await loop.run_in_executor(self._executor, _sign, key, payload)
        else:
            token = _sign(key, payload)
        return MintedToken(token, key.kid)


def _sign(key: UsableKey, payload: dict[str, Any]) -> str:
    headers: dict[str, Any] = {"typ": "at+jwt"}
    if key.kid is not None:
        headers["kid"] = key.kid
    return jwt.encode(payload, key.key, algorithm=str(key.algorithm), headers=headers)  # type: ignore[arg-type]  # PyJWT's own check picks the key's type
