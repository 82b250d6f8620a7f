"""Examples of answers about quotas, by the name of their type."""

from __future__ import annotations

from typing import Any


def _quota(
    name: str, used: int, limit: int, set_by: str, *, when_full: str = "refused", resets_at: str | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "used": used,
        "limit": limit,
        "when_full": when_full,
        "resets_at": resets_at,
        "set_by": set_by,
    }


QUOTA_ANSWERS: dict[str, Any] = {
    "QuotasAnswer": {
        "quotas": [
            _quota("tokens_per_hour", 812, 1_000, "tenant_token_quota", resets_at="2026-11-25T09:00:00.000Z"),
            _quota("waiting_requests", 3, 2_500, "RULEMINT_MAX_WAITING"),
            _quota("clients", 1_940, 200_000, "RULEMINT_MAX_CLIENTS"),
            _quota("exchange_records", 10_000, 10_000, "RULEMINT_EXCHANGES_KEPT", when_full="oldest_go"),
        ],
        "refused": [
            {"by": "tenant_token_quota", "count": 0},
            {"by": "client_token_quota", "count": 12},
            {"by": "source_token_quota", "count": 0},
            {"by": "failed_logins", "count": 3},
            {"by": "waiting_requests", "count": 0},
        ],
    },
}
