"""A checked token request → the invocation that runners are sent."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rulemint_gateway.oauth.client_authentication import AuthenticatedClient
from rulemint_gateway.oauth.client_grants import CheckedGrant
from rulemint_gateway.oauth.exchange import Exchange
from rulemint_gateway.oauth.presented_secrets import hidden
from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.messages import ClientView, Invocation, RequestView, RuleRef, Shadow
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.tapes import TapeWish
from rulemint_shared.deadline import Deadline


def invocation_of(
    flow: Sequence[Rule],
    client: AuthenticatedClient,
    checked: CheckedGrant,
    request: TokenRequest,
    exchange: Exchange,
    deadline: Deadline,
    tape: TapeWish,
    shadow: Shadow | None = None,
) -> Invocation:
    """One run of *flow*. Its id is that of the exchange, so the log and the record of a token request are one."""
    record, grant_scope = client.record, list(checked.grant.scope)
    return Invocation(
        id=exchange.id,
        tenant=exchange.tenant,
        client=ClientView(tenant=exchange.tenant, id=record.client_id, name=record.name, metadata=record.metadata),
        audience=checked.api.identifier,
        scope=checked.scope,
        request=RequestView(
            ip=exchange.ip,
            user_agent=exchange.user_agent,
            body=request.parameters,
            requested_scopes=hidden(request.scope, request.presented),
            **hidden(msgspec.structs.asdict(exchange.sent()), request.presented),
        ),
        flow=[_reference(rule, record.client_id) for rule in flow],
        deadline_ms=deadline.to_unix_ms(),
        enqueued_at_ms=unix_ms(),
        scope_ceiling=grant_scope if checked.api.enforce_grant_scopes else None,
        grant_scope=grant_scope,
        tape=tape,
        shadow=shadow,
    )


def _reference(rule: Rule, client_id: str) -> RuleRef:
    return RuleRef(
        rule_id=rule.id,
        name=rule.name,
        version=rule.version,
        secrets_revision=rule.secrets_revision,
        resumed_at_ms=rule.resumed_at_ms,
        client_resumed_at_ms=rule.resumed_clients.get(client_id, 0),
    )
