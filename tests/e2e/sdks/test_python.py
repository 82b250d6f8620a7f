"""The `auth0-python` SDK, unchanged, against a running system (docs/auth0-facts.md §5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError

pytestmark = pytest.mark.timeout(120)

TRIGGER = "credentials-exchange"
HOOK = "module.exports = (client, scope, audience, context, cb) => cb(null, { scope });"
ACTION = "exports.onExecuteCredentialsExchange = async (event, api) => {};"


@pytest.fixture
def auth0(https_system: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Untyped: by the SDK's types every field of an answer may be missing."""
    monkeypatch.setenv("SSL_CERT_FILE", str(https_system.authority))
    with httpx.Client() as calls:  # the SDK does not close its own
        yield ManagementClient(
            domain=https_system.domain,
            client_id=https_system.client_id,
            client_secret=https_system.client_secret,
            httpx_client=calls,
        )


def test_a_client_is_created_read_changed_and_deleted(auth0: Any) -> None:
    made = auth0.clients.create(name="made by Python", app_type="non_interactive")
    auth0.clients.update(made.client_id, description="changed")
    assert auth0.clients.get(made.client_id).description == "changed"
    assert "made by Python" in [each.name for each in auth0.clients.list()]
    auth0.clients.delete(made.client_id)
    assert_gone(lambda: auth0.clients.get(made.client_id))


def test_an_api_and_a_grant_are_created_read_changed_and_deleted(auth0: Any) -> None:
    client = auth0.clients.create(name="a client")
    api = auth0.resource_servers.create(identifier="https://python.example.com/", scopes=[{"value": "read"}])
    auth0.resource_servers.update(api.id, scopes=[{"value": "read"}, {"value": "write"}])
    assert [scope.value for scope in auth0.resource_servers.get(api.id).scopes] == ["read", "write"]

    grant = auth0.client_grants.create(client_id=client.client_id, audience=api.identifier, scope=["read"])
    auth0.client_grants.update(grant.id, scope=["read", "write"])
    assert [each.scope for each in auth0.client_grants.list(audience=api.identifier)] == [["read", "write"]]
    auth0.client_grants.delete(grant.id)
    assert not list(auth0.client_grants.list(audience=api.identifier))

    auth0.resource_servers.delete(api.id)
    assert_gone(lambda: auth0.resource_servers.get(api.id))
    auth0.clients.delete(client.client_id)


def test_a_hook_and_its_secrets_are_created_read_changed_and_deleted(auth0: Any) -> None:
    made = auth0.hooks.create(name="python hook", script=HOOK, trigger_id=TRIGGER)
    auth0.hooks.update(made.id, enabled=True)
    auth0.hooks.secrets.create(made.id, request={"KEY": "one"})
    auth0.hooks.secrets.update(made.id, request={"KEY": "two"})
    assert auth0.hooks.secrets.get(made.id) == {"KEY": "_VALUE_NOT_SHOWN_"}
    auth0.hooks.secrets.delete(made.id, request=["KEY"])
    assert auth0.hooks.secrets.get(made.id) == {}
    assert auth0.hooks.get(made.id).enabled
    assert "python hook" in [each.name for each in auth0.hooks.list(trigger_id=TRIGGER)]
    auth0.hooks.delete(made.id)
    assert_gone(lambda: auth0.hooks.get(made.id))


def test_an_action_is_created_deployed_bound_changed_and_deleted(auth0: Any) -> None:
    triggers = [{"id": TRIGGER, "version": "v2"}]
    made = auth0.actions.create(name="python action", supported_triggers=triggers, code=ACTION)
    auth0.actions.deploy(made.id)
    auth0.actions.update(made.id, code=ACTION.replace("(event, api)", "()"))
    auth0.actions.deploy(made.id)
    assert [(each.number, each.deployed) for each in auth0.actions.versions.list(made.id)] == [(2, True), (1, False)]

    bound = [{"ref": {"type": "action_id", "value": made.id}, "display_name": "bound"}]
    auth0.actions.triggers.bindings.update_many(TRIGGER, bindings=bound)
    assert "bound" in [each.display_name for each in auth0.actions.triggers.bindings.list(TRIGGER)]
    assert "python action" in [each.name for each in auth0.actions.list()]

    auth0.actions.delete(made.id, force=True)
    assert_gone(lambda: auth0.actions.get(made.id))


def assert_gone(read: Any) -> None:
    with pytest.raises(ApiError) as refused:
        read()
    assert refused.value.status_code == 404
