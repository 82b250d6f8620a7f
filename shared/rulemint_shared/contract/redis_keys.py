"""Every Redis key and channel name, spelled once, and nothing else: the list is long because there are so many.

The part in braces is a name's tag (`redis_tags`). A script, a transaction or a command with several keys takes names of
one tag only. ``{config}`` has the configuration of all tenants, which has one revision; what a tenant's traffic makes
is under the tenant's own tag; each shard of the queue has one.

A job itself is kept under ``arq:job:`` until it is taken, its claim under ``arq:in-progress:`` and its endings under
``arq:result:`` for a minute after it has ended. arq has no setting for these prefixes. So a job's id bears the tag of
its shard of the queue, and all that arq keeps of it is where the shard is. A shard's tag begins with its number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from rulemint_shared.contract.redis_tags import queue_tag, tag

PREFIX = "rulemint"
_CONFIG = f"{PREFIX}:{{config}}"
_RUNNERS = f"{PREFIX}:{{runners}}"

TENANTS = f"{_CONFIG}:tenants"
DELETED_RULES = f"{_CONFIG}:deleted-rules"
DELETED_CLIENTS = f"{_CONFIG}:deleted-clients"
DELETED_TENANTS = f"{_CONFIG}:deleted-tenants"
REVISION = f"{_CONFIG}:revision"
CHANGE_LOG = f"{_CONFIG}:change-log"
DURABLE_REVISION = f"{_CONFIG}:durable-revision"
KEY_CHECK = f"{_CONFIG}:key-check"
RUNNER_KEY_CHECK = f"{_CONFIG}:runner-key-check"
LAYOUT = f"{_CONFIG}:layout"
MOVING = f"{_CONFIG}:moving"
CHANGES = f"{_CONFIG}:changes"
PACKAGE_SETS = f"{PREFIX}:{{packages}}:sets"
RUNNERS = f"{_RUNNERS}:alive"
INSECURE_RUNNERS = f"{_RUNNERS}:insecure"
LEAVING_RUNNERS = f"{_RUNNERS}:leaving"
WRONG_CLOCKS = f"{PREFIX}:{{clocks}}:wrong"


def _of(tenant: str) -> str:
    """The beginning of the names of what a tenant's traffic makes; no tenant's name has a brace in it."""
    return f"{PREFIX}:{{tenant:{tenant}}}"


@cache
def queue(shard: int) -> str:
    """The sorted set of the ids of the jobs that wait, by when they were enqueued."""
    return f"{PREFIX}:{{{queue_tag(shard)}}}:jobs"


@cache
def wake_up(shard: int) -> str:
    """The list on which idle runners wait for the id of a job."""
    return f"{PREFIX}:{{{queue_tag(shard)}}}:wake-up"


def job_id(random: str, shard: int) -> str:
    """The id of a job, from *random* text; it is where its shard of the queue is."""
    return f"job_{{{queue_tag(shard)}}}_{random}"


def write_marker(name: str) -> str:
    """Name the key that a transaction of the configuration writes to be recognised by."""
    return f"{_CONFIG}:write:{name}"


def clients(tenant: str) -> str:
    """The hash client_id → Client."""
    return f"{_CONFIG}:clients:{tenant}"


def resource_servers(tenant: str) -> str:
    """The hash id → ResourceServer."""
    return f"{_CONFIG}:resource-servers:{tenant}"


def client_grants(tenant: str) -> str:
    """The hash id → ClientGrant."""
    return f"{_CONFIG}:client-grants:{tenant}"


def rules(tenant: str) -> str:
    """The hash id → Rule."""
    return f"{_CONFIG}:rules:{tenant}"


def rule_versions(tenant: str) -> str:
    """The hash ``<rule id>@<version>`` → RuleVersion."""
    return f"{_CONFIG}:rule-versions:{tenant}"


def script_bytes(tenant: str) -> str:
    """Name the count of bytes that the tenant's rule versions have together."""
    return f"{_CONFIG}:script-bytes:{tenant}"


def rule_secrets(tenant: str) -> str:
    """The hash rule id → RuleSecrets."""
    return f"{_CONFIG}:rule-secrets:{tenant}"


def signing_keys(tenant: str) -> str:
    """The hash kid → SigningKey."""
    return f"{_CONFIG}:signing-keys:{tenant}"


def audit(tenant: str) -> str:
    """The stream of AuditRecord of the calls that changed something."""
    return f"{_CONFIG}:audit:{tenant}"


def idempotent(tenant: str, sha256: str) -> str:
    """The IdempotentCall of one Idempotency-Key."""
    return f"{_CONFIG}:idempotent:{tenant}:{sha256}"


def configuration_of(tenant: str) -> list[str]:
    """Name all that a tenant has under the tag of the configuration, but for its own record and `idempotent`."""
    by_tenant = (
        clients,
        resource_servers,
        client_grants,
        rules,
        rule_versions,
        script_bytes,
        rule_secrets,
        signing_keys,
        audit,
    )
    return [*(name(tenant) for name in by_tenant), ledger(audit(tenant))]


def tenant_of(name: str) -> str:
    """Return the tenant whose traffic or whose idempotent calls made *name*; empty: none did."""
    for before, after in ((f"{PREFIX}:{{tenant:", "}:"), (f"{_CONFIG}:idempotent:", ":")):
        if name.startswith(before):
            return name.removeprefix(before).partition(after)[0]
    return ""


def pattern_of_all(tenants: Collection[str]) -> str:
    """Return a pattern of names that matches all of which `tenant_of` says one of *tenants*, and others."""
    return f"{PREFIX}:*{next(iter(tenants))}*" if len(tenants) == 1 else f"{PREFIX}:*"


def deleted_member(tenant: str, record_id: str) -> str:
    """The member of `DELETED_RULES` or `DELETED_CLIENTS` that says whose state and tapes are still there."""
    return f"{tenant} {record_id}"


def rule_storage(tenant: str, rule_id: str) -> str:
    """The StoredDocument of a rule."""
    return f"{_of(tenant)}:rule-storage:{rule_id}"


def rule_cache(tenant: str, rule_id: str) -> str:
    """The StoredCache of an action."""
    return f"{_of(tenant)}:rule-cache:{rule_id}"


def deleted_rule(tenant: str, rule_id: str) -> str:
    """Says that a rule was deleted, so that what still runs keeps nothing for it."""
    return f"{_of(tenant)}:deleted-rule:{rule_id}"


def deleted_client(tenant: str, client_id: str) -> str:
    """Says when a client was deleted, in ms, so that no tape is kept of its requests from before."""
    return f"{_of(tenant)}:deleted-client:{client_id}"


def exchanges(tenant: str) -> str:
    """The stream of the tenant's exchange records."""
    return f"{_of(tenant)}:exchanges"


def refused_requests(tenant: str) -> str:
    """The stream of the exchange records of clients that were not authenticated: apart, for anybody can make them."""
    return f"{_of(tenant)}:refused-requests"


def refused_calls(tenant: str) -> str:
    """The stream of AuditRecord of the calls that were refused: apart, so that they cannot push out the others."""
    return f"{_of(tenant)}:refused-calls"


def tape(tenant: str, exchange_id: str) -> str:
    """The sealed Tape of one exchange; it expires."""
    return f"{_of(tenant)}:tape:{exchange_id}"


def tapes(tenant: str) -> str:
    """The sorted set of the tenant's tapes, by when they were made, in ms."""
    return f"{_of(tenant)}:tapes"


def tapes_member(exchange_id: str, client_id: str, rule_ids: Iterable[str], size: int) -> str:
    """The member of one tape in its sorted set: what it is deleted by, and its bytes."""
    return f"{exchange_id} {client_id} {size} {','.join(rule_ids)}"


def tokens_per_day(tenant: str) -> str:
    """The hash ``YYYY-MM-DD`` → how many tokens were issued that day (UTC)."""
    return f"{_of(tenant)}:tokens-per-day"


def token_use(tenant: str, day: str) -> str:
    """The hash client_id → how many tokens the client asked for on *day* (``YYYY-MM-DD``, UTC), and needed."""
    return f"{_of(tenant)}:token-use:{day}"


def minutes(tenant: str, hour: str) -> str:
    """The hash of *hour* (since 1970): a minute and an outcome, a bucket of durations, or a limit → how many."""
    return f"{_of(tenant)}:minutes:{hour}"


def waiting_requests(tenant: str) -> str:
    """The hash gateway → how many token requests wait there, how many may, and when it said so, in ms; it expires."""
    return f"{_of(tenant)}:waiting-requests"


def token_quota(tenant: str, window: str) -> str:
    """The hash of a quota in one hour or day: how many tokens were issued, and how many were refused."""
    return f"{_of(tenant)}:token-quotas:{window}"


def last_answers(tenant: str) -> str:
    """The hash question → the LastAnswer of a flow that may answer stale, encrypted; and two numbers about them."""
    return f"{_of(tenant)}:last-answers"


def last_answer_times(tenant: str) -> str:
    """The sorted set question → when it was last answered, in ms."""
    return f"{_of(tenant)}:last-answer-times"


def last_refusals(tenant: str) -> str:
    """The sorted set question → when it was last refused, in ms: an answer of before it is not kept."""
    return f"{_of(tenant)}:last-refusals"


def rollout_counts(tenant: str, rollout_id: str) -> str:
    """The hash ``<step> <new or old> <outcome>`` → how many token requests of a rollout ended so; it expires."""
    return f"{_of(tenant)}:rollout-counts:{rollout_id}"


def rule_pauses(tenant: str) -> str:
    """The sorted set of the KeptPauses of the tenant's rules, by when they end, in ms; it expires."""
    return f"{_of(tenant)}:rule-pauses"


def secrets_used(tenant: str) -> str:
    """The sorted set ``<client id> <secret name>`` → when the secret last proved its client, in ms."""
    return f"{_of(tenant)}:secrets-used"


def secrets_used_member(client_id: str, secret_name: str) -> str:
    """The member of one secret in its sorted set."""
    return f"{client_id} {secret_name}"


def logs(tenant: str) -> str:
    """The stream of the tenant's log records."""
    return f"{_of(tenant)}:logs"


def ledger(stream: str) -> str:
    """The hash that says how much is in a stream."""
    return f"{stream}:ledger"


def stream_index(stream: str) -> str:
    """The hash that says which entries of a stream have a name."""
    return f"{stream}:index"


def runner_load(runner: str) -> str:
    """The RunnerLoad of one runner."""
    return f"{_RUNNERS}:load:{runner}"


def log_ticket(sha256: str) -> str:
    """Name the key of a ticket for a log stream, by the hash of its text."""
    return f"{PREFIX}:{{ticket:{sha256}}}"


def console_session(tenant: str, session_id: str) -> str:
    """The Session of one operator who signed in to the console; it expires."""
    return f"{_of(tenant)}:console-session:{session_id}"


def console_sessions(tenant: str) -> str:
    """The sorted set of the ids of the tenant's sessions, by when they end, in ms."""
    return f"{_of(tenant)}:console-sessions"


def console_link(tenant: str, sha256: str) -> str:
    """The Link that signs somebody in once, by the hash of its text; it expires."""
    return f"{_of(tenant)}:console-link:{sha256}"


def bucket(sha256: str) -> str:
    """Name a bucket of failed logins; it holds when it is full again, in ms of the server's clock.

    There are 16 tags for all of them.
    """
    return f"{PREFIX}:{{buckets:{sha256[:1]}}}:{sha256}"


def outcomes(gateway: str, shard: int = 0) -> str:
    """The channel on which one gateway hears the outcomes of what it put into a shard of the queue."""
    return f"{PREFIX}:{{{queue_tag(shard)}}}:outcomes:{gateway}"


def packages(sha256: str) -> str:
    """One package set, compressed, by the hash of these bytes."""
    return f"{PREFIX}:{{package:{sha256}}}"


def packages_name(key: str) -> str:
    """The hash that `packages` was given."""
    return tag(key).removeprefix("package:")


def installed(request_sha256: str) -> str:
    """The `Installed` that a request had lately."""
    return f"{PREFIX}:{{installed:{request_sha256}}}"


def rule_version_field(rule_id: str, version: int) -> str:
    """The field of one rule version in its hash."""
    return f"{rule_id}@{version}"
