"""The whole configuration of one tenant in memory, with the look-ups that a token request needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, cast

from rulemint_gateway.stores.catalog.facets import CLIENT_FACETS, GRANT_FACETS
from rulemint_gateway.stores.catalog.packed_table import PackedTable
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS, RULES, SIGNING_KEYS, Table
from rulemint_shared.contract.records import (
    Client,
    ClientGrant,
    ResourceServer,
    Rule,
    SigningAlgorithm,
    SigningKey,
    Tenant,
)

CATALOGUED: tuple[Table[Any], ...] = (CLIENTS, RESOURCE_SERVERS, CLIENT_GRANTS, RULES, SIGNING_KEYS)
"""The tables that every gateway keeps in memory; rule texts and secrets stay in Redis."""


class TenantConfig:
    """One tenant's records; every look-up is a dictionary's."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.clients: PackedTable[Client] = PackedTable(CLIENTS, CLIENT_FACETS)
        self.client_grants: PackedTable[ClientGrant] = PackedTable(CLIENT_GRANTS, GRANT_FACETS)
        self._few: dict[str, dict[str, Any]] = {table.kind: {} for table in (RESOURCE_SERVERS, RULES, SIGNING_KEYS)}
        """Kinds of which there are thousands at most."""
        self._identifiers: dict[str, str] = {}
        self._grants_of: dict[str, str | dict[str, tuple[str, ...]]] = {}
        """A client → its grant; of several, each API's identifier → those for it, of which the last one counts."""
        self._enabled_rules: tuple[Rule, ...] | None = None
        self._current_keys: dict[SigningAlgorithm, SigningKey | None] = {}
        """Found since signing keys last changed."""
        self.unreadable_rules: set[str] = set()
        """The ids of rules whose records cannot be read: nobody knows what they would refuse."""
        self.unreadable_signing_keys: set[str] = set()
        """Tokens were signed with them, so no other is made in their place."""

    def is_of(self, tenant: Tenant) -> bool:
        """Tell whether these are records of *tenant*, and not of a deleted one that had its name."""
        return self.tenant.created_at_ms == tenant.created_at_ms

    @property
    def resource_servers(self) -> dict[str, ResourceServer]:
        """id → API."""
        return self._few[RESOURCE_SERVERS.kind]

    @property
    def rules(self) -> dict[str, Rule]:
        """id → rule, enabled or not."""
        return self._few[RULES.kind]

    @property
    def signing_keys(self) -> dict[str, SigningKey]:
        """kid → key."""
        return self._few[SIGNING_KEYS.kind]

    def records(self, table: Table[Any]) -> Mapping[str, Any]:
        """The records of one of the kinds that are kept in memory, by id."""
        packed = self._packed(table)
        return self._few[table.kind] if packed is None else packed

    def stored(self, table: Table[Any]) -> Mapping[str, bytes]:
        """The encodings of the records of one kind, by id."""
        packed = self._packed(table)
        if packed is not None:
            return packed.stored
        return {record_id: table.codec.encode(record) for record_id, record in self._few[table.kind].items()}

    def api(self, identifier: str) -> ResourceServer | None:
        """The API whose identifier, and so whose tokens' audience, this is."""
        record_id = self._identifiers.get(identifier)
        return None if record_id is None else self.resource_servers[record_id]

    def management_api(self) -> ResourceServer | None:
        """The tenant's built-in API."""
        return next((api for api in self.resource_servers.values() if api.is_system), None)

    def grant(self, client_id: str, audience: str) -> ClientGrant | None:
        """The scopes that the client may ask for at the API."""
        grants = self._grants_of.get(client_id)
        if grants is None:
            return None
        if isinstance(grants, dict):
            return self.client_grants[grants[audience][-1]] if audience in grants else None
        grant = self.client_grants[grants]
        return grant if grant.audience == audience else None

    def grants_of(self, client_id: str) -> list[ClientGrant]:
        """All that the client may ask for."""
        grants = self._grants_of.get(client_id, {})
        found = chain.from_iterable(grants.values()) if isinstance(grants, dict) else [grants]
        return [self.client_grants[grant_id] for grant_id in found]

    def scopes_of(self, grant: ClientGrant) -> tuple[str, ...]:
        """The scopes that *grant* holds now."""
        api = self.api(grant.audience) if grant.allow_all_scopes else None
        return grant.scope if api is None else tuple(scope.value for scope in api.scopes)

    def flow(self, client_id: str, audience: str) -> tuple[Rule, ...]:
        """The enabled rules that run for this client and API, in their order."""
        if self._enabled_rules is None:
            enabled = [rule for rule in self.rules.values() if rule.enabled]
            self._enabled_rules = tuple(sorted(enabled, key=lambda rule: (rule.order, rule.created_at_ms, rule.id)))
        return tuple([rule for rule in self._enabled_rules if _runs_for(rule, client_id, audience)])

    def signing_key(self, algorithm: SigningAlgorithm) -> SigningKey | None:
        """The key that signs with *algorithm* now."""
        if algorithm not in self._current_keys:
            self._current_keys[algorithm] = self._find_signing_key(algorithm)
        return self._current_keys[algorithm]

    def _find_signing_key(self, algorithm: SigningAlgorithm) -> SigningKey | None:
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
        self.put_all(table, [(record, table.codec.encode(record))])

    def put_all(self, table: Table[Any], stored: Sequence[tuple[Any, bytes]]) -> None:
        """Add records, each with its encoding, or replace those with their ids."""
        if table is CLIENTS:
            self.clients.put_all(stored)
        elif table is CLIENT_GRANTS:
            for replaced in self.client_grants.put_all(stored):
                self._remove_pair(replaced)
            for grant, _data in stored:
                if self._grants_of.setdefault(grant.client_id, grant.id) != grant.id:
                    self._add_another(grant)
        else:
            for record, _data in stored:
                self._put_one_of_few(table, record)

    def _put_one_of_few(self, table: Table[Any], record: Any) -> None:
        record_id = table.id_of(record)
        self.remove(table, record_id)
        self._few[table.kind][record_id] = record
        if table is RESOURCE_SERVERS:
            self._identifiers[record.identifier] = record_id

    def note_unreadable(self, table: Table[Any], record_id: str) -> None:
        """There is such a record, and it cannot be read."""
        if table is RULES:
            self.unreadable_rules.add(record_id)
        elif table is SIGNING_KEYS:
            self.unreadable_signing_keys.add(record_id)

    def remove(self, table: Table[Any], record_id: str) -> None:
        """Forget the record; one that is not there is no error."""
        packed = self._packed(table)
        record = self._few[table.kind].pop(record_id, None) if packed is None else packed.pop(record_id)
        if table is RULES:
            self._enabled_rules = None
            self.unreadable_rules.discard(record_id)
        elif table is SIGNING_KEYS:
            self._current_keys.clear()
            self.unreadable_signing_keys.discard(record_id)
        if record is None:
            return
        if table is RESOURCE_SERVERS:
            self._identifiers.pop(cast("ResourceServer", record).identifier, None)
        elif table is CLIENT_GRANTS:
            self._remove_pair(record)

    def _packed(self, table: Table[Any]) -> PackedTable[Any] | None:
        if table is CLIENTS:
            return self.clients
        return self.client_grants if table is CLIENT_GRANTS else None

    def _add_another(self, grant: ClientGrant) -> None:
        """Its client has one or several already."""
        grants = self._grants_of[grant.client_id]
        if not isinstance(grants, dict):
            grants = self._grants_of[grant.client_id] = {self.client_grants[grants].audience: (grants,)}
        grants[grant.audience] = (*grants.get(grant.audience, ()), grant.id)

    def _remove_pair(self, grant: ClientGrant) -> None:
        grants = self._grants_of[grant.client_id]
        if isinstance(grants, dict):
            left = tuple(grant_id for grant_id in grants.pop(grant.audience) if grant_id != grant.id)
            if left:
                grants[grant.audience] = left
        if not isinstance(grants, dict) or not grants:
            del self._grants_of[grant.client_id]


def why_closed(tenant: Tenant) -> str:
    """Say why *tenant* issues no tokens, and who can change that."""
    if tenant.delete_at_ms:
        return "this tenant is being deleted: its operator can restore it"
    return "this tenant is disabled: its operator can enable it"


def _runs_for(rule: Rule, client_id: str, audience: str) -> bool:
    return (not rule.clients or client_id in rule.clients) and (not rule.audiences or audience in rule.audiences)
