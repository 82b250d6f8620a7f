"""``POST /actions/actions/{id}/test``: the newest code of an action, tried on an event that need not have happened."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.auth0.actions.answers import ActionTestAnswer
from rulemint_gateway.auth0.actions.records import ActionRecords
from rulemint_gateway.management.clients.bodies import MAX_METADATA
from rulemint_gateway.management.nouns.fields import (
    ClientId,
    Identifier,
    MetadataKey,
    MetadataValue,
    ScopeValues,
    SecretName,
    SecretValue,
)
from rulemint_gateway.management.rules.secrets import MAX_SECRETS
from rulemint_gateway.management.trials.bodies import Context, InlineClient, Sent, TryRule
from rulemint_gateway.management.trials.trials import Trials


class EventClient(msgspec.Struct, frozen=True, kw_only=True):
    """``event.client``."""

    client_id: ClientId = "test-client"
    name: Annotated[str, Meta(max_length=200)] = ""
    metadata: Annotated[dict[MetadataKey, MetadataValue], Meta(max_length=MAX_METADATA)] = {}


class EventRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``event.request``."""

    ip: Annotated[str, Meta(max_length=64)] = "127.0.0.1"
    user_agent: Annotated[str, Meta(max_length=512)] = ""
    hostname: Annotated[str, Meta(max_length=255)] = ""
    query: Sent = {}
    body: dict[str, Any] | None = None


class EventAccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """``event.accessToken``."""

    scope: ScopeValues = []


class EventResourceServer(msgspec.Struct, frozen=True, kw_only=True):
    """``event.resource_server``."""

    identifier: Identifier | UnsetType = UNSET


class Event(msgspec.Struct, frozen=True, kw_only=True, rename={"access_token": "accessToken"}):
    """The part of an event that is taken; the rest of it is what the system itself would say."""

    client: EventClient = EventClient()
    request: EventRequest = EventRequest()
    access_token: EventAccessToken = EventAccessToken()
    resource_server: EventResourceServer = EventResourceServer()
    secrets: Annotated[dict[SecretName, SecretValue], Meta(max_length=MAX_SECRETS)] | UnsetType = UNSET
    """Without them, those of the action."""


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The event that the action is tried on."""

    event: Event = Event()


class ActionTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /actions/actions/{id}/test``."""

    payload: Payload


class ActionTests:
    """Tries actions as `Trials` does rules: no token, nothing kept."""

    def __init__(self, actions: ActionRecords, trials: Trials) -> None:
        self._actions = actions
        self._trials = trials

    async def run(self, tenant: str, action_id: str, body: ActionTest) -> ActionTestAnswer:
        """Run the newest code of the action on the event; answers in the words of ``POST /rules/try``.

        Raises:
            ManagementError: there is no such action, or too many are being tried.
        """
        action = await self._actions.find(tenant, action_id)
        event = body.payload.event
        tried = TryRule(
            rule_id=action_id,
            version=action.newest.version,
            client=InlineClient(id=event.client.client_id, name=event.client.name, metadata=event.client.metadata),
            audience=event.resource_server.identifier,
            scope=event.access_token.scope,
            context=Context(
                ip=event.request.ip,
                user_agent=event.request.user_agent,
                query=event.request.query,
                hostname=event.request.hostname,
                body=event.request.body,
            ),
            secrets=event.secrets,
        )
        return ActionTestAnswer(payload=await self._trials.run(tenant, tried))
