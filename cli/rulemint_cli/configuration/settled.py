"""A document in the one form in which two of them can be compared: defaults left out, mappings sorted."""

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
"""What the management API shows of a client that says nothing else."""
_API_DEFAULTS = {"allow_offline_access": False}


def settled(document: Document, *, management: str) -> Document:
    """*document*, sorted; *management* is the identifier of the tenant's management API."""
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
    """In that form; so are the others."""
    return replace(
        settings, default_audience=_portable(settings.default_audience, management), kept=_kept(settings.kept, {})
    )


def settled_api(api: ResourceServer) -> ResourceServer:
    """A name that is the identifier says nothing."""
    name = "" if api.name == default_name(api.identifier) else api.name
    return replace(api, name=name, kept=_kept(api.kept, _API_DEFAULTS))


def default_name(identifier: str) -> str:
    """What the management API calls an API without a name."""
    return identifier[:200]


def settled_client(client: Client) -> Client:
    """The only grant type that does something says nothing."""
    grant_types = None if client.grant_types == ["client_credentials"] else client.grant_types
    return replace(
        client,
        grant_types=grant_types,
        client_metadata=dict(sorted(client.client_metadata.items())),
        kept=_kept(client.kept, _CLIENT_DEFAULTS),
    )


def settled_grant(grant: ClientGrant, management: str) -> ClientGrant:
    """With each scope once."""
    return replace(
        grant,
        audience=_portable(grant.audience, management),
        scope=list(dict.fromkeys(grant.scope)),
        kept=_kept(grant.kept, {}),
    )


def settled_rule(rule: Rule, management: str) -> Rule:
    """With each client and API once."""
    return replace(
        rule,
        clients=list(dict.fromkeys(rule.clients)),
        audiences=list(dict.fromkeys(_portable(audience, management) for audience in rule.audiences)),
        dependencies=dict(sorted(rule.dependencies.items())),
        secrets=dict(sorted(rule.secrets.items())),
    )


def _portable(audience: str, management: str) -> str:
    """*audience*, where no audience is no management API either, not even of a system that shows none."""
    return MANAGEMENT if audience and audience == management else audience


def _kept(kept: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in sorted(kept.items())
        if value is not None and not (name in defaults and value == defaults[name])
    }
