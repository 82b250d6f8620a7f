"""Claims → signed JWT access token (RFC 9068)."""

from __future__ import annotations

from dataclasses import dataclass

from rulemint_gateway.tokens.claims import TokenClaims
from rulemint_gateway.tokens.signing_keys import SigningKeys
from rulemint_gateway.tokens.signing_threads import MAX_BATCH, THREADS, SigningThreads
from rulemint_gateway.tokens.signing_together import SigningTogether
from rulemint_shared.contract.records import SigningAlgorithm
from rulemint_shared.fairness.turns import Turns

_SLOW_ALGORITHMS = {SigningAlgorithm.RS256, SigningAlgorithm.PS256, SigningAlgorithm.RS512}
"""RSA takes 0.3 to 1 ms and releases the GIL; the others take less than a thread's hand-over."""
_SIGNED_AT_ONCE = 4 * THREADS * MAX_BATCH
"""A tenant alone has half of them: what the threads sign, and what they sign next."""
_WAITING, _WAITING_OF_ONE_TENANT, _WAIT_S = 8_192, 2_048, 10.0


@dataclass(frozen=True)
class MintedToken:
    """A signed token, and the key it was signed with."""

    token: str
    kid: str | None


class Minter:
    """Signs tokens with the key that their API asks for."""

    def __init__(self, keys: SigningKeys, threads: SigningThreads | None) -> None:
        """*threads* make signatures that take long; without them they are made in the event loop, as all others."""
        self._keys = keys
        self._threads = threads
        self._together = SigningTogether()
        self._turns = Turns(_SIGNED_AT_ONCE, waiting=_WAITING, waiting_of_one=_WAITING_OF_ONE_TENANT)

    async def mint(self, tenant: str, claims: TokenClaims) -> MintedToken:
        """The JWT of *claims*, of type ``at+jwt`` (RFC 9068 §2.1).

        Raises:
            StoreUnavailableError: the tenant's first key of this algorithm could not be kept.
            VaultError: the key does not open under the master key.
            NoTurnError: too many tokens of the tenant wait for their signatures.
        """
        key = await self._keys.for_api(tenant, claims.api)
        if key.algorithm not in _SLOW_ALGORITHMS:
            return MintedToken(await self._together.token(key, claims.payload), key.kid)
        if self._threads is None:
            return MintedToken(key.token(claims.payload), key.kid)
        if not self._turns.take_now(tenant):
            await self._turns.wait(tenant, within_s=_WAIT_S)
        try:
            token = await self._threads.token(key, claims.payload)
        finally:
            self._turns.give_back(tenant)
        return MintedToken(token, key.kid)
