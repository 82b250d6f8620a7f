"""Opens the parts that know the configuration: Redis, the master key, the catalog, its writer, the signing keys."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.management.bootstrap.bootstrap import Bootstrap
from rulemint_gateway.management.bootstrap.demo_warning import warn_of_demo_client
from rulemint_gateway.management.tenants.deletion import TenantDeletion
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.layout.layout import ensure_layout
from rulemint_gateway.stores.writing.config_store import ConfigStore, StoreUnavailableError
from rulemint_gateway.stores.writing.deleted_records import DeletedRecords
from rulemint_gateway.stores.writing.deleted_tenants import DeletedTenants
from rulemint_gateway.stores.writing.durability import Durability
from rulemint_gateway.stores.writing.key_check import check_master_key
from rulemint_gateway.stores.writing.record_quotas import Quotas
from rulemint_gateway.tokens.signing_keys import SigningKeys
from rulemint_shared import ids
from rulemint_shared.contract.records import SigningAlgorithm
from rulemint_shared.process.background import in_background
from rulemint_shared.process.shortages import watch_descriptors
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.cluster import ClusterRedis
from rulemint_shared.redis.connection import check_server, open_redis, open_subscriber
from rulemint_shared.redis.multiplexed_redis import MultiplexedRedis
from rulemint_shared.redis.server_clock import ServerClock
from rulemint_shared.secrets.vault import Vault
from rulemint_shared.streams.entries import StreamBounds

log = structlog.get_logger(__name__)

EMPTY_SERVER = (
    "it had a configuration before, for the admin file is there: restore its data, or set RULEMINT_BOOTSTRAP=1 for one "
    "start to begin anew"
)


@dataclass(frozen=True)
class Configuration:
    """The parts that know the configuration, and the connections that all parts share."""

    process: str
    """The name of this process among all."""
    redis: RedisClient
    subscriber: MultiplexedRedis | ClusterRedis
    clock: ServerClock
    vault: Vault
    catalog: Catalog
    durability: Durability
    store: ConfigStore
    signing_keys: SigningKeys


async def open_configuration(stack: AsyncExitStack, settings: GatewaySettings) -> Configuration:
    """Connect, read the configuration, and make what a new system lacks.

    Raises:
        RedisUnusableError, LayoutError, VaultError, AdminFileError, StoreUnavailableError: the gateway cannot start;
            the text says why.
    """
    vault = Vault.from_file(settings.master_key_file)
    server = (settings.redis_url, settings.redis_password_file, settings.sentinel_password_file)
    redis = await stack.enter_async_context(open_redis(*server))
    subscriber = await stack.enter_async_context(open_subscriber(*server))
    log.info("connected", server=await check_server(redis))
    process = ids.new_process_id("gateway")
    clock = await _clock(stack, redis, process)
    in_background(stack, watch_descriptors())

    await _ensure_layout(redis)  # before anything is read, because names may be an older version's
    catalog = Catalog(redis, stale_after_s=settings.stale_config_s)
    await catalog.load()
    in_background(stack, catalog.keep_fresh(subscriber))
    durability = Durability(redis, replicas=settings.replicas_ack)
    store = ConfigStore(
        redis,
        catalog,
        audited=StreamBounds(settings.audited_calls_kept, settings.audit_bytes),
        quotas=record_quotas(settings),
        durability=durability,
    )
    in_background(stack, DeletedRecords(redis).sweep())
    in_background(stack, DeletedTenants(redis).sweep())
    signing_keys = SigningKeys(catalog, store, vault)
    await _check_keys(redis, catalog, vault)  # before the first write, which another key would encrypt
    opened = Configuration(process, redis, subscriber, clock, vault, catalog, durability, store, signing_keys)
    await _bootstrap(settings, opened)
    in_background(stack, TenantDeletion(catalog, store, redis).delete_what_is_due())
    return opened


async def _clock(stack: AsyncExitStack, redis: RedisClient, process: str) -> ServerClock:
    clock = ServerClock(redis, process)
    await clock.begin()
    in_background(stack, clock.keep())
    return clock


def record_quotas(settings: GatewaySettings) -> Quotas:
    """The bounds of the configuration of each tenant."""
    return Quotas(
        rules=settings.max_rules,
        clients=settings.max_clients,
        resource_servers=settings.max_resource_servers,
        client_grants=settings.max_client_grants,
        rule_secrets=settings.max_rule_secrets,
        script_bytes=settings.max_scripts_mb * 1024 * 1024,
    )


async def _bootstrap(settings: GatewaySettings, opened: Configuration) -> None:
    """Make the records that nobody can ask for anything without. Do not replace a configuration that was lost."""
    if not opened.catalog.is_configured and not settings.may_bootstrap():
        log.error("the server is empty", advice=EMPTY_SERVER, admin_file=str(settings.admin_file))
        return
    bootstrap = Bootstrap(
        opened.catalog,
        opened.store,
        opened.vault,
        issuer=settings.issuer_url(),
        tls_domain=settings.tls_domain(),
    )
    await bootstrap.run(settings.admin_file)
    await opened.signing_keys.ensure(DEFAULT_TENANT, SigningAlgorithm.RS256)
    warn_of_demo_client(opened.catalog, opened.vault, host=settings.host)


async def _ensure_layout(redis: RedisClient) -> None:
    """Rename keys of an older version."""
    try:
        await ensure_layout(redis)
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(str(error)) from error


async def _check_keys(redis: RedisClient, catalog: Catalog, vault: Vault) -> None:
    """Refuse another master key than the server's secrets were encrypted with."""
    try:
        await check_master_key(redis, catalog, vault)
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(str(error)) from error
