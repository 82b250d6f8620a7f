"""The bindings of ``credentials-exchange``: which actions are in the flow, and in which order.

A bound action is an enabled rule, and the order of the bindings is that of the rules.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rulemint_gateway.auth0.actions.answers import BindingsAnswer
from rulemint_gateway.auth0.actions.bodies import Binding, PatchBindings
from rulemint_gateway.auth0.actions.records import ActionRecords
from rulemint_gateway.auth0.actions.views import binding_answer
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.stores.catalog.tables import RULES
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Rule


class Bindings:
    """The use cases of ``/api/v2/actions/triggers/credentials-exchange/bindings``."""

    def __init__(self, store: ConfigStore, actions: ActionRecords) -> None:
        self._store = store
        self._actions = actions

    async def replace(self, tenant: str, body: PatchBindings) -> BindingsAnswer:
        """Bind exactly the named actions, in this order. Rules that are no actions stay where they are.

        Raises:
            InvalidBodyError: one does not exist, is named twice, or was never deployed.
        """

        async def plan() -> Changes[None]:
            actions = await self._actions.all(tenant)
            bound = [_bound(binding, number, actions) for number, binding in enumerate(body.bindings)]
            if len({rule.id for rule in bound}) < len(bound):
                raise InvalidBodyError("An action is bound twice", field="bindings")
            bound = in_this_order(bound, self._actions.rules.in_order(tenant))
            wanted = {rule.id: rule for rule in bound}
            changes: Changes[None] = Changes(None)
            for action in actions:
                rule = wanted.get(action.id) or _unbound(action)
                if rule != action:
                    changes.put(RULES, msgspec.structs.replace(rule, updated_at_ms=unix_ms()))
            return changes

        await self._store.transact(tenant, plan)
        return await self.list(tenant)

    async def list(self, tenant: str) -> BindingsAnswer:
        """The bindings, in their order."""
        actions = await self._actions.all(tenant)
        return BindingsAnswer(bindings=[binding_answer(rule) for rule in actions if rule.enabled])


def in_this_order(bound: Sequence[Rule], rules: Sequence[Rule]) -> list[Rule]:
    """*bound* with orders by which they run one after the other; *rules* are all of the tenant's, in their order.

    Where they do so already nothing changes; else they come after all others, as Auth0's actions came after hooks.
    """
    places = {rule.id: place for place, rule in enumerate(rules)}
    if [rule.id for rule in bound] == sorted((rule.id for rule in bound), key=places.__getitem__):
        return list(bound)
    named = {rule.id for rule in bound}
    last = max((rule.order for rule in rules if rule.id not in named), default=0)
    return [msgspec.structs.replace(rule, order=last + place) for place, rule in enumerate(bound, start=1)]


def _bound(binding: Binding, number: int, actions: Sequence[Rule]) -> Rule:
    """The rule that *binding* means, enabled."""
    ref, field = binding.ref, f"bindings[{number}].ref.value"
    found = (rule for rule in actions if ref.value == (rule.name if ref.type == "action_name" else rule.id))
    rule = next(found, None)
    if rule is None:
        raise InvalidBodyError(f"There is no action with this {ref.type}: {ref.value}", field=field)
    if rule.version == 0:
        raise InvalidBodyError(f"The action {rule.name} has no deployed version: deploy it first", field=field)
    name = binding.display_name or ""
    return msgspec.structs.replace(rule, enabled=True, binding_name="" if name == rule.name else name)


def _unbound(rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, enabled=False, binding_name="")
