"""Reads a tenant's rules for every view of them: the records, and the texts of their versions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.reading import read_record, read_records
from rulemint_gateway.stores.catalog.tables import RULE_VERSIONS
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.records import Rule, RuleVersion
from rulemint_shared.redis.client import RedisClient

FIRST_PART, LARGEST_PART = 4, 64
PART_CHARACTERS = 256 * 1024
"""Of the scripts and cases that are read together, about."""


class RuleRecords:
    """Reads rules from the catalog and their texts from Redis, and checks what a tenant's rules must have in common."""

    def __init__(self, redis: RedisClient, catalog: Catalog) -> None:
        self._redis = redis
        self._catalog = catalog

    def find(self, tenant: str, rule_id: str) -> Rule:
        """The rule of that id.

        Raises:
            NotFoundError: there is none.
        """
        rule = self._catalog.tenant(tenant).rules.get(rule_id)
        if rule is None:
            raise NotFoundError("rule", code="inexistent_rule")
        return rule

    def in_order(self, tenant: str) -> list[Rule]:
        """All rules, in the order in which they run or would."""
        rules = self._catalog.tenant(tenant).rules.values()
        return sorted(rules, key=lambda rule: (rule.order, rule.created_at_ms, rule.id))

    def last_order(self, tenant: str) -> int:
        """The highest order of all rules; 0 without one."""
        return max((rule.order for rule in self._catalog.tenant(tenant).rules.values()), default=0)

    def check_name_is_free(self, tenant: str, name: str, *, but_of: str) -> None:
        """Refuse a name that another rule than *but_of* has.

        Raises:
            ConflictError: one has it.
        """
        for rule in self._catalog.tenant(tenant).rules.values():
            if rule.name == name and rule.id != but_of:
                raise ConflictError("A rule with the same name already exists", field="name")

    async def text(self, tenant: str, rule: Rule, version: int) -> RuleVersion:
        """One version of *rule*.

        Raises:
            NotFoundError: there is none of that number.
        """
        text = await read_record(self._redis, RULE_VERSIONS, tenant, redis_keys.rule_version_field(rule.id, version))
        if not isinstance(text, RuleVersion):
            raise NotFoundError("version of the rule", code="inexistent_rule_version")
        return text

    async def texts(self, tenant: str, wanted: Sequence[tuple[Rule, int]]) -> list[tuple[Rule, RuleVersion]]:
        """The wanted rules with their versions, in one round trip. A version that is not there is left out."""
        fields = [redis_keys.rule_version_field(rule.id, version) for rule, version in wanted]
        texts = await read_records(self._redis, RULE_VERSIONS, tenant, fields)
        return [(rule, text) for (rule, _version), text in zip(wanted, texts, strict=True) if text is not None]

    async def in_parts(
        self, tenant: str, wanted: Sequence[tuple[Rule, int]]
    ) -> AsyncIterator[tuple[Rule, RuleVersion]]:
        """As `texts`, but only a few are held at a time: one may have a megabyte."""
        start, count = 0, FIRST_PART
        while start < len(wanted):
            found = await self.texts(tenant, wanted[start : start + count])
            start += count
            if found:
                each = max(1, sum(len(text.script) + len(text.cases) for _rule, text in found) // len(found))
                count = min(LARGEST_PART, max(1, PART_CHARACTERS // each))
            found.reverse()
            while found:
                yield found.pop()


def shown_version(rule: Rule) -> int:
    """The version that runs, or the draft of a rule that was never deployed."""
    return rule.version or rule.draft


def newest_version(rule: Rule) -> int:
    """The draft if there is one, else the version that runs: what the next edit begins with."""
    return rule.draft or rule.version


def check_can_be_enabled(rule: Rule) -> None:
    """Refuse to enable what has nothing to run: an enabled rule that let every token pass would be a trap.

    Raises:
        InvalidBodyError: no version of it was deployed.
    """
    if rule.version == 0:
        raise InvalidBodyError(f"{rule.name} has no deployed version: deploy one first", field="enabled")
