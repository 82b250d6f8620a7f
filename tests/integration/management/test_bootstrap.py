from __future__ import annotations

import asyncio
import base64
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rulemint_gateway.management.admin_file import AdminFile, AdminFileKeeper
from rulemint_gateway.management.bootstrap.bootstrap import Bootstrap
from rulemint_gateway.management.clients.bodies import PatchClient
from rulemint_gateway.management.clients.clients import Clients
from rulemint_gateway.management.clients.secrets import ClientSecrets, CreateSecret
from rulemint_gateway.management.logs.logs import Logs
from rulemint_gateway.management.tenants.bodies import Administrator, CreateTenant
from rulemint_gateway.management.tenants.setup import MANAGEMENT_SCOPES, OPERATOR_SCOPES
from rulemint_gateway.management.tenants.tenants import Tenants
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS
from rulemint_gateway.stores.traffic.log_store import LogStore
from rulemint_gateway.stores.traffic.secret_usage import SecretUsage
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_gateway.stores.writing.deleted_tenants import DeletedTenants
from rulemint_gateway.tokens.signing_keys import SigningKeys
from rulemint_shared.contract.records import Client, ClientGrant, Scope, SigningAlgorithm
from rulemint_shared.process.background import in_background
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber
from rulemint_shared.secrets.vault import Vault


@dataclass
class Gateway:
    """What a gateway's bootstrap works with."""

    catalog: Catalog
    store: ConfigStore
    logs: Logs
    vault: Vault
    admin_file: Path
    redis: RedisClient

    async def start(self, issuer: str = "http://iss.test/") -> None:
        await Bootstrap(self.catalog, self.store, self.vault, issuer=issuer).run(self.admin_file)

    def scopes_of(self, client_id: str, tenant: str = DEFAULT_TENANT) -> set[str]:
        config = self.catalog.tenant(tenant)
        api = config.management_api()
        assert api is not None
        grant = config.grant(client_id, api.identifier)
        assert grant is not None
        return set(grant.scope)

    async def logged(self) -> list[dict[str, Any]]:
        """All entries of the log of the tenant ``default``, oldest first."""
        entries = await self.logs.page(DEFAULT_TENANT, start=0, count=100, newest_first=False)
        return [msgspec.to_builtins(entry) for entry in entries]

    def admin(self) -> AdminFile:
        return msgspec.json.decode(self.admin_file.read_bytes(), type=AdminFile)

    async def forget_scope(self, tenant: str, scope: str) -> None:
        """The management API and everyone's grants as an older version of Rulemint made them: without *scope*."""
        changes: Changes[None] = Changes(None)
        config = self.catalog.tenant(tenant)
        api = config.management_api()
        assert api is not None
        kept = tuple(each for each in api.scopes if each.value != scope)
        changes.put(RESOURCE_SERVERS, msgspec.structs.replace(api, scopes=kept))
        for grant in config.client_grants.values():
            left = tuple(each for each in grant.scope if each != scope)
            changes.put(CLIENT_GRANTS, msgspec.structs.replace(grant, scope=left))
        await self.write(tenant, changes)

    async def add_reader(self) -> None:
        """A client that may only read clients."""
        changes: Changes[None] = Changes(None)
        changes.put(CLIENTS, Client(client_id="reader", name="reader"))
        audience = self.admin().audience
        changes.put(CLIENT_GRANTS, ClientGrant(id="r", client_id="reader", audience=audience, scope=("read:clients",)))
        await self.write(DEFAULT_TENANT, changes)

    def secrets(self) -> ClientSecrets:
        keeper = AdminFileKeeper(self.admin_file, self.vault)
        return ClientSecrets(self.catalog, self.store, self.vault, SecretUsage(self.redis), keeper)

    def clients(self) -> Clients:
        return Clients(self.catalog, self.store, self.vault, AdminFileKeeper(self.admin_file, self.vault))

    def is_live(self, secret: str) -> bool:
        """Whether some client of the tenant ``default`` proves itself by *secret*."""
        return any(
            self.vault.secret_matches(secret, kept.hash)
            for client in self.catalog.tenant(DEFAULT_TENANT).clients.values()
            for kept in client.secrets
        )

    async def write(self, tenant: str, changes: Changes[None]) -> None:
        async def plan() -> Changes[None]:
            return changes

        await self.store.transact(tenant, plan)


@pytest.fixture
async def gateway(empty_redis_url: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(empty_redis_url))
        subscriber = await stack.enter_async_context(open_subscriber(empty_redis_url))
        catalog = Catalog(redis)
        await catalog.load()
        in_background(stack, catalog.keep_fresh(subscriber))
        vault = Vault([base64.urlsafe_b64encode(secrets.token_bytes(32))])
        logs = Logs(catalog, LogStore(redis))
        yield Gateway(catalog, ConfigStore(redis, catalog), logs, vault, tmp_path / "admin.json", redis)


async def test_the_first_start_makes_an_operator(gateway: Gateway) -> None:
    await gateway.start()
    assert gateway.scopes_of(gateway.admin().client_id) == {*MANAGEMENT_SCOPES, *OPERATOR_SCOPES}


async def test_gateways_that_start_together_and_share_a_file_make_one_administrator(gateway: Gateway) -> None:
    await asyncio.gather(*(gateway.start() for _ in range(4)))
    assert list(gateway.catalog.tenant(DEFAULT_TENANT).clients) == [gateway.admin().client_id]
    assert gateway.is_live(gateway.admin().client_secret)


async def test_a_second_start_changes_nothing(gateway: Gateway) -> None:
    await gateway.start()
    admin, revision = gateway.admin(), gateway.catalog.revision
    await gateway.start()
    assert (gateway.admin(), gateway.catalog.revision) == (admin, revision)


async def test_what_a_gateway_makes_by_itself_is_in_the_log_of_the_tenant(gateway: Gateway) -> None:
    await gateway.start()
    admin = gateway.admin()
    signing_keys = SigningKeys(gateway.catalog, gateway.store, gateway.vault)
    await signing_keys.ensure(DEFAULT_TENANT, SigningAlgorithm.ES256)
    entries = await gateway.logged()
    assert {(entry["type"], entry["client_id"], entry["client_name"], entry["ip"]) for entry in entries} == {
        ("sapi", "", "gateway", "")
    }
    assert {entry["user_agent"] for entry in entries} == {f"rulemint-gateway ({socket.gethostname()})"}
    changes = [change for entry in entries for change in entry["details"]["changes"]]
    kinds = ["tenants", "resource-servers", "clients", "client-grants", "signing-keys", "signing-keys"]
    assert [change["kind"] for change in changes] == kinds
    assert all(change["before"] is None for change in changes)
    assert changes[2]["after"]["client_id"] == admin.client_id
    assert {change["after"]["private_pem"] for change in changes[4:]} == {"***"}
    assert admin.client_secret not in str(entries)

    await gateway.start("http://moved.test/")
    moved = next(entry for entry in (await gateway.logged())[len(entries) :])
    (change,) = moved["details"]["changes"]
    assert (change["before"], change["after"]) == ({"issuer": "http://iss.test/"}, {"issuer": "http://moved.test/"})


async def test_an_administrator_gets_the_scopes_that_a_new_version_defines(gateway: Gateway) -> None:
    await gateway.start()
    await gateway.forget_scope(DEFAULT_TENANT, "create:tenants")
    await gateway.add_reader()
    await gateway.start()
    assert "create:tenants" in gateway.scopes_of(gateway.admin().client_id)
    assert gateway.scopes_of("reader") == {"read:clients"}


async def test_other_tenants_management_apis_move_along_and_never_define_what_operators_do(gateway: Gateway) -> None:
    await gateway.start()
    signing_keys = SigningKeys(gateway.catalog, gateway.store, gateway.vault)
    tenants = Tenants(gateway.catalog, gateway.store, gateway.vault, signing_keys, DeletedTenants(gateway.redis))
    made = await tenants.create(DEFAULT_TENANT, CreateTenant(name="other", hosts=["other.test"]))
    await gateway.forget_scope("other", "read:logs")
    await gateway.start()
    api = gateway.catalog.tenant("other").management_api()
    assert api is not None
    assert api.scopes == tuple(Scope(value=scope) for scope in MANAGEMENT_SCOPES)
    assert isinstance(made.administrator, Administrator)
    assert gateway.scopes_of(made.administrator.client_id, "other") == set(MANAGEMENT_SCOPES)


async def test_a_changed_issuer_moves_the_management_api_of_default_only(gateway: Gateway) -> None:
    await gateway.start()
    signing_keys = SigningKeys(gateway.catalog, gateway.store, gateway.vault)
    tenants = Tenants(gateway.catalog, gateway.store, gateway.vault, signing_keys, DeletedTenants(gateway.redis))
    await tenants.create(DEFAULT_TENANT, CreateTenant(name="other", hosts=["other.test"]))
    await gateway.start("https://new.test/")
    assert gateway.admin().audience == "https://new.test/api/v2/"
    assert gateway.scopes_of(gateway.admin().client_id) == {*MANAGEMENT_SCOPES, *OPERATOR_SCOPES}
    assert gateway.catalog.tenant("other").tenant.issuer == "http://other.test/"


@pytest.mark.parametrize("how", ["rotated", "replaced", "added while the others end"])
async def test_a_new_secret_of_the_administrator_is_in_the_file_and_the_old_one_stays_dead(
    gateway: Gateway, how: str
) -> None:
    await gateway.start()
    old = gateway.admin()
    if how == "rotated":
        rotated = await gateway.secrets().rotate(DEFAULT_TENANT, old.client_id)
        new = str(rotated.answer.client_secret)
    elif how == "replaced":
        new = "a-secret-of-the-operator-s-own-choice-0123"
        await gateway.clients().patch(DEFAULT_TENANT, old.client_id, PatchClient(client_secret=new))
    else:
        body = CreateSecret(others_expire_in=0)
        new = str((await gateway.secrets().create(DEFAULT_TENANT, old.client_id, body)).client_secret)
    assert gateway.admin() == msgspec.structs.replace(old, client_secret=new)
    await gateway.start()
    assert gateway.admin().client_secret == new
    assert gateway.is_live(new)
    assert not gateway.is_live(old.client_secret)


async def test_a_file_that_cannot_be_written_is_told_of_and_brings_no_secret_back(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    await gateway.start()
    old = gateway.admin()
    keeper = AdminFileKeeper(gateway.admin_file.parent / "elsewhere" / "admin.json", gateway.vault)
    secrets = ClientSecrets(gateway.catalog, gateway.store, gateway.vault, SecretUsage(gateway.redis), keeper)
    await secrets.rotate(DEFAULT_TENANT, old.client_id)
    await gateway.start()
    assert gateway.admin() == old
    assert not gateway.is_live(old.client_secret)
    told = capsys.readouterr()
    assert "put a live secret into the file" in told.out + told.err


async def test_a_deleted_secret_of_the_administrator_does_not_come_back(gateway: Gateway) -> None:
    await gateway.start()
    old = gateway.admin()
    (kept,) = await gateway.secrets().list(DEFAULT_TENANT, old.client_id)
    await gateway.secrets().create(DEFAULT_TENANT, old.client_id, CreateSecret(name="another"))
    await gateway.secrets().delete(DEFAULT_TENANT, old.client_id, kept.name)
    await gateway.start()
    assert not gateway.is_live(old.client_secret)


async def test_a_deleted_administrator_does_not_come_back_beside_another(gateway: Gateway) -> None:
    await gateway.start()
    old = gateway.admin()
    gateway.admin_file.unlink()
    await gateway.start()
    await gateway.clients().delete(DEFAULT_TENANT, old.client_id)
    await gateway.start()
    assert old.client_id not in gateway.catalog.tenant(DEFAULT_TENANT).clients
    assert gateway.is_live(gateway.admin().client_secret)


async def test_where_nobody_is_administrator_any_more_a_new_one_is_made_with_a_new_secret(gateway: Gateway) -> None:
    await gateway.start()
    old = gateway.admin()
    await gateway.clients().delete(DEFAULT_TENANT, old.client_id)
    await gateway.start()
    made = gateway.admin()
    assert made.client_id != old.client_id
    assert gateway.is_live(made.client_secret)
    assert not gateway.is_live(old.client_secret)


async def test_an_administrator_whose_grant_was_made_smaller_keeps_the_small_one(gateway: Gateway) -> None:
    await gateway.start()
    first = gateway.admin()
    gateway.admin_file.unlink()
    await gateway.start()
    grant = gateway.catalog.tenant(DEFAULT_TENANT).grant(first.client_id, first.audience)
    assert grant is not None
    changes: Changes[None] = Changes(None)
    changes.put(CLIENT_GRANTS, msgspec.structs.replace(grant, scope=("read:clients",)))
    await gateway.write(DEFAULT_TENANT, changes)
    await gateway.start()
    assert gateway.scopes_of(first.client_id) == {"read:clients"}
