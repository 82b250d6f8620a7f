"""A webtask as `wt` is shown it."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.answers import Answer


class WebtaskAnswer(Answer, frozen=True, kw_only=True):
    """A webtask; its container is the tenant."""

    container: str
    name: str
    token: str
    meta: dict[str, str]


class WebtaskClaims(Answer, frozen=True, kw_only=True):
    """The claims of a webtask's token as `wt` takes them, and sends them back with a change."""

    ten: str
    jtn: str
    iat: int
    mb: int = 1
    dr: int = 1
    dd: int = 0
    url: str
    meta: dict[str, str]
    ectx: dict[str, str] | UnsetType = UNSET
    """The names of its secrets."""
    code: str | UnsetType = UNSET
