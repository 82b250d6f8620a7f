"""The tenant log that Auth0 wrote for each exchange (docs/auth0-facts.md §3.7), by its use case and without HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rulemint_gateway.management.logs.logs import Logs
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT as T
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.traffic.log_store import LogStore
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.records import Tenant
from rulemint_shared.redis.connection import open_redis

RECORD = ExchangeRecord(
    id="exc_1", tenant=T, started_at_ms=1, status=200, outcome="granted", client_id="c", client_name="a client",
    audience="https://api/", scope_asked=["read"], scope_granted=["read", "extra"], ip="192.0.2.1", user_agent="curl",
    jti="tok_1",
)  # fmt: skip
REFUSED = {"status": 403, "outcome": "denied:access_denied", "error": "access_denied", "error_description": "not today"}


@pytest.mark.parametrize(
    ("changes", "entry"),
    [
        pytest.param({}, {"type": "seccft", "description": "", "scope": "read extra"}, id="success"),
        pytest.param(
            {**REFUSED, "scope_granted": [], "jti": None},
            {"type": "feccft", "description": "not today", "scope": "read"},
            id="failure",
        ),
    ],
)
async def test_an_exchange_is_an_entry_of_auth0_s_type(
    empty_redis_url: str, changes: dict[str, Any], entry: dict[str, str]
) -> None:
    async with open_redis(empty_redis_url) as redis:
        catalog = Catalog(redis)
        tenant = codecs.tenant.encode(Tenant(name=T, issuer="https://iss.example.com/"))
        await redis.hset(redis_keys.TENANTS, mapping={T: tenant})  # type: ignore[misc]  # its stubs serve clients that do not wait too
        await catalog.load()
        record = codecs.exchange.encode(msgspec.structs.replace(RECORD, **changes))
        await redis.xadd(redis_keys.exchanges(T), {"id": "exc_1", "record": record}, id="1-0")
        (answer,) = await Logs(catalog, LogStore(redis)).after(T, None, count=10)
    shown = msgspec.to_builtins(answer)
    assert {name: shown[name] for name in entry} == entry
    assert (shown["client_id"], shown["client_name"], shown["audience"]) == ("c", "a client", "https://api/")
    assert (shown["ip"], shown["user_agent"], shown["hostname"]) == ("192.0.2.1", "curl", "iss.example.com")
    assert shown["_id"] == shown["log_id"]
    assert shown["date"].startswith("1970-01-01T00:00:00.001")
