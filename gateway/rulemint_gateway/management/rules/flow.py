"""The order of all rules of a tenant, read and replaced as a whole.

A new order is one transaction: nobody's token meets a part of it. Its caller may say by an ETag which order it has
read, so two people who order the flow at once do not mix their orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_gateway.management.errors import ChangedSinceError, ConflictError, InvalidBodyError
from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.stores.catalog.tables import RULES
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Rule

NAMED = 10
"""Rules that a refusal names; of more it says how many."""

RuleId = Annotated[str, Meta(min_length=1, max_length=64)]


class PutFlow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PUT /flow``."""

    rules: Annotated[list[RuleId], Meta(max_length=50_000)]
    """The ids of all rules of the tenant, in the order in which they are to run; also of those that are disabled."""


class FlowAnswer(Answer, frozen=True, kw_only=True):
    """The ids of all rules in the order in which they run, or would if they were enabled."""

    rules: list[str]


class Flow:
    """The use cases of ``/api/v2/flow``."""

    def __init__(self, store: ConfigStore, records: RuleRecords) -> None:
        self._store = store
        self._records = records

    async def read(self, tenant: str) -> FlowAnswer:
        """The order of now."""
        return FlowAnswer(rules=[rule.id for rule in self._records.in_order(tenant)])

    async def replace(self, tenant: str, body: PutFlow) -> FlowAnswer:
        """Put the rules into the order of *body*, all of them or none.

        Raises:
            InvalidBodyError: a rule is named twice.
            ConflictError: *body* names a rule that there is not, or leaves one out.
        """
        if len(set(body.rules)) < len(body.rules):
            raise InvalidBodyError("A rule is named twice", field="rules")

        async def plan() -> Changes[FlowAnswer]:
            present = self._records.in_order(tenant)
            known = {rule.id: rule for rule in present}
            _check_same(body.rules, known)
            changes = Changes(FlowAnswer(rules=body.rules))
            for rule in moved([known[rule_id] for rule_id in body.rules]):
                changes.put(RULES, msgspec.structs.replace(rule, updated_at_ms=unix_ms()))
            return changes

        return await self._store.transact(tenant, plan)

    def changed_since(self, tenant: str) -> ChangedSinceError:
        """The refusal of an order that was made of another one than that of now, which it names."""
        names = _listed([rule.name for rule in self._records.in_order(tenant)])
        return ChangedSinceError(f"The flow, which is now {names or 'empty'},")


def moved(wanted: Sequence[Rule]) -> list[Rule]:
    """Those of *wanted* that need another number to run in this order, with that number.

    The numbers that are there are given out anew. If some are equal, the rules are numbered from 1.
    """
    numbers = sorted(rule.order for rule in wanted)
    if len(set(numbers)) < len(numbers):
        numbers = list(range(1, len(wanted) + 1))
    pairs = zip(wanted, numbers, strict=True)
    return [msgspec.structs.replace(rule, order=order) for rule, order in pairs if rule.order != order]


def _check_same(wanted: Sequence[str], known: dict[str, Rule]) -> None:
    """Refuse an order of other rules than there are.

    Raises:
        ConflictError: it names one that there is not, or leaves one out. The text says which.
    """
    gone = [rule_id for rule_id in wanted if rule_id not in known]
    left_out = known.keys() - set(wanted)
    wrong = [f"there is no {_listed(gone)}"] if gone else []
    if left_out:
        wrong.append(f"{_listed([f'{known[each].name} ({each})' for each in sorted(left_out)])} is missing")
    if wrong:
        message = f"The flow has other rules than these: {', and '.join(wrong)}. Read it again"
        raise ConflictError(message, field="rules", code="flow_differs")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown
