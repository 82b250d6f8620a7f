from __future__ import annotations

from fixtures.management import Management
from fixtures.tenants import a_tenant


async def test_settings_are_kept_and_the_default_audience_is_used(management: Management) -> None:
    async with a_tenant(management) as tenant:
        client = await tenant.a_client()
        path = "/api/v2/tenants/settings"
        unknown = await tenant.call("PATCH", path, {"default_audience": "https://nowhere/"})
        assert (unknown.status, unknown.body["field"]) == (400, "default_audience")
        given = {"friendly_name": "Ours", "flags": {"enable_sso": True}, "default_audience": client.audience}
        patched = await tenant.call("PATCH", path, given)
        assert patched.status == 200, patched.text
        read = (await tenant.call("GET", path)).body
        assert {name: read[name] for name in given} == given
        assert (await tenant.call("GET", f"{path}?fields=friendly_name")).body == {"friendly_name": "Ours"}
        assert (await tenant.ask(client.request(audience=None))).status == 200
        api = (await tenant.call("GET", f"/api/v2/resource-servers?identifiers={client.audience}")).body[0]
        await tenant.call("DELETE", f"/api/v2/resource-servers/{api['id']}")
        assert (await tenant.call("PATCH", path, {"friendly_name": "Still ours"})).status == 200
        assert (await tenant.ask(client.request(audience=None))).body["error"] == "invalid_target"
        await tenant.call("PATCH", path, {"default_audience": ""})
        assert (await tenant.ask(client.request(audience=None))).body["error"] == "invalid_request"
