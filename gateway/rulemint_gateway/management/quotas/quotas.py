"""Reads for people how much of a tenant's quotas is used, from the counts that enforce them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from redis.exceptions import RedisError

from rulemint_gateway.limits.applicable_quotas import OF_TENANT, WINDOWS_S, limits_of_tenant
from rulemint_gateway.limits.quota_counts import issued_of
from rulemint_gateway.management.quotas.answers import (
    QuotaAnswer,
    QuotaName,
    QuotasAnswer,
    RefusedAnswer,
    WhenFull,
)
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.traffic.minute_counts import MinuteCounts, RefusedBy
from rulemint_gateway.stores.traffic.waiting_requests import WaitingRequests
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_gateway.stores.writing.record_quotas import Quotas, script_bytes_of
from rulemint_shared.clock import rfc3339_ms, unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import StreamBounds
from rulemint_shared.streams.fill import fill_of

MINUTES = 60
"""Of which refusals are told."""
_OF_WINDOW = {"per_hour": QuotaName.TOKENS_PER_HOUR, "per_day": QuotaName.TOKENS_PER_DAY}


@dataclass(frozen=True)
class KeptBounds:
    """The bounds of the records that a tenant keeps."""

    exchanges: StreamBounds
    logs: StreamBounds
    audited: StreamBounds


class QuotaUse:
    """The use case of ``/api/v2/quotas``."""

    def __init__(  # each is counted elsewhere
        self,
        redis: RedisClient,
        catalog: Catalog,
        minutes: MinuteCounts,
        waiting: WaitingRequests,
        gateways: Callable[[], Awaitable[int]],
        *,
        quotas: Quotas,
        kept: KeptBounds,
    ) -> None:
        """*gateways* counts those that are alive."""
        self._redis = redis
        self._catalog = catalog
        self._minutes = minutes
        self._waiting = waiting
        self._gateways = gateways
        self._quotas = quotas
        self._kept = kept

    async def read(self, tenant: str) -> QuotasAnswer:
        """All quotas of *tenant* that there are.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        try:
            quotas = [
                *await self._tokens(tenant),
                await self._waiting_requests(tenant),
                *await self._records(tenant),
                *await self._kept_records(tenant),
            ]
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return QuotasAnswer(quotas=quotas, refused=await self._refused(tenant))

    async def _tokens(self, tenant: str) -> list[QuotaAnswer]:
        """Those of the tenant as a whole. Each client and each address has its own, of which refusals are told."""
        limits = limits_of_tenant(self._catalog.tenant(tenant).tenant)
        now_s = unix_ms() / 1000
        issued = await issued_of(self._redis, tenant, limits, now_s)
        return [
            QuotaAnswer(
                name=_OF_WINDOW[limit.window],
                used=count,
                limit=limit.most,
                when_full=WhenFull.REFUSED if limit.enforce else WhenFull.TOLD,
                resets_at=rfc3339_ms((limit.began_s(now_s) + WINDOWS_S[limit.window]) * 1000),
                set_by=OF_TENANT,
            )
            for limit, count in zip(limits, issued, strict=True)
        ]

    async def _waiting_requests(self, tenant: str) -> QuotaAnswer:
        """At all gateways. One at which nothing waits has as many places for the tenant as this one."""
        waiting = await self._waiting.of_tenant(tenant)
        idle = max(0, await self._gateways() - len(waiting))
        places = sum(each.places for each in waiting) + idle * self._waiting.places_here(tenant)
        used = sum(each.requests for each in waiting)
        return _quota(QuotaName.WAITING_REQUESTS, used, max(places, used), "RULEMINT_MAX_WAITING")

    async def _records(self, tenant: str) -> list[QuotaAnswer]:
        config, most = self._catalog.tenant(tenant), self._quotas
        secrets = sum(len(rule.secret_names) for rule in config.rules.values())
        scripts = await script_bytes_of(self._redis, tenant)
        return [
            _quota(QuotaName.RULES, len(config.rules), most.rules, "RULEMINT_MAX_RULES"),
            _quota(QuotaName.CLIENTS, len(config.clients), most.clients, "RULEMINT_MAX_CLIENTS"),
            _quota(
                QuotaName.RESOURCE_SERVERS,
                len(config.resource_servers),
                most.resource_servers,
                "RULEMINT_MAX_RESOURCE_SERVERS",
            ),
            _quota(
                QuotaName.CLIENT_GRANTS, len(config.client_grants), most.client_grants, "RULEMINT_MAX_CLIENT_GRANTS"
            ),
            _quota(QuotaName.RULE_SECRETS, secrets, most.rule_secrets, "RULEMINT_MAX_RULE_SECRETS"),
            _quota(QuotaName.SCRIPT_BYTES, scripts, most.script_bytes, "RULEMINT_MAX_SCRIPTS_MB"),
        ]

    async def _kept_records(self, tenant: str) -> list[QuotaAnswer]:
        kept = self._kept
        streams = [redis_keys.exchanges(tenant), redis_keys.logs(tenant), redis_keys.audit(tenant)]
        exchanges, logs, audited = await fill_of(self._redis, streams)
        rows = [
            (QuotaName.EXCHANGE_RECORDS, exchanges.entries, kept.exchanges.entries, "RULEMINT_EXCHANGES_KEPT"),
            (QuotaName.EXCHANGE_BYTES, exchanges.bytes, kept.exchanges.bytes, "RULEMINT_EXCHANGE_BYTES"),
            (QuotaName.LOG_RECORDS, logs.entries, kept.logs.entries, "RULEMINT_LOG_HISTORY"),
            (QuotaName.LOG_BYTES, logs.bytes, kept.logs.bytes, "RULEMINT_LOG_HISTORY_BYTES"),
            (QuotaName.AUDIT_RECORDS, audited.entries, kept.audited.entries, "RULEMINT_AUDITED_CALLS_KEPT"),
            (QuotaName.AUDIT_BYTES, audited.bytes, kept.audited.bytes, "RULEMINT_AUDIT_BYTES"),
        ]
        return [_quota(*row, when_full=WhenFull.OLDEST_GO) for row in rows]

    async def _refused(self, tenant: str) -> list[RefusedAnswer]:
        now = unix_ms() // 60_000
        minutes = await self._minutes.between(tenant, now - MINUTES + 1, now)
        return [RefusedAnswer(by=by, count=sum(minute.refused_by.get(by, 0) for minute in minutes)) for by in RefusedBy]


def _quota(
    name: QuotaName, used: int, limit: int, set_by: str, *, when_full: WhenFull = WhenFull.REFUSED
) -> QuotaAnswer:
    return QuotaAnswer(name=name, used=used, limit=limit, when_full=when_full, resets_at=None, set_by=set_by)
