"""The whole configuration of one tenant in memory, with the look-ups that a token request needs."""

from __future__ import annotations

from typing import Any, cast

from rulemint_gateway.stores.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS, RULES, SIGNING_KEYS, Table
from rulemint_shared.records import Client, ClientGrant, ResourceServer, Rule, SigningAlgorithm, SigningKey, Tenant

CATALOGUED: tuple[Table[Any], ...] = (CLIENTS, RESOURCE_SERVERS, CLIENT_GRANTS, RULES, SIGNING_KEYS)
"""What every gateway keeps in memory; rule texts and secrets stay in Redis."""


class TenantConfig:
    """One tenant's records; every look-up is a dictionary's."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._records: dict[str, dict[str, Any]] = {table.kind: {} for table in CATALOGUED}
        self._identifiers: dict[str, str] = {}
        self._grants_by_pair: dict[tuple[str, str], ClientGrant] = {}
        self._enabled_rules: tuple[Rule, ...] | None = None
        self.unreadable_rules: set[str] = set()
        """The ids of rules whose records cannot be read: nobody knows what they would refuse."""

    @property
    def clients(self) -> dict[str, Client]:
        """client_id → client."""
        return self._records[CLIENTS.kind]

    @property
    def resource_servers(self) -> dict[str, ResourceServer]:
        """id → API."""
        return self._records[RESOURCE_SERVERS.kind]

    @property
    def client_grants(self) -> dict[str, ClientGrant]:
        """id → client grant."""
        return self._records[CLIENT_GRANTS.kind]

    @property
    def rules(self) -> dict[str, Rule]:
        """id → rule, enabled or not."""
        return self._records[RULES.kind]

    @property
    def signing_keys(self) -> dict[str, SigningKey]:
        """kid → key."""
        return self._records[SIGNING_KEYS.kind]

    def records(self, table: Table[Any]) -> dict[str, Any]:
        """The records of one of the kinds that are kept in memory, by id."""
        return self._records[table.kind]

    def api(self, identifier: str) -> ResourceServer | None:
        """The API whose identifier, and so whose tokens' audience, this is."""
        record_id = self._identifiers.get(identifier)
        return None if record_id is None else self.resource_servers[record_id]

    def management_api(self) -> ResourceServer | None:
        """The tenant's built-in API."""
        return next((api for api in self.resource_servers.values() if api.is_system), None)

    def grant(self, client_id: str, audience: str) -> ClientGrant | None:
        """What the client may ask for at the API."""
        return self._grants_by_pair.get((client_id, audience))

    def scopes_of(self, grant: ClientGrant) -> tuple[str, ...]:
        """The scopes that *grant* holds now."""
        api = self.api(grant.audience) if grant.allow_all_scopes else None
        return grant.scope if api is None else tuple(scope.value for scope in api.scopes)

    def flow(self, client_id: str, audience: str) -> tuple[Rule, ...]:
        """The enabled rules that run for this client and API, in their order."""
        if self._enabled_rules is None:
            enabled = [rule for rule in self.rules.values() if rule.enabled]
            self._enabled_rules = tuple(sorted(enabled, key=lambda rule: (rule.order, rule.created_at_ms, rule.id)))
        return tuple(rule for rule in self._enabled_rules if _runs_for(rule, client_id, audience))

    def signing_key(self, algorithm: SigningAlgorithm) -> SigningKey | None:
        """The key that signs with *algorithm* now."""
        candidates = [
            key
            for key in self.signing_keys.values()
            if key.algorithm is algorithm and not key.is_next and key.current_until_ms is None
        ]
        return max(candidates, key=lambda key: (key.current_since_ms or key.created_at_ms, key.kid), default=None)

    def next_signing_key(self, algorithm: SigningAlgorithm) -> SigningKey | None:
        """The key that signs with *algorithm* after the next rotation."""
        return next((key for key in self.signing_keys.values() if key.algorithm is algorithm and key.is_next), None)

    def put(self, table: Table[Any], record: Any) -> None:
        """Add *record*, or replace the one with its id."""
        self.remove(table, table.id_of(record))
        self._records[table.kind][table.id_of(record)] = record
        if table is RESOURCE_SERVERS:
            self._identifiers[record.identifier] = record.id
        elif table is CLIENT_GRANTS:
            self._grants_by_pair[record.client_id, record.audience] = record

    def note_unreadable(self, table: Table[Any], record_id: str) -> None:
        """There is such a record, and it cannot be read."""
        if table is RULES:
            self.unreadable_rules.add(record_id)

    def remove(self, table: Table[Any], record_id: str) -> None:
        """Forget the record; one that is not there is no error."""
        record = self._records[table.kind].pop(record_id, None)
        if table is RULES:
            self._enabled_rules = None
            self.unreadable_rules.discard(record_id)
        if record is None:
            return
        if table is RESOURCE_SERVERS:
            self._identifiers.pop(cast("ResourceServer", record).identifier, None)
        elif table is CLIENT_GRANTS:
            self._grants_by_pair.pop((record.client_id, record.audience), None)


def _runs_for(rule: Rule, client_id: str, audience: str) -> bool:
    return (not rule.clients or client_id in rule.clients) and (not rule.audiences or audience in rule.audiences)
