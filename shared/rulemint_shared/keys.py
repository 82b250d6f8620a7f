"""Every Redis key and channel name, spelled once.

=========================================  ==========  ==================  ============  =======================
name                                       type        writer              reader        lifetime
=========================================  ==========  ==================  ============  =======================
rulemint:tenants                           hash        gateway             gateway       for good
rulemint:{tenant}:clients                  hash        gateway             gateway       for good
rulemint:{tenant}:resource-servers         hash        gateway             gateway       for good
rulemint:{tenant}:client-grants            hash        gateway             gateway       for good
rulemint:{tenant}:rules                    hash        gateway             gateway       for good
rulemint:{tenant}:rule-versions            hash        gateway             runner        for good (immutable)
rulemint:{tenant}:script-bytes             string      gateway             gateway       for good
rulemint:{tenant}:rule-secrets             hash        gateway             runner        for good (encrypted)
rulemint:{tenant}:signing-keys             hash        gateway             gateway       for good (encrypted)
rulemint:{tenant}:rule-storage:{rule}      string      runner              runner        as long as its rule
rulemint:{tenant}:rule-cache:{rule}        string      runner              runner        a day at most
rulemint:{tenant}:exchanges                stream      gateway             gateway       capped by count, bytes
rulemint:{tenant}:refused-requests         stream      gateway             gateway       capped by count, bytes
rulemint:{tenant}:audit                    stream      gateway             gateway       capped by count, bytes
rulemint:{tenant}:refused-calls            stream      gateway             gateway       capped by count, bytes
rulemint:{tenant}:tokens-per-day           hash        gateway             gateway       for good
rulemint:{tenant}:token-quotas:{window}    hash        gateway             gateway       its hour or day
rulemint:{tenant}:secrets-used             sorted set  gateway             gateway       members expire by score
rulemint:{tenant}:idempotent:{sha256}      string      gateway             gateway       a day
rulemint:{tenant}:logs                     stream      runner, gateway     gateway       count, bytes and age
{a stream's name}:ledger                   hash        as its stream       as its stream  as its stream
rulemint:log-tickets:{sha256}              string      gateway             gateway       30 s, read once
rulemint:buckets:{sha256}                  string      gateway             gateway       until it is full, minutes
rulemint:packages:{sha256}                 string      runner              runner        while it is needed
rulemint:package-sets                      hash        runner              runner        as long as each set
rulemint:installed:{sha256 of a request}   string      runner              runner        an hour
rulemint:revision                          string      gateway             gateway       for good
rulemint:durable-revision                  string      gateway             -             for good
rulemint:key-check                         string      gateway             gateway       for good (encrypted)
rulemint:runner-key-check                  string      gateway             runner        for good (encrypted)
rulemint:write:{random}                    string      gateway             gateway       a minute
rulemint:changes                           channel     gateway             gateway       -
rulemint:queue                             sorted set  gateway (arq)       runner (arq)  until the job ends
rulemint:queue:wake-up                     list        gateway             runner        popped at once, 60 s
rulemint:outcomes:{gateway}                channel     runner              gateway       -
rulemint:runners                           sorted set  runner              gateway       members expire by score
rulemint:runners:insecure                  sorted set  runner              gateway       members expire by score
rulemint:runners:leaving                   sorted set  runner              gateway       members expire by score
rulemint:runner:{runner}                   string      runner              gateway       as long as it beats
rulemint:wrong-clocks                      hash        gateway, runner     gateway       5 s after the last one
=========================================  ==========  ==================  ============  =======================

A job itself is kept under ``arq:job:`` until it is taken, its claim under ``arq:in-progress:`` and its endings under
``arq:result:`` for a minute after it has ended; arq has no setting for these prefixes.
"""

from __future__ import annotations

PREFIX = "rulemint"

TENANTS = f"{PREFIX}:tenants"
REVISION = f"{PREFIX}:revision"
DURABLE_REVISION = f"{PREFIX}:durable-revision"
KEY_CHECK = f"{PREFIX}:key-check"
RUNNER_KEY_CHECK = f"{PREFIX}:runner-key-check"
CHANGES = f"{PREFIX}:changes"
QUEUE = f"{PREFIX}:queue"
QUEUE_WAKE_UP = f"{PREFIX}:queue:wake-up"
PACKAGE_SETS = f"{PREFIX}:package-sets"
RUNNERS = f"{PREFIX}:runners"
INSECURE_RUNNERS = f"{PREFIX}:runners:insecure"
LEAVING_RUNNERS = f"{PREFIX}:runners:leaving"
WRONG_CLOCKS = f"{PREFIX}:wrong-clocks"


def write_marker(name: str) -> str:
    """What one transaction of the configuration writes to be recognised by."""
    return f"{PREFIX}:write:{name}"


def clients(tenant: str) -> str:
    """The hash client_id → Client."""
    return f"{PREFIX}:{tenant}:clients"


def resource_servers(tenant: str) -> str:
    """The hash id → ResourceServer."""
    return f"{PREFIX}:{tenant}:resource-servers"


def client_grants(tenant: str) -> str:
    """The hash id → ClientGrant."""
    return f"{PREFIX}:{tenant}:client-grants"


def rules(tenant: str) -> str:
    """The hash id → Rule."""
    return f"{PREFIX}:{tenant}:rules"


def rule_versions(tenant: str) -> str:
    """The hash ``<rule id>@<version>`` → RuleVersion."""
    return f"{PREFIX}:{tenant}:rule-versions"


def script_bytes(tenant: str) -> str:
    """How many bytes the tenant's rule versions have together."""
    return f"{PREFIX}:{tenant}:script-bytes"


def rule_secrets(tenant: str) -> str:
    """The hash rule id → RuleSecrets."""
    return f"{PREFIX}:{tenant}:rule-secrets"


def signing_keys(tenant: str) -> str:
    """The hash kid → SigningKey."""
    return f"{PREFIX}:{tenant}:signing-keys"


def rule_storage(tenant: str, rule_id: str) -> str:
    """The StoredDocument of a rule."""
    return f"{PREFIX}:{tenant}:rule-storage:{rule_id}"


def rule_cache(tenant: str, rule_id: str) -> str:
    """The StoredCache of an action."""
    return f"{PREFIX}:{tenant}:rule-cache:{rule_id}"


def exchanges(tenant: str) -> str:
    """The stream of the tenant's exchange records."""
    return f"{PREFIX}:{tenant}:exchanges"


def audit(tenant: str) -> str:
    """The stream of AuditRecord of the calls that changed something."""
    return f"{PREFIX}:{tenant}:audit"


def refused_requests(tenant: str) -> str:
    """The stream of the exchange records of clients that were not authenticated: apart, for anybody can make them."""
    return f"{PREFIX}:{tenant}:refused-requests"


def refused_calls(tenant: str) -> str:
    """The stream of AuditRecord of the calls that were refused: apart, so that they cannot push out the others."""
    return f"{PREFIX}:{tenant}:refused-calls"


def tokens_per_day(tenant: str) -> str:
    """The hash ``YYYY-MM-DD`` → how many tokens were issued that day (UTC)."""
    return f"{PREFIX}:{tenant}:tokens-per-day"


def token_quota(tenant: str, window: str) -> str:
    """The hash of a quota in one hour or day: how many tokens were issued, and how many were refused."""
    return f"{PREFIX}:{tenant}:token-quotas:{window}"


def secrets_used(tenant: str) -> str:
    """The sorted set ``<client id> <secret name>`` → when the secret last proved its client, in ms."""
    return f"{PREFIX}:{tenant}:secrets-used"


def secrets_used_member(client_id: str, secret_name: str) -> str:
    """The member of one secret in its sorted set."""
    return f"{client_id} {secret_name}"


def idempotent(tenant: str, sha256: str) -> str:
    """The IdempotentCall of one Idempotency-Key."""
    return f"{PREFIX}:{tenant}:idempotent:{sha256}"


def logs(tenant: str) -> str:
    """The stream of the tenant's log records."""
    return f"{PREFIX}:{tenant}:logs"


def ledger(stream: str) -> str:
    """The hash that says how much is in a stream."""
    return f"{stream}:ledger"


def runner_load(runner: str) -> str:
    """The RunnerLoad of one runner."""
    return f"{PREFIX}:runner:{runner}"


def log_ticket(sha256: str) -> str:
    """What a ticket for a log stream is good for, by the hash of its text."""
    return f"{PREFIX}:log-tickets:{sha256}"


def bucket(sha256: str) -> str:
    """When a bucket of failed logins is full again, in ms of the server's clock."""
    return f"{PREFIX}:buckets:{sha256}"


def outcomes(gateway: str) -> str:
    """The channel on which one gateway hears the outcomes it asked for."""
    return f"{PREFIX}:outcomes:{gateway}"


def packages(sha256: str) -> str:
    """One package set, compressed, by the hash of these bytes."""
    return f"{PREFIX}:packages:{sha256}"


def installed(request_sha256: str) -> str:
    """The `Installed` that a request had lately."""
    return f"{PREFIX}:installed:{request_sha256}"


def rule_version_field(rule_id: str, version: int) -> str:
    """The field of one rule version in its hash."""
    return f"{rule_id}@{version}"
