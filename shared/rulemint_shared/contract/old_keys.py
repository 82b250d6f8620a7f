"""Know the names of versions before layout 2. They had no tags, so no cluster could place them.

Only a gateway that starts reads this, to rename what such a version has left (docs/upgrading.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rulemint_shared.contract import keys

NAMES = "rulemint:*"
"""A pattern of all of them; it matches our own as well, which have a brace."""
RUNNERS = "rulemint:runners"
"""The sorted set of the runners that were alive, by the time in ms until which they are."""
GATEWAYS = "rulemint:outcomes:"
"""The beginning of the channels that gateways listened to."""
CHECKED_FIRST = {"rulemint:key-check": keys.KEY_CHECK, "rulemint:runner-key-check": keys.RUNNER_KEY_CHECK}
"""Names that a process of an older version reads first: it ends if it cannot decrypt what it finds."""

_SINGLE = {
    "rulemint:tenants": keys.TENANTS,
    "rulemint:revision": keys.REVISION,
    "rulemint:durable-revision": keys.DURABLE_REVISION,
    "rulemint:package-sets": keys.PACKAGE_SETS,
}
_OF_TENANT: dict[str, Callable[[str], str]] = {
    "clients": keys.clients,
    "resource-servers": keys.resource_servers,
    "client-grants": keys.client_grants,
    "rules": keys.rules,
    "rule-versions": keys.rule_versions,
    "script-bytes": keys.script_bytes,
    "rule-secrets": keys.rule_secrets,
    "signing-keys": keys.signing_keys,
    "audit": keys.audit,
    "exchanges": keys.exchanges,
    "refused-requests": keys.refused_requests,
    "refused-calls": keys.refused_calls,
    "logs": keys.logs,
    "tokens-per-day": keys.tokens_per_day,
    "secrets-used": keys.secrets_used,
}
_OF_PART: dict[str, Callable[[str, str], str]] = {
    "token-quotas": keys.token_quota,
    "idempotent": keys.idempotent,
    "rule-storage": keys.rule_storage,
    "rule-cache": keys.rule_cache,
}
_OF_DIGEST: dict[str, Callable[[str], str]] = {
    "write": keys.write_marker,
    "log-tickets": keys.log_ticket,
    "buckets": keys.bucket,
    "packages": keys.packages,
    "installed": keys.installed,
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
        return None if stream is None else keys.ledger(stream)
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
