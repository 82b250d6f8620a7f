"""A store with very many clients: copies of one, each with a grant, written straight into it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import cast

import msgspec

from rulemint_gateway.management.tenants.setup import management_api
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS, TENANTS
from rulemint_shared import ids
from rulemint_shared.contract.records import Client, ClientGrant, Tenant
from rulemint_shared.redis.client import RedisClient

WRITTEN_AT_ONCE = 1_000
BROWSER_APPS = 10
"""One client in so many is a browser's, so that a list by ``app_type`` has something to find."""


async def fill(redis: RedisClient, client_id: str, *, clients: int, tenants: int) -> None:
    """Spread *clients* copies of *client_id*, a client of the tenant ``default``, over it and further *tenants*."""
    data = await cast("Awaitable[bytes]", redis.hget(CLIENTS.key(DEFAULT_TENANT), client_id))
    client = CLIENTS.codec.decode(data)
    stored = await cast("Awaitable[list[bytes]]", redis.hvals(CLIENT_GRANTS.key(DEFAULT_TENANT)))
    grant = next(each for each in map(CLIENT_GRANTS.codec.decode, stored) if each.client_id == client_id)
    names = [DEFAULT_TENANT, *(f"tenant-{number}" for number in range(1, tenants))]
    for name in names[1:]:
        await _make_tenant(redis, name)
    numbers = iter(range(clients))
    for place, name in enumerate(names):
        share = clients // tenants + (place < clients % tenants)
        for first in range(0, share, WRITTEN_AT_ONCE):
            copies = list(_copies(client, grant, numbers, min(WRITTEN_AT_ONCE, share - first)))
            async with redis.pipeline(transaction=False) as pipe:
                pipe.hset(CLIENTS.key(name), mapping={copy.client_id: CLIENTS.codec.encode(copy) for copy, _ in copies})
                encoded = {its_grant.id: CLIENT_GRANTS.codec.encode(its_grant) for _, its_grant in copies}
                pipe.hset(CLIENT_GRANTS.key(name), mapping=encoded)
                await pipe.execute()


def _copies(
    client: Client, grant: ClientGrant, numbers: Iterator[int], count: int
) -> Iterator[tuple[Client, ClientGrant]]:
    """Each a millisecond younger than the one before."""
    for _place, number in zip(range(count), numbers, strict=False):
        copy = msgspec.structs.replace(
            client,
            client_id=ids.new_client_id(),
            name=f"Order robot {number}",
            metadata={"plan": "gold", "region": f"region {number % 50}"},
            created_at_ms=client.created_at_ms + number,
            updated_at_ms=client.created_at_ms + number,
            kept={} if number % BROWSER_APPS else {"app_type": "spa", "is_first_party": False},
        )
        moment_ms = grant.created_at_ms + number
        yield (
            copy,
            msgspec.structs.replace(
                grant,
                id=ids.new_client_grant_id(),
                client_id=copy.client_id,
                created_at_ms=moment_ms,
                updated_at_ms=moment_ms,
            ),
        )


async def _make_tenant(redis: RedisClient, name: str) -> None:
    tenant = Tenant(name=name, issuer=f"https://{name}.test/", hosts=(f"{name}.test",), created_at_ms=1)
    api = management_api(tenant)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hset(TENANTS.key(""), mapping={name: TENANTS.codec.encode(tenant)})
        pipe.hset(RESOURCE_SERVERS.key(name), mapping={api.id: RESOURCE_SERVERS.codec.encode(api)})
        await pipe.execute()
