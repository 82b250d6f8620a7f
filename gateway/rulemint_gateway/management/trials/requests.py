"""The token request that a rule is tried on: what is given, and for the rest what the tenant's records say."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.errors import NotFoundError
from rulemint_gateway.management.trials.bodies import InlineClient, TryRule
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared.contract.messages import ClientView, RequestView
from rulemint_shared.contract.records import CLIENT_CREDENTIALS
from rulemint_shared.secrets.masking import without_secrets


class TriedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an invocation that do not come from its rule."""

    client: ClientView
    audience: str
    scope: list[str]
    request: RequestView
    scope_ceiling: list[str] | None
    grant_scope: list[str]


def tried_request(config: TenantConfig, body: TryRule) -> TriedRequest:
    """The request of *body*, without credentials as any other.

    A client without a grant for the API is treated as if one held what is asked for.

    Raises:
        NotFoundError: it names a client that does not exist.
    """
    client = _client(config, body.client)
    audience = _first_audience(config, client.id) if body.audience is UNSET else body.audience
    grant, api = config.grant(client.id, audience), config.api(audience)
    asked = [] if body.scope is UNSET else list(dict.fromkeys(body.scope))
    held = asked if grant is None else list(config.scopes_of(grant))
    scope = held if body.scope is UNSET else asked
    context = body.context
    return TriedRequest(
        client=client,
        audience=audience,
        scope=scope,
        request=RequestView(
            ip=context.ip,
            user_agent=context.user_agent,
            body=_parameters(client.id, audience, asked) if context.body is None else without_secrets(context.body),
            headers={name.lower(): value for name, value in without_secrets(context.headers).items()},
            query=without_secrets(context.query),
            hostname=context.hostname,
            requested_scopes=asked,
        ),
        scope_ceiling=held if api is not None and api.enforce_grant_scopes else None,
        grant_scope=held,
    )


def _client(config: TenantConfig, given: str | InlineClient) -> ClientView:
    tenant = config.tenant.name
    if isinstance(given, InlineClient):
        return ClientView(tenant=tenant, id=given.id, name=given.name, metadata=given.metadata)
    record = config.clients.get(given)
    if record is None:
        raise NotFoundError("client", code="inexistent_client")
    return ClientView(tenant=tenant, id=record.client_id, name=record.name, metadata=record.metadata)


def _first_audience(config: TenantConfig, client_id: str) -> str:
    grants = config.grants_of(client_id)
    oldest = min(grants, key=lambda grant: (grant.created_at_ms, grant.id), default=None)
    return "" if oldest is None else oldest.audience


def _parameters(client_id: str, audience: str, scope: list[str]) -> dict[str, Any]:
    parameters = {"grant_type": CLIENT_CREDENTIALS, "client_id": client_id, "audience": audience}
    return {**parameters, "scope": " ".join(scope)} if scope else parameters
