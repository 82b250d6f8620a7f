"""Request → the issuer that its tenant has at the listener where the request came in (RFC 8414 §3.3).

A gateway that nobody gave an issuer makes one from its port. With http and https side by side it has two. A client that
discovers one of them finds it in the metadata, and in the tokens that it asks for there.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from rulemint_gateway.stores.catalog.tenant_config import TenantConfig


class Issuers:
    """Knows the https twin of each issuer that was made from a port."""

    def __init__(self, *, http_port: int, https_port: int) -> None:
        self._http_port = http_port
        self._https_port = https_port

    def over_https(self, issuer: str) -> str:
        """``http://localhost:8080/`` as ``https://localhost:8443/``; an issuer of another port or scheme as it is."""
        parts = urlsplit(issuer)
        if parts.scheme != "http" or (parts.port or 80) != self._http_port:
            return issuer
        return f"https://{parts.hostname}:{self._https_port}/"


ISSUERS = web.AppKey("issuers", Issuers)
"""Set in the application where http and https are served side by side, and the issuer is made from the port."""


def issuer_of(request: web.Request, config: TenantConfig) -> str:
    """The tenant's issuer for who asks where *request* came in."""
    return issuer_at(request.config_dict.get(ISSUERS), config, is_secure=request.secure)


def issuer_at(issuers: Issuers | None, config: TenantConfig, *, is_secure: bool) -> str:
    """The tenant's issuer over http, or where *is_secure* over https."""
    return config.tenant.issuer if issuers is None or not is_secure else issuers.over_https(config.tenant.issuer)


def issuers_of(request: web.Request, config: TenantConfig) -> list[str]:
    """Every issuer that the tenant's tokens may have here."""
    issuers = request.config_dict.get(ISSUERS)
    own = config.tenant.issuer
    return [own] if issuers is None else list(dict.fromkeys((own, issuers.over_https(own))))
