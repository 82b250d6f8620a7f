"""The versions of a rule: list, read, deploy, compare. A version never changes; which one runs is the rule's to say."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError
from rulemint_gateway.management.rules.answers import (
    RuleAnswer,
    RuleVersionAnswer,
    RuleVersionSummary,
    rule_answer,
    version_answer,
    version_summary,
)
from rulemint_gateway.management.rules.bodies import TEXT_FIELDS
from rulemint_gateway.management.rules.cases import cases_of
from rulemint_gateway.management.rules.checks import VersionChecks
from rulemint_gateway.management.rules.kept_versions import numbers_of
from rulemint_gateway.management.rules.power import TapedPower
from rulemint_gateway.management.rules.records import RuleRecords, newest_version, shown_version
from rulemint_gateway.management.rules.texts import deployed
from rulemint_gateway.stores.catalog.tables import RULE_VERSIONS, RULES
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Rule, RuleVersion

MAX_COMPARED_LINES = 2_000
"""Of either text: what two of them cost grows with the product of their lines."""


class RuleDiff(msgspec.Struct, frozen=True, kw_only=True):
    """The differences between two versions of a rule."""

    from_version: int = msgspec.field(name="from")
    to_version: int = msgspec.field(name="to")
    changed: dict[str, dict[str, Any]]
    """The permissions, limits and the like that differ: field → what it was (``from``) and is (``to``)."""
    script: str
    """The texts as a unified diff; empty if they are the same."""


class RuleVersionsOf:
    """The use cases of ``/api/v2/rules/{id}/versions`` and ``/diff``."""

    def __init__(self, store: ConfigStore, records: RuleRecords, checks: VersionChecks, taped: TapedPower) -> None:
        self._store = store
        self._taped = taped
        self._records = records
        self._checks = checks

    def numbers(self, tenant: str, rule_id: str) -> tuple[Rule, list[int]]:
        """The rule, and the numbers of its versions, newest first."""
        rule = self._records.find(tenant, rule_id)
        return rule, numbers_of(rule)

    async def texts(self, tenant: str, rule: Rule, numbers: Sequence[int]) -> AsyncIterator[RuleVersion]:
        """These versions of *rule*, of which a few are held at a time."""
        async for _rule, text in self._records.in_parts(tenant, [(rule, number) for number in numbers]):
            yield text

    async def list(self, tenant: str, rule_id: str, *, start: int, count: int) -> tuple[list[RuleVersionSummary], int]:
        """*count* versions, newest first, without their scripts, and how many there are."""
        rule, numbers = self.numbers(tenant, rule_id)
        texts = self.texts(tenant, rule, numbers[start : start + count])
        return [version_summary(rule, text) async for text in texts], len(numbers)

    async def read(self, tenant: str, rule_id: str, version: int) -> RuleVersionAnswer:
        """One version with its script."""
        rule = self._records.find(tenant, rule_id)
        text = await self._records.text(tenant, rule, version)
        return version_answer(rule, text, seen=await self._taped.of(tenant, text))

    async def deploy(self, tenant: str, rule_id: str, version: int) -> RuleAnswer:
        """The rule, which runs *version* from now on; it may be older or newer than the one before."""
        rule = self._records.find(tenant, rule_id)
        before = await self._records.text(tenant, rule, rule.version) if rule.version else None
        rule, text = await self.deploy_record(tenant, rule_id, version)
        return rule_answer(rule, text, more_power=await self._taped.more(tenant, text, before))

    async def deploy_record(
        self, tenant: str, rule_id: str, version: int | None, *, ends_draft: bool = False
    ) -> tuple[Rule, RuleVersion]:
        """Make *version* the one that runs; None: the newest. With *ends_draft* no other draft is left.

        Raises:
            NotFoundError: there is no such rule or version.
            InvalidBodyError: it has no code, or does not load.
            ConflictError: another draft came in between, or cases of it do not hold.
            UnavailableError: no runner could load it, or run its cases.
        """
        checked = await self._checked(tenant, rule_id, version)

        async def plan() -> Changes[tuple[Rule, RuleVersion]]:
            rule = self._records.find(tenant, rule_id)
            text = await self._records.text(tenant, rule, newest_version(rule) if version is None else version)
            if msgspec.structs.replace(text, power=checked.power) != checked:
                raise ConflictError("The rule has another draft by now: deploy again")
            changed = deployed(rule, checked)
            if ends_draft:
                changed = msgspec.structs.replace(changed, draft=0)
            changes = Changes((changed, checked))
            if text != checked:  # nothing knew its power, and it has never run with a lock
                changes.put(RULE_VERSIONS, checked)
            if changed != rule:
                changed = msgspec.structs.replace(changed, updated_at_ms=unix_ms())
                changes.result = (changed, checked)
                changes.put(RULES, changed)
            return changes

        return await self._store.transact(tenant, plan)

    async def _checked(self, tenant: str, rule_id: str, version: int | None) -> RuleVersion:
        """The version that is to be deployed, which loads, and whose cases hold."""
        rule = self._records.find(tenant, rule_id)
        text = await self._records.text(tenant, rule, newest_version(rule) if version is None else version)
        check_is_built(text)
        if text.version != rule.version:
            return await self._checks.require(tenant, rule.name, text)
        return text

    async def diff(self, tenant: str, rule_id: str, *, old: int | None, new: int | None) -> RuleDiff:
        """From *old*, by default the version that runs, to *new*, by default the draft or else the latest version.

        Raises:
            InvalidBodyError: a text has too many lines to be compared.
        """
        rule = self._records.find(tenant, rule_id)
        before = await self._records.text(tenant, rule, shown_version(rule) if old is None else old)
        after = await self._records.text(tenant, rule, (rule.draft or rule.latest_version) if new is None else new)
        return RuleDiff(
            from_version=before.version,
            to_version=after.version,
            changed={
                name: {"from": _shown(before, name), "to": _shown(after, name)}
                for name in (*TEXT_FIELDS, "power")
                if name != "script" and getattr(before, name) != getattr(after, name)
            },
            script=await asyncio.to_thread(unified_diff, rule.name, before, after),
        )


def _shown(text: RuleVersion, name: str) -> Any:
    """Return a field of a version as an answer has it."""
    return cases_of(text) if name == "cases" else getattr(text, name)


def check_is_built(text: RuleVersion) -> None:
    """Refuse to deploy a text without code, in words that Auth0's tools look for.

    Raises:
        InvalidBodyError: it has none; only an action may lack it.
    """
    if not text.script:
        raise InvalidBodyError("A draft must be in the 'built' state before it can be deployed: it has no code yet")


def unified_diff(name: str, before: RuleVersion, after: RuleVersion) -> str:
    """The scripts of two versions of the rule *name* as a unified diff.

    Raises:
        InvalidBodyError: one has too many lines.
    """
    old, new = before.script.split("\n"), after.script.split("\n")
    if old == new:
        return ""
    for text, lines in ((before, old), (after, new)):
        if len(lines) > MAX_COMPARED_LINES:
            raise InvalidBodyError(
                f"Version {text.version} has more than {MAX_COMPARED_LINES} lines: read both versions and compare them",
                code="too_large_to_compare",
            )
    names = f"{name}@{before.version}", f"{name}@{after.version}"
    return "".join(f"{line}\n" for line in difflib.unified_diff(old, new, *names, lineterm=""))
