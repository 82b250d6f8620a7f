"""Many records are deleted in one transaction, if each of them is still what its caller has read; or none is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from rulemint_gateway.management.admin_file import AdminFileKeeper
from rulemint_gateway.management.client_grants.client_grants import ClientGrants
from rulemint_gateway.management.clients.clients import Clients
from rulemint_gateway.management.errors import ChangedSinceError, NotFoundError
from rulemint_gateway.management.nouns.etags import Shown, etag_of
from rulemint_gateway.management.nouns.fields import SecretName
from rulemint_gateway.management.resource_servers.resource_servers import ResourceServers
from rulemint_gateway.management.rules.answers import RuleAnswer
from rulemint_gateway.management.rules.rules import Rules
from rulemint_gateway.management.rules.secrets import MAX_SECRETS, RuleSecretsOf
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.whole_text import whole

MAX_DELETIONS = 2_000

RecordId = Annotated[str, Meta(min_length=1, max_length=600)]
EntityTag = Annotated[
    str, Meta(min_length=3, max_length=66, pattern=whole(r'"[^"]+"', means="an ETag, with its quotes"))
]
"""As the ETag header of an answer has it, with its quotes."""


class _Deletion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="noun"):
    """One record, and the ETag that it must have."""

    id: RecordId
    etag: EntityTag


class ClientDeletion(_Deletion, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="clients"):
    """A client, with its client grants."""


class ResourceServerDeletion(_Deletion, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="resource-servers"):
    """An API, by its id or identifier, with its client grants."""


class ClientGrantDeletion(_Deletion, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="client-grants"):
    """A client grant."""


class RuleDeletion(_Deletion, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="rules"):
    """A rule, with its versions, secrets, state and tapes."""


class RuleSecretsDeletion(_Deletion, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="rule-secrets"):
    """Secrets of a rule that stays; the id is the rule's, the ETag that of the list of its secrets."""

    names: Annotated[list[SecretName], Meta(min_length=1, max_length=MAX_SECRETS)]


_InMemory: TypeAlias = ClientDeletion | ResourceServerDeletion | ClientGrantDeletion | RuleSecretsDeletion
Deletion: TypeAlias = _InMemory | RuleDeletion


class DeleteRecords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /config/deletions``."""

    deletions: Annotated[list[Deletion], Meta(min_length=1, max_length=MAX_DELETIONS)]


class DeletedAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them were deleted."""

    deleted: int
    """The number of deletions that the body had."""


class Deletions:
    """The use case of ``/api/v2/config/deletions``."""

    def __init__(
        self,
        store: ConfigStore,
        *,
        clients: Clients,
        resource_servers: ResourceServers,
        client_grants: ClientGrants,
        rules: Rules,
        secrets: RuleSecretsOf,
        admin_file: AdminFileKeeper,
    ) -> None:
        self._store = store
        self._admin_file = admin_file
        self._clients = clients
        self._resource_servers = resource_servers
        self._client_grants = client_grants
        self._rules = rules
        self._secrets = secrets

    async def delete(self, tenant: str, wanted: Sequence[Deletion]) -> DeletedAnswer:
        """Delete all of *wanted*, or nothing.

        Raises:
            ChangedSinceError: one is not there, or not what its ETag says; the field names it.
            InvalidBodyError: one may not be deleted.
        """

        async def plan() -> Changes[DeletedAnswer]:
            changes = Changes(DeletedAnswer(deleted=len(wanted)))
            rules = await self._rules.read_some(tenant, [each.id for each in wanted if isinstance(each, RuleDeletion)])
            for number, deletion in enumerate(wanted):
                await self._check(tenant, deletion, rules, field=f"deletions[{number}]")
            for deletion in wanted:
                await self._plan_record(tenant, deletion, changes)
            for rule_id, names in _secrets_of_rules_that_stay(wanted).items():
                await self._secrets.plan_delete(tenant, rule_id, names, changes)
            return changes

        deleted = await self._store.transact(tenant, plan)
        for deletion in wanted:
            if isinstance(deletion, ClientDeletion):
                await self._admin_file.follow(tenant, deletion.id, None)
        return deleted

    async def _check(self, tenant: str, deletion: Deletion, rules: Mapping[str, RuleAnswer], *, field: str) -> None:
        changed = ChangedSinceError(f"{deletion.id} of the {type(deletion).__struct_config__.tag}", field=field)
        try:
            now = rules[deletion.id] if isinstance(deletion, RuleDeletion) else await self._read(tenant, deletion)
        except (NotFoundError, KeyError):
            raise changed from None
        if deletion.etag != f'"{etag_of(now)}"':
            raise changed

    async def _read(self, tenant: str, deletion: _InMemory) -> Shown[msgspec.Struct]:
        """The ETag of a record other than a rule is made from this: the texts of rules are read together."""
        match deletion:
            case ClientDeletion():
                return await self._clients.read(tenant, deletion.id)
            case ResourceServerDeletion():
                return await self._resource_servers.read(tenant, deletion.id)
            case ClientGrantDeletion():
                return await self._client_grants.read(tenant, deletion.id)
            case RuleSecretsDeletion():
                return await self._secrets.state(tenant, deletion.id)

    async def _plan_record(self, tenant: str, deletion: Deletion, changes: Changes[Any]) -> None:
        match deletion:
            case ClientDeletion():
                self._clients.plan_delete(tenant, deletion.id, changes)
            case ResourceServerDeletion():
                await self._resource_servers.plan_delete(tenant, deletion.id, changes)
            case ClientGrantDeletion():
                self._client_grants.plan_delete(tenant, deletion.id, changes)
            case RuleDeletion():
                self._rules.plan_delete(tenant, deletion.id, changes)
            case RuleSecretsDeletion():
                pass  # those of one rule are planned together


def _secrets_of_rules_that_stay(wanted: Sequence[Deletion]) -> dict[str, set[str]]:
    """Rule id → the names of its secrets that go, however many deletions name the rule."""
    gone = {deletion.id for deletion in wanted if isinstance(deletion, RuleDeletion)}
    names: dict[str, set[str]] = {}
    for deletion in wanted:
        if isinstance(deletion, RuleSecretsDeletion) and deletion.id not in gone:
            names.setdefault(deletion.id, set()).update(deletion.names)
    return names
