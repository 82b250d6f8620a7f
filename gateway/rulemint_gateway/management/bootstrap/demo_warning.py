"""A warning where the demo's client, whose secret everybody knows, can be reached by others than this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import structlog

from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Client
from rulemint_shared.demo_client import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from rulemint_shared.secrets.vault import Vault

log = structlog.get_logger(__name__)


def warn_of_demo_client(catalog: Catalog, vault: Vault, *, host: str) -> None:
    """Warn of each tenant in which the demo's secret is good, if *host* or the tenant's issuer is not loopback."""
    for name in catalog.tenant_names():
        config = catalog.tenant(name)
        client = config.clients.get(DEMO_CLIENT_ID)
        reachable = not is_loopback(host) or not is_loopback(urlsplit(config.tenant.issuer).hostname or "")
        if client is not None and reachable and _has_demo_secret(client, vault):
            log.warning(
                "the demo client's secret is known to everyone, and others than this machine can reach it",
                tenant=name,
                client_id=DEMO_CLIENT_ID,
                advice="remove the demo with `rulemint demo --remove`, or give the client another secret",
            )


def is_loopback(host: str) -> bool:
    """True if *host*, a name or an address, means this machine alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _has_demo_secret(client: Client, vault: Vault) -> bool:
    now_ms = unix_ms()
    return any(
        (secret.expires_at_ms is None or secret.expires_at_ms > now_ms)
        and vault.secret_matches(DEMO_CLIENT_SECRET, secret.hash)
        for secret in client.secrets
    )
