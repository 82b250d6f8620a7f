"""Links: a caller of the management API hands a part of its rights to a browser."""

from __future__ import annotations

from collections.abc import Sequence

from redis.exceptions import RedisError

from rulemint_gateway.management.console_sessions.answers import CreateLink, LinkAnswer
from rulemint_gateway.management.errors import ForbiddenError, UnauthorizedError, UnavailableError
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.sessions.links import LINK_LIVES_S, Links
from rulemint_gateway.stores.sessions.records import Link, holder_of

USED = "The link has expired or was used: have `rulemint console` print another"


class ConsoleLinks:
    """The use cases of ``/api/v2/console-links``."""

    def __init__(self, links: Links) -> None:
        self._links = links

    async def create(
        self,
        config: TenantConfig,
        body: CreateLink,
        *,
        client_id: str,
        held: Sequence[str],
        ends_at_ms: int,
        issuer: str,
    ) -> LinkAnswer:
        """A link to the console at *issuer* for the scopes of the caller, *held*, or for those that *body* names.

        Raises:
            UnauthorizedError: the caller was deleted since it was authorized.
            ForbiddenError: *body* names a scope that the caller does not have.
            UnavailableError: the link cannot be kept now.
        """
        wanted = list(dict.fromkeys(body.scopes or held))
        if missing := [scope for scope in wanted if scope not in held]:
            raise ForbiddenError(f"A link gives no scopes that its maker does not have: {', '.join(missing)}")
        client = config.clients.get(client_id)
        if client is None:  # its body may have arrived late
            raise UnauthorizedError("The client of this token was deleted")
        link = Link(holder=holder_of(client, scopes=wanted), subject=client.name or client_id, ends_at_ms=ends_at_ms)
        try:
            text = await self._links.issue(config.tenant.name, link)
        except (RedisError, OSError) as error:
            raise UnavailableError("The link cannot be kept now: try again") from error
        return LinkAnswer(url=f"{issuer}console/#link={text}", token=text, expires_in=LINK_LIVES_S)

    async def redeem(self, config: TenantConfig, text: str) -> Link:
        """The link of *text*, which is used up by that.

        Raises:
            UnauthorizedError: there is none.
            UnavailableError: nobody can tell now.
        """
        try:
            link = await self._links.redeem(config.tenant.name, text)
        except (RedisError, OSError) as error:
            raise UnavailableError("The link cannot be looked up now: try again") from error
        if link is None:
            raise UnauthorizedError(USED, with_token=False)
        return link
