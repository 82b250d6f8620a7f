from __future__ import annotations

from fixtures.management import Management
from fixtures.tenants import a_tenant


async def test_a_disabled_tenant_issues_nothing_and_is_managed_by_nobody_until_it_is_enabled(
    management: Management,
) -> None:
    async with a_tenant(management) as tenant:
        client = await tenant.a_client()
        name = (await management.every("tenants"))[-1]["name"]
        path = f"/api/v2/tenants/{name}"
        ticket = (await tenant.call("POST", "/logs/tickets")).body["ticket"]
        disabled = await management.call("PATCH", path, {"disabled": True})
        assert (disabled.status, disabled.body["disabled"]) == (200, True), disabled.text
        refused = await tenant.ask(client.request())
        assert (refused.status, refused.body["error"]) == (403, "access_denied")
        assert "disabled" in refused.body["error_description"]
        managed = await tenant.call("GET", "/api/v2/clients")
        assert (managed.status, managed.body["errorCode"]) == (403, "tenant_disabled")
        assert (await tenant.call("GET", "/logs")).status == 403
        assert (await tenant.call("GET", f"/logs?ticket={ticket}", token="")).status == 401
        assert (await tenant.call("GET", "/.well-known/jwks.json")).body["keys"]
        await management.call("PATCH", path, {"disabled": False})
        assert (await tenant.ask(client.request())).status == 200
        assert (await tenant.call("GET", "/api/v2/clients")).status == 200


async def test_default_cannot_be_disabled_and_only_an_operator_disables(management: Management) -> None:
    refused = await management.call("PATCH", "/api/v2/tenants/default", {"disabled": True})
    assert (refused.status, refused.body["field"]) == (400, "disabled")
    assert (await management.call("PATCH", "/api/v2/tenants/nobody", {"disabled": True})).status == 404
    async with a_tenant(management) as tenant:
        assert (await tenant.call("PATCH", "/api/v2/tenants/default", {"disabled": True})).status == 403
        assert (await tenant.call("GET", "/api/v2/tenants/default")).status == 403


async def test_a_tenant_cannot_have_the_name_of_another_path(management: Management) -> None:
    refused = await management.call("POST", "/api/v2/tenants", {"name": "settings", "hosts": ["settings.test"]})
    assert (refused.status, refused.body["field"]) == (409, "name")
