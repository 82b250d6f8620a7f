"""A rule's source → the frame that makes a host its rule."""

from __future__ import annotations

import os
import re

import msgspec
from redis.exceptions import RedisError

from rulemint_runner.flow.limits import Limits
from rulemint_runner.flow.rule_sources import RuleSource
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.wire import frames
from rulemint_runner.packages.package_store import PackagesMissingError, PackageStore
from rulemint_shared.clock import machine_ms
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language

META = {
    "wt-compiler": "auth0-ext-compilers/client-credentials-exchange",
    "auth0-extension": "runtime",
    "auth0-extension-name": "credentials-exchange",
}
"""The names that `context.webtask.meta` held of every rule at Auth0."""
MAX_SEED = 2**53 - 1
"""Every language reads it exactly from JSON."""
SEED_BYTES = 7
_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def load_frame(name: str, source: RuleSource, limits: Limits, packages: msgspec.Raw) -> frames.Load:
    """The frame of the rule *name*, with its *packages*. Errors of the rule call its file by that name."""
    return frames.Load(
        file=file_of(name, source.language),
        language=source.language,
        script=source.script,
        secrets=source.secrets,
        result_bytes=limits.result_bytes,
        meta=META,
        packages=packages,
        seed=a_seed(),
        now_ms=machine_ms(),
    )


def a_seed() -> int:
    """Draw a seed. A rule may guess what comes of it, and nothing of any other."""
    return int.from_bytes(os.urandom(SEED_BYTES)) % MAX_SEED + 1


def file_of(name: str, language: Language) -> str:
    """Return the file name that errors of the rule *name* have."""
    return f"{_NOT_IN_FILE_NAMES.sub('-', name).strip('-') or 'rule'}.{language.suffix}"


async def packages_of(name: str, store: PackageStore) -> msgspec.Raw:
    """The package set *name* for a frame; an empty name is that of no packages.

    Raises:
        HostEndedError: it is not there, or Redis does not answer.
    """
    if not name:
        return frames.NO_PACKAGES
    try:
        return msgspec.Raw(await store.get(name))
    except (PackagesMissingError, RedisError, OSError) as error:
        raise HostEndedError(FailureReason.INTERRUPTED, str(error)) from error
