"""Bring a document into the one form in which two can be compared: without defaults, and sorted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from rulemint_cli.configuration.document import (
    MANAGEMENT,
    Client,
    ClientGrant,
    Document,
    ResourceServer,
    Rule,
    Settings,
)

_CLIENT_DEFAULTS = {"app_type": "non_interactive", "is_first_party": True}
"""The fields that the management API shows of a client by default."""
_API_DEFAULTS = {"allow_offline_access": False}


def settled(document: Document, *, management: str) -> Document:
    """Return *document* in that form. *management* is the identifier of the tenant's management API."""
    return replace(
        document,
        settings=None if document.settings is None else settled_settings(document.settings, management),
        resource_servers=sorted(map(settled_api, document.resource_servers), key=lambda api: api.identifier),
        clients=sorted(map(settled_client, document.clients), key=lambda client: (client.name, client.client_id or "")),
        client_grants=sorted(
            (settled_grant(grant, management) for grant in document.client_grants),
            key=lambda grant: (grant.client, grant.audience),
        ),
        rules=[settled_rule(rule, management) for rule in document.rules],
    )


def settled_settings(settings: Settings, management: str) -> Settings:
    """Return the settings in that form."""
    return replace(
        settings, default_audience=_portable(settings.default_audience, management), kept=_kept(settings.kept, {})
    )


def settled_api(api: ResourceServer) -> ResourceServer:
    """Return an API in that form. A name that equals the identifier is left out."""
    name = "" if api.name == default_name(api.identifier) else api.name
    return replace(api, name=name, kept=_kept(api.kept, _API_DEFAULTS))


def default_name(identifier: str) -> str:
    """Return the name that the management API gives an API without one."""
    return identifier[:200]


def settled_client(client: Client) -> Client:
    """Return a client in that form. The grant type is left out if it is the only one that has an effect."""
    grant_types = None if client.grant_types == ["client_credentials"] else client.grant_types
    return replace(
        client,
        grant_types=grant_types,
        client_metadata=dict(sorted(client.client_metadata.items())),
        kept=_kept(client.kept, _CLIENT_DEFAULTS),
    )


def settled_grant(grant: ClientGrant, management: str) -> ClientGrant:
    """Return a client grant in that form, with each scope once."""
    return replace(
        grant,
        audience=_portable(grant.audience, management),
        scope=list(dict.fromkeys(grant.scope)),
        kept=_kept(grant.kept, {}),
    )


def settled_rule(rule: Rule, management: str) -> Rule:
    """Return a rule in that form, with each client and API once."""
    return replace(
        rule,
        clients=list(dict.fromkeys(rule.clients)),
        audiences=list(dict.fromkeys(_portable(audience, management) for audience in rule.audiences)),
        dependencies=dict(sorted(rule.dependencies.items())),
        secrets=dict(sorted(rule.secrets.items())),
    )


def _portable(audience: str, management: str) -> str:
    """Return *audience*, or `MANAGEMENT` for the management API. An empty audience stays empty."""
    return MANAGEMENT if audience and audience == management else audience


def _kept(kept: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in sorted(kept.items())
        if value is not None and not (name in defaults and value == defaults[name])
    }
