"""Know the names of versions before layout 2. They had no tags, so no cluster could place them.

Only a gateway that starts reads this, to rename what such a version has left (docs/upgrading.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rulemint_shared.contract import redis_keys

NAMES = "rulemint:*"
"""A pattern of all of them; it matches our own as well, which have a brace."""
RUNNERS = "rulemint:runners"
"""The sorted set of the runners that were alive, by the time in ms until which they are."""
GATEWAYS = "rulemint:outcomes:"
"""The beginning of the channels that gateways listened to."""
CHECKED_FIRST = {"rulemint:key-check": redis_keys.KEY_CHECK, "rulemint:runner-key-check": redis_keys.RUNNER_KEY_CHECK}
"""Names that a process of an older version reads first: it ends if it cannot decrypt what it finds."""

_SINGLE = {
    "rulemint:tenants": redis_keys.TENANTS,
    "rulemint:revision": redis_keys.REVISION,
    "rulemint:durable-revision": redis_keys.DURABLE_REVISION,
    "rulemint:package-sets": redis_keys.PACKAGE_SETS,
}
_OF_TENANT: dict[str, Callable[[str], str]] = {
    "clients": redis_keys.clients,
    "resource-servers": redis_keys.resource_servers,
    "client-grants": redis_keys.client_grants,
    "rules": redis_keys.rules,
    "rule-versions": redis_keys.rule_versions,
    "script-bytes": redis_keys.script_bytes,
    "rule-secrets": redis_keys.rule_secrets,
    "signing-keys": redis_keys.signing_keys,
    "audit": redis_keys.audit,
    "exchanges": redis_keys.exchanges,
    "refused-requests": redis_keys.refused_requests,
    "refused-calls": redis_keys.refused_calls,
    "logs": redis_keys.logs,
    "tokens-per-day": redis_keys.tokens_per_day,
    "secrets-used": redis_keys.secrets_used,
}
_OF_PART: dict[str, Callable[[str, str], str]] = {
    "token-quotas": redis_keys.token_quota,
    "idempotent": redis_keys.idempotent,
    "rule-storage": redis_keys.rule_storage,
    "rule-cache": redis_keys.rule_cache,
}
_OF_DIGEST: dict[str, Callable[[str], str]] = {
    "write": redis_keys.write_marker,
    "log-tickets": redis_keys.log_ticket,
    "buckets": redis_keys.bucket,
    "packages": redis_keys.packages,
    "installed": redis_keys.installed,
}
_GONE = re.compile(r"rulemint:(queue|queue:wake-up|runners|runners:insecure|runners:leaving|runner:.+|wrong-clocks)")
_LEDGER = ":ledger"


def is_gone(old: str) -> bool:
    """Tell whether *old* meant something only to the processes of its time: callers that waited, and who was alive."""
    return "{" not in old and _GONE.fullmatch(old) is not None and new_name(old) is None


def new_name(old: str) -> str | None:
    """Return the name that *old* has now; None if no version used it, or if it means nothing any more."""
    if "{" in old:
        return None
    if old.endswith(_LEDGER):
        stream = new_name(old.removesuffix(_LEDGER))
        return None if stream is None else redis_keys.ledger(stream)
    return _SINGLE.get(old) or _made(old)


def _made(old: str) -> str | None:
    """The new name of what is made of several parts."""
    _, _, name = old.partition(":")
    first, _, rest = name.partition(":")
    kind, _, part = rest.partition(":")
    if rest in _OF_TENANT:
        return _OF_TENANT[rest](first)
    if kind in _OF_PART and part:
        return _OF_PART[kind](first, part)
    if first in _OF_DIGEST and rest:
        return _OF_DIGEST[first](rest)
    return None
