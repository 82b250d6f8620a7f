"""A client's quotas, between its authentication and its rules: taken before, given back if no token comes of it.

Tokens for the management API are never counted, so that a quota which is too small can be changed.
"""

from __future__ import annotations

from rulemint_gateway.limits.applicable_quotas import Limit, QuotaBy, limits_of
from rulemint_gateway.limits.quota_counts import QuotaCounts, Taken
from rulemint_gateway.limits.quota_reports import QuotaReports
from rulemint_gateway.oauth.errors import QuotaExceeded
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.writing.calls import Call
from rulemint_shared.contract.records import Client, ResourceServer

Headers = dict[str, str]
TOKEN_ENDPOINT = ("POST", "/oauth/token")


class TokenQuotas:
    """Asks Redis only where a quota is set."""

    def __init__(self, counts: QuotaCounts, reports: QuotaReports) -> None:
        self._counts = counts
        self._reports = reports

    async def take(self, config: TenantConfig, client: Client, api: ResourceServer, source: str) -> Taken | None:
        """One token of each quota of *client* at *source*; None if there is none.

        Raises:
            QuotaExceeded: one that is enforced is used up.
        """
        limits = [] if api.is_system else limits_of(config.tenant, client, source)
        if not limits:
            return None
        taken = await self._counts.take(config.tenant.name, limits)
        method, path = TOKEN_ENDPOINT
        self._reports.note(
            taken,
            Call(
                tenant=config.tenant.name,
                client_id=client.client_id,
                client_name=client.name,
                ip=source,
                method=method,
                path=path,
            ),
        )
        if taken.refused:
            raise _exceeded(taken)
        return taken

    def give_back(self, taken: Taken | None) -> None:
        """No token came of what was *taken*."""
        if taken is not None:
            self._counts.give_back(taken)


def quota_headers(taken: Taken) -> Headers:
    """``RateLimit-*`` of the quota that leaves least, and Auth0's header with those of the client."""
    pairs = list(zip(taken.limits, taken.counts, strict=True))
    used_up = taken.used_up
    shown = [pair for pair in pairs if pair[0] in used_up] or pairs
    limit, count = min(shown, key=lambda pair: (_left(*pair), -pair[0].resets_in_s(taken.at_s)))
    headers = {
        "RateLimit-Limit": str(limit.most),
        "RateLimit-Remaining": str(_left(limit, count)),
        "RateLimit-Reset": str(limit.resets_in_s(taken.at_s)),
    }
    if of_client := [pair for pair in pairs if pair[0].by is QuotaBy.CLIENT]:
        headers["Auth0-Client-Quota-Limit"] = ",".join(
            f"b={limit.window};q={limit.most};r={_left(limit, count)};t={limit.resets_in_s(taken.at_s)}"
            for limit, count in of_client
        )
    return headers


def _exceeded(taken: Taken) -> QuotaExceeded:
    last = max(taken.used_up, key=lambda limit: limit.resets_in_s(taken.at_s))
    return QuotaExceeded(last, retry_after_s=last.resets_in_s(taken.at_s), headers=quota_headers(taken))


def _left(limit: Limit, count: int) -> int:
    return max(0, limit.most - count)
