"""The hook of the peers in Python: what the bench's rule adds to a token."""

from __future__ import annotations


def claims_of(client: dict[str, str]) -> dict[str, str]:
    """As ``hook.js`` and our rules."""
    return {"https://bench.test/tenant": client["tenant"], "https://bench.test/name": client["name"]}
