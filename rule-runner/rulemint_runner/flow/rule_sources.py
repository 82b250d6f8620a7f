"""Rule versions and secrets as an invocation names them: read once, then kept by that name.

An invocation names immutable things, so nothing here is ever stale; what was not used for long is forgotten.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec
from redis.exceptions import RedisError

from rulemint_runner.flow.masks import Mask
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.messages import RuleRef, Trial
from rulemint_shared.contract.records import Isolation, Language, Power, RuleLimits, RuleVersion
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import RedisUnusableError
from rulemint_shared.secrets.runner_key import HOW_TO_MAKE_IT, RunnerKey, RunnerKeyError

KEPT_SOURCES = 256
"""Each is 256 KiB of text at most, and its secrets."""


class RuleSourceError(Exception):
    """The rule version or its secrets are not there, or not readable. The text says which."""


class RuleSource(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a host needs to become a rule."""

    script: str
    language: Language
    secrets: dict[str, str]
    allow_hosts: tuple[str, ...] = ()
    isolation: Isolation = Isolation.WARM
    limits: RuleLimits = RuleLimits()
    packages: str = ""
    """The name of its package set; empty if it has none."""
    lock: Power | None = None
    """The most that it may do; None: it has no lock."""
    mask: Mask
    """Takes the rule's secrets out of a text."""


class RuleSources:
    """Loads rule sources from Redis; the runner's only use of its key."""

    def __init__(self, redis: RedisClient, key: RunnerKey) -> None:
        self._redis = redis
        self._key = key
        self._kept: OrderedDict[tuple[str, str, int, int], RuleSource] = OrderedDict()

    async def check_key(self) -> None:
        """Compare the runner's key with what the store keeps of the right one; a new store keeps nothing yet.

        Raises:
            RunnerKeyError: it is another.
            RedisUnusableError: Redis does not answer.
        """
        try:
            kept = await self._redis.get(redis_keys.RUNNER_KEY_CHECK)
        except (RedisError, OSError) as error:
            raise RedisUnusableError(f"no answer from the server of RULEMINT_REDIS_URL: {error}") from error
        try:
            if kept is not None:
                self._key.open_rule_secrets(kept)
        except RunnerKeyError:
            raise RunnerKeyError(
                "RULEMINT_RUNNER_KEY_FILE is of another master key than this server's secrets were encrypted with: "
                f"{HOW_TO_MAKE_IT}"
            ) from None

    async def get(self, tenant: str, ref: RuleRef) -> RuleSource:
        """The source that *ref* names.

        Raises:
            RuleSourceError: it does not exist (any more), or does not open under the runner's key.
            RedisError, OSError: Redis does not answer.
        """
        source = self.kept(tenant, ref)
        if source is None:
            source = self._kept[_name(tenant, ref)] = await self._read(tenant, ref)
            if len(self._kept) > KEPT_SOURCES:
                self._kept.popitem(last=False)
        return source

    def kept(self, tenant: str, ref: RuleRef) -> RuleSource | None:
        """The source that *ref* names, if it was read before and has not been forgotten since."""
        name = _name(tenant, ref)
        source = self._kept.get(name)
        if source is not None:
            self._kept.move_to_end(name)
        return source

    def of_trial(self, trial: Trial) -> RuleSource:
        """Make the source that *trial* brings along; it is not kept.

        Raises:
            RuleSourceError: its secrets do not open under the runner's key.
        """
        try:
            return source_of(trial.text, self._decrypt(trial.secrets) if trial.secrets else {})
        except (codecs.DecodeError, RunnerKeyError) as error:
            raise RuleSourceError(str(error)) from error

    async def _read(self, tenant: str, ref: RuleRef) -> RuleSource:
        async with self._redis.pipeline(transaction=False) as pipe:
            rule_id = _stored_id(ref)
            pipe.hget(redis_keys.rule_versions(tenant), redis_keys.rule_version_field(rule_id, ref.version))
            pipe.hget(redis_keys.rule_secrets(tenant), rule_id)
            version_data, secrets_data = await pipe.execute()
        if version_data is None:
            raise RuleSourceError(f"version {ref.version} of the rule was deleted")
        try:
            version = codecs.rule_version.decode(version_data)
            secrets = self._open(secrets_data, ref)
        except (codecs.DecodeError, RunnerKeyError) as error:
            raise RuleSourceError(str(error)) from error
        return source_of(version, secrets)

    def _open(self, data: bytes | None, ref: RuleRef) -> dict[str, str]:
        if ref.secrets_revision == 0:
            return {}
        if data is None:
            raise RuleSourceError("the rule's secrets were deleted")
        stored = codecs.rule_secrets.decode(data)
        if stored.revision != ref.secrets_revision:
            raise RuleSourceError("the rule's secrets changed while the request was on its way")
        return self._decrypt(stored.ciphertext)

    def _decrypt(self, ciphertext: bytes) -> dict[str, str]:
        return codecs.secret_values.decode(self._key.open_rule_secrets(ciphertext))


def _name(tenant: str, ref: RuleRef) -> tuple[str, str, int, int]:
    return tenant, _stored_id(ref), ref.version, ref.secrets_revision


def _stored_id(ref: RuleRef) -> str:
    return ref.stored_id or ref.rule_id


def source_of(version: RuleVersion, secrets: dict[str, str]) -> RuleSource:
    """The source of *version* with these *secrets*. A locked version without a known power may do nothing."""
    lock = (version.power or Power()) if version.locked else None
    return RuleSource(
        script=version.script,
        language=version.language,
        secrets=secrets,
        allow_hosts=version.allow_hosts if lock is None else lock.hosts,
        isolation=version.isolation,
        limits=version.limits,
        packages=version.packages,
        lock=lock,
        mask=Mask(secrets.values()),
    )
