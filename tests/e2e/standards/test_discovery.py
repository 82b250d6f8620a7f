"""What the world finds out by itself: metadata, keys, and which tenant answers (RFC 8414, RFC 7517, RFC 9110)."""

from __future__ import annotations

import secrets

import pytest

from fixtures.management import Management

DOCUMENTS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_the_metadata_leads_to_the_endpoints_and_the_keys(management: Management, path: str) -> None:
    document = (await management.call("GET", path)).body
    issuer = management.admin["issuer"]
    assert document["issuer"] == issuer
    assert document["token_endpoint"] == f"{issuer}oauth/token"
    assert document["jwks_uri"] == f"{issuer}.well-known/jwks.json"
    assert document["authorization_endpoint"] == f"{issuer}authorize"
    assert document["response_types_supported"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_authorization_endpoint_says_that_it_supports_no_flow(management: Management, method: str) -> None:
    """RFC 6749 §4.1.2.1; nobody is redirected, because no redirect URI is registered."""
    query = "response_type=code&client_id=x&redirect_uri=https://evil.example/&state=s"
    async with management.session.request(
        method, f"{management.url}/authorize?{query}", allow_redirects=False
    ) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "unsupported_response_type"
        assert "Location" not in answer.headers


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", *DOCUMENTS, "/api/v2/openapi.json"])
async def test_a_published_document_that_one_has_already_is_not_sent_again(management: Management, path: str) -> None:
    """RFC 9110 §13.1.2."""
    first = await management.call("GET", path)
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"another", {tag}', "*"):
        again = await management.call("GET", path, headers={"If-None-Match": known})
        assert (again.status, again.text, again.headers["etag"]) == (304, "", tag)
        assert again.headers["cache-control"] == first.headers["cache-control"]
    other = await management.call("GET", path, headers={"If-None-Match": '"another"'})
    assert (other.status, other.body) == (200, first.body)


async def test_the_keys_have_another_etag_after_a_rotation(management: Management) -> None:
    before = await management.call("GET", "/.well-known/jwks.json")
    await management.call("POST", "/api/v2/keys/signing/rotate")
    after = await management.call("GET", "/.well-known/jwks.json", headers={"If-None-Match": before.headers["etag"]})
    assert after.status == 200
    assert after.headers["etag"] != before.headers["etag"]


@pytest.mark.parametrize("written", ["{}", "{}:80", "{}:443", "{}.", "{}.:443", "{}:"])
async def test_a_tenant_answers_to_every_way_of_writing_its_host(management: Management, written: str) -> None:
    """RFC 9110 §4.2.3."""
    name = f"t-{secrets.token_hex(4)}"
    host = f"{name}.example"
    await management.create("tenants", {"name": name, "hosts": [host]})
    for spelled in (written.format(host), written.format(host.upper())):
        answer = await management.call("GET", DOCUMENTS[0], headers={"Host": spelled})
        assert answer.body["issuer"] == f"http://{host}/"


async def test_two_tenants_cannot_have_one_host_written_in_two_ways(management: Management) -> None:
    name = f"t-{secrets.token_hex(4)}"
    await management.create("tenants", {"name": name, "hosts": [f"{name}.example:443"]})
    answer = await management.call("POST", "/api/v2/tenants", {"name": f"{name}-2", "hosts": [f"{name}.example"]})
    assert (answer.status, answer.body["field"]) == (409, "hosts")


async def test_an_issuer_with_a_path_is_refused_for_a_tenant(management: Management) -> None:
    body = {"name": "with-a-path", "hosts": ["with-a-path.example"], "issuer": "https://with-a-path.example/auth/"}
    answer = await management.call("POST", "/api/v2/tenants", body)
    assert (answer.status, answer.body["field"]) == (400, "issuer")
