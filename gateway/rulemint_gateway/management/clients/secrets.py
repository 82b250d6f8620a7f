"""The secrets of a client: several live at once, so that a new one can be rolled out before the old one ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.admin_file import AdminFileKeeper
from rulemint_gateway.management.clients.bodies import ClientAnswer
from rulemint_gateway.management.clients.clients import FIRST_SECRET, find_client, shown_client
from rulemint_gateway.management.errors import ConflictError, InvalidBodyError
from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.nouns.etags import WithSecrets
from rulemint_gateway.management.nouns.fields import ClientSecretValue, SecretName, check_in_path
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import CLIENTS
from rulemint_gateway.stores.traffic.secret_usage import SecretUsage
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared import ids
from rulemint_shared.clock import rfc3339_ms, unix_ms
from rulemint_shared.contract.longest_lifetimes import LONGEST_LIFETIME_S
from rulemint_shared.contract.records import Client, ClientSecret
from rulemint_shared.secrets.vault import Vault

MAX_LIVE = 5

SecretsChange = Callable[[Client], tuple[ClientSecret, ...]]
Lifetime = Annotated[int, Meta(ge=0, le=LONGEST_LIFETIME_S)]
"""Seconds."""


class CreateSecret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /clients/{id}/secrets``; name and value are made unless given."""

    name: SecretName | None = None
    client_secret: ClientSecretValue | None = None
    expires_in: Lifetime | None = None
    """Seconds that it is good for; for good if it is left out."""
    others_expire_in: Lifetime | None = None
    """Seconds after which the client's other secrets end, those that do not end sooner; 0: now."""


class ClientSecretAnswer(Answer, frozen=True, kw_only=True):
    """A secret of a client; its value is shown when it is made, never again."""

    name: str
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    client_secret: str | UnsetType = UNSET


class SecretsState(msgspec.Struct, frozen=True, kw_only=True):
    """The ETag of a client's secrets is made from this."""

    secrets: list[ClientSecretAnswer]


class ClientSecrets:
    """The use cases of ``/api/v2/clients/{id}/secrets`` and of ``rotate-secret``."""

    def __init__(
        self, catalog: Catalog, store: ConfigStore, vault: Vault, usage: SecretUsage, admin_file: AdminFileKeeper
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._vault = vault
        self._usage = usage
        self._admin_file = admin_file

    async def create(self, tenant: str, client_id: str, body: CreateSecret) -> ClientSecretAnswer:
        """One more secret; the answer is the only one that ever shows it."""
        check_in_path(body.name, "name")
        now_ms = unix_ms()
        value = body.client_secret or ids.new_client_secret()
        secret = ClientSecret(
            name=body.name or f"secret-{ids.random_text(8)}",
            hash=self._vault.hash_secret(value),
            created_at_ms=now_ms,
            expires_at_ms=None if body.expires_in is None else now_ms + body.expires_in * 1_000,
        )

        def change(client: Client) -> tuple[ClientSecret, ...]:
            live = tuple(each for each in client.secrets if each.expires_at_ms is None or each.expires_at_ms > now_ms)
            if any(each.name == secret.name for each in live):
                raise ConflictError("A secret with this name exists already", field="name")
            if body.others_expire_in is not None:
                live = _ended_by(now_ms + body.others_expire_in * 1_000, live, now_ms)
            if len(live) >= MAX_LIVE:
                raise InvalidBodyError(
                    f"A client may have {MAX_LIVE} secrets at once: delete one", code="too_many_secrets"
                )
            return (*live, secret)

        await self._change(tenant, client_id, change, secret=None if body.expires_in is not None else value)
        return msgspec.structs.replace(_answer(secret, None), client_secret=value)

    async def list(self, tenant: str, client_id: str) -> list[ClientSecretAnswer]:
        """The names, with when each was made, ends and was last used."""
        client = find_client(self._catalog, tenant, client_id)
        used = await self._usage.last_used_ms(tenant, client_id, [secret.name for secret in client.secrets])
        return [_answer(secret, used[secret.name]) for secret in client.secrets]

    async def state(self, tenant: str, client_id: str) -> WithSecrets[SecretsState]:
        """The ETag of the list is made from this. The time of a secret's last use is no part of it."""
        secrets = find_client(self._catalog, tenant, client_id).secrets
        return WithSecrets(SecretsState(secrets=[_answer(secret, None) for secret in secrets]), stored=secrets)

    async def delete(self, tenant: str, client_id: str, name: str) -> None:
        """End a secret now; one that is not there is no error."""

        def change(client: Client) -> tuple[ClientSecret, ...]:
            return tuple(secret for secret in client.secrets if secret.name != name)

        await self._change(tenant, client_id, change)

    async def rotate(self, tenant: str, client_id: str) -> WithSecrets[ClientAnswer]:
        """The client with a new secret, its only one; the answer is the only one that ever shows it."""
        value = ids.new_client_secret()
        secret = ClientSecret(name=FIRST_SECRET, hash=self._vault.hash_secret(value), created_at_ms=unix_ms())
        client = await self._change(tenant, client_id, lambda _client: (secret,), secret=value)
        return shown_client(tenant, client, secret=value)

    async def _change(self, tenant: str, client_id: str, change: SecretsChange, *, secret: str | None = None) -> Client:
        """Store what *change* makes of the client's secrets; *secret* is the one that it adds for good."""

        async def plan() -> Changes[Client]:
            client = find_client(self._catalog, tenant, client_id)
            changed = msgspec.structs.replace(client, secrets=change(client), updated_at_ms=unix_ms())
            changes = Changes(changed)
            changes.put(CLIENTS, changed)
            return changes

        client = await self._store.transact(tenant, plan)
        await self._admin_file.follow(tenant, client_id, client, secret=secret)
        return client


def _ended_by(moment_ms: int, secrets: tuple[ClientSecret, ...], now_ms: int) -> tuple[ClientSecret, ...]:
    ended = (
        msgspec.structs.replace(secret, expires_at_ms=min(moment_ms, secret.expires_at_ms or moment_ms))
        for secret in secrets
    )
    return tuple(secret for secret in ended if (secret.expires_at_ms or 0) > now_ms)


def _answer(secret: ClientSecret, used_ms: int | None) -> ClientSecretAnswer:
    if used_ms is not None and used_ms < secret.created_at_ms:
        used_ms = None  # an earlier secret of this name
    return ClientSecretAnswer(
        name=secret.name,
        created_at=rfc3339_ms(secret.created_at_ms),
        expires_at=None if secret.expires_at_ms is None else rfc3339_ms(secret.expires_at_ms),
        last_used_at=None if used_ms is None else rfc3339_ms(used_ms),
    )
