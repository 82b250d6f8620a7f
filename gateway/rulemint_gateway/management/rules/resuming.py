"""Ends the pauses of a rule: of all its clients, or of one.

Runners and gateways each remember by themselves who pauses, and nobody has to be told. The record that is written here
travels with every invocation, and a pause that began before it is forgotten there.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.errors import NotFoundError
from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.nouns.fields import ClientId
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import RULES
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.clock import rfc3339_ms, unix_ms
from rulemint_shared.contract.messages import MAX_PAUSE_MS
from rulemint_shared.contract.records import Rule

_KEPT_MS = 2 * MAX_PAUSE_MS
"""An older pause is over, so nothing has to say that it was ended."""
_MOST_CLIENTS = 1_000


class ResumeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /rules/{id}/resume``."""

    client_id: ClientId | UnsetType = UNSET
    """The only client whose pause ends; without it, all pauses of the rule end."""


class RuleResumed(Answer, frozen=True, kw_only=True):
    """Pauses of a rule that began before this moment are over."""

    id: str
    name: str
    client_id: str | None
    resumed_at: Moment


class Resuming:
    """The use case of ``/api/v2/rules/{id}/resume``."""

    def __init__(self, catalog: Catalog, store: ConfigStore, records: RuleRecords) -> None:
        self._catalog = catalog
        self._store = store
        self._records = records

    async def resume(self, tenant: str, rule_id: str, body: ResumeRule) -> RuleResumed:
        """End the pauses of the rule, or that of one client.

        Raises:
            NotFoundError: there is no such rule, or no such client.
        """
        client_id = None if body.client_id is UNSET else body.client_id

        async def plan() -> Changes[Rule]:
            rule = self._records.find(tenant, rule_id)
            if client_id is not None and client_id not in self._catalog.tenant(tenant).clients:
                raise NotFoundError("client", code="inexistent_client")
            changes = Changes(resumed(rule, client_id, now_ms=unix_ms()))
            changes.put(RULES, changes.result)
            return changes

        rule = await self._store.transact(tenant, plan)
        resumed_ms = rule.resumed_at_ms if client_id is None else rule.resumed_clients[client_id]
        return RuleResumed(id=rule.id, name=rule.name, client_id=client_id, resumed_at=rfc3339_ms(resumed_ms))


def resumed(rule: Rule, client_id: str | None, *, now_ms: int) -> Rule:
    """*rule* with its pauses ended, or that of one client: later than whenever that was done before."""
    now_ms = max(now_ms, 1 + max([rule.resumed_at_ms, *rule.resumed_clients.values()]))
    if client_id is None:
        return msgspec.structs.replace(rule, resumed_at_ms=now_ms, resumed_clients={})
    lately = {name: at_ms for name, at_ms in rule.resumed_clients.items() if at_ms > now_ms - _KEPT_MS}
    lately.pop(client_id, None)
    kept = dict(list(lately.items())[-(_MOST_CLIENTS - 1) :])
    return msgspec.structs.replace(rule, resumed_clients={**kept, client_id: now_ms})
