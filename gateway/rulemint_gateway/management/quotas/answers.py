"""The quotas of a tenant as they are answered."""

from __future__ import annotations

from enum import StrEnum

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.stores.traffic.minute_counts import RefusedBy


class QuotaName(StrEnum):
    """Everything that a tenant may have so much of."""

    TOKENS_PER_HOUR = "tokens_per_hour"
    """Of all clients together; only if the tenant has set a quota."""
    TOKENS_PER_DAY = "tokens_per_day"
    WAITING_REQUESTS = "waiting_requests"
    """Token requests that wait for rules, at all gateways; each gateway said so within 3 s."""
    RULES = "rules"
    CLIENTS = "clients"
    RESOURCE_SERVERS = "resource_servers"
    CLIENT_GRANTS = "client_grants"
    RULE_SECRETS = "rule_secrets"
    SCRIPT_BYTES = "script_bytes"
    """Of all versions of all rules."""
    EXCHANGE_RECORDS = "exchange_records"
    EXCHANGE_BYTES = "exchange_bytes"
    LOG_RECORDS = "log_records"
    LOG_BYTES = "log_bytes"
    AUDIT_RECORDS = "audit_records"
    AUDIT_BYTES = "audit_bytes"


class WhenFull(StrEnum):
    """The fate of requests and records beyond a quota."""

    REFUSED = "refused"
    TOLD = "told"
    """It is let through, and the tenant's log tells of it."""
    OLDEST_GO = "oldest_go"
    """The oldest records make room, so a full quota is nothing unusual."""


class QuotaAnswer(Answer, frozen=True, kw_only=True):
    """One quota, and how much of it is used now."""

    name: QuotaName
    used: int
    limit: int
    """Of `waiting_requests`, less while other tenants wait too: as many as the tenant leaves to the others."""
    when_full: WhenFull
    resets_at: Moment | None
    """Of tokens: the end of the hour or day (UTC)."""
    set_by: str
    """The operator's setting, or the field of the tenant's settings."""


class RefusedAnswer(Answer, frozen=True, kw_only=True):
    """The token requests of the last hour that one kind of limit refused."""

    by: RefusedBy
    count: int


class QuotasAnswer(Answer, frozen=True, kw_only=True):
    """The quotas of the tenant, at all gateways together, and what was refused in the last 60 minutes."""

    quotas: list[QuotaAnswer]
    refused: list[RefusedAnswer]
    """One entry for each kind, also of those that refused nothing. One request may be refused by several."""
