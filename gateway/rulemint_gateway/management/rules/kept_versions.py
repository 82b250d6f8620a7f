"""Decides which versions of a rule are kept: the newest, and older ones that run, ran last, roll out or are a draft."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from rulemint_gateway.stores.catalog.tables import RULE_VERSIONS
from rulemint_gateway.stores.writing.config_store import Changes
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.records import Rule


def numbers_of(rule: Rule) -> list[int]:
    """Of all versions that are kept, the newest first."""
    return [*range(rule.latest_version, rule.oldest_version - 1, -1), *sorted(rule.older_versions, reverse=True)]


def plan_outdated(before: Rule, after: Rule, *, kept: int, changes: Changes[Any]) -> Rule:
    """*after*, which got a new version, with no more than the *kept* newest; the others are deleted with *changes*.

    What runs *before* or *after* stays in any case: an invocation that is under way may not have read it yet.
    """
    oldest = max(before.oldest_version, after.latest_version - kept + 1)
    in_use = {before.version, before.draft, after.version, after.draft, after.previous_version}
    in_use |= {rule.rollout.version for rule in (before, after) if rule.rollout is not None and rule.rollout.is_running}
    older = [*before.older_versions, *range(before.oldest_version, oldest)]
    for number in older:
        if number not in in_use:
            changes.delete(RULE_VERSIONS, redis_keys.rule_version_field(after.id, number))
    return replace(after, oldest_version=oldest, older_versions=tuple(each for each in older if each in in_use))
