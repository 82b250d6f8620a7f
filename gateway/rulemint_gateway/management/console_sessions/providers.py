"""The providers of OpenID Connect of a tenant: list, put, delete. Nobody gives by them what they do not have."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.console_sessions.provider_bodies import PutProvider
from rulemint_gateway.management.errors import ConflictError, ForbiddenError, NotFoundError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import TENANTS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.contract.oidc_providers import OidcProvider
from rulemint_shared.secrets.vault import Purpose, Vault

MAX_PROVIDERS = 10


class Providers:
    """The use cases of ``/api/v2/console-providers``."""

    def __init__(self, catalog: Catalog, store: ConfigStore, vault: Vault) -> None:
        self._catalog = catalog
        self._store = store
        self._vault = vault

    def list(self, tenant: str) -> list[OidcProvider]:
        """The tenant's providers, by name."""
        return sorted(self._catalog.tenant(tenant).tenant.oidc, key=lambda provider: provider.name)

    def find(self, tenant: str, name: str) -> OidcProvider:
        """The provider of that name.

        Raises:
            NotFoundError: there is none.
        """
        for provider in self._catalog.tenant(tenant).tenant.oidc:
            if provider.name == name:
                return provider
        raise NotFoundError("provider", code="inexistent_provider")

    def secret_of(self, provider: OidcProvider) -> str:
        """The client secret of the tenant at *provider*.

        Raises:
            VaultError: another master key encrypted it.
        """
        return self._vault.decrypt(provider.secret, purpose=Purpose.OIDC_SECRETS).decode()

    async def put(self, tenant: str, name: str, body: PutProvider, *, held: tuple[str, ...]) -> OidcProvider:
        """Make the provider, or replace it, by a caller who has the scopes *held*.

        Raises:
            ManagementError: `ForbiddenError`: *body* gives scopes that the caller does not have, or the tenant has as
                many providers as it may. `ConflictError`: the secret is missing.
        """
        given = {scope for scopes in body.scopes.values() for scope in scopes}
        if missing := sorted(given - set(held)):
            raise ForbiddenError(f"Nobody gives scopes by a provider without having them: {', '.join(missing)}")

        async def plan() -> Changes[OidcProvider]:
            record = self._catalog.tenant(tenant).tenant
            before = next((each for each in record.oidc if each.name == name), None)
            others = tuple(each for each in record.oidc if each.name != name)
            if before is None and len(others) >= MAX_PROVIDERS:
                raise ForbiddenError(f"A tenant has {MAX_PROVIDERS} providers at most", code="too_many_entities")
            made = self._made(name, body, before)
            changes = Changes(made)
            changes.put(TENANTS, msgspec.structs.replace(record, oidc=(*others, made)))
            return changes

        return await self._store.transact(tenant, plan)

    async def delete(self, tenant: str, name: str) -> None:
        """Delete the provider, by which all its sessions end; one that is not there is no error."""

        async def plan() -> Changes[None]:
            record = self._catalog.tenant(tenant).tenant
            left = tuple(each for each in record.oidc if each.name != name)
            changes: Changes[None] = Changes(None)
            if left != record.oidc:
                changes.put(TENANTS, msgspec.structs.replace(record, oidc=left))
            return changes

        await self._store.transact(tenant, plan)

    def _made(self, name: str, body: PutProvider, before: OidcProvider | None) -> OidcProvider:
        """A secret goes to no other issuer than the one that it was given for."""
        if body.client_secret is not UNSET:
            secret = self._vault.encrypt(body.client_secret.encode(), purpose=Purpose.OIDC_SECRETS)
        elif before is not None and (before.issuer, before.client_id) == (body.issuer, body.client_id):
            secret = before.secret
        else:
            raise ConflictError(
                "There is no secret yet for this issuer and client_id: send client_secret",
                field="client_secret",
                code="secret_missing",
            )
        return OidcProvider(
            name=name,
            issuer=body.issuer,
            client_id=body.client_id,
            secret=secret,
            claim=body.claim,
            scopes={value: tuple(dict.fromkeys(scopes)) for value, scopes in body.scopes.items()},
            subject_claim=body.subject_claim,
            request_scopes=tuple(dict.fromkeys(["openid", *body.request_scopes])),
            hosts=tuple(body.hosts),
        )
