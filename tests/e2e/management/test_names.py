"""Names from outside end where they end, and those that stand in a URL path can be reached there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from fixtures.management import Management

RULE = "export default async function rule() {}"


@pytest.mark.parametrize("name", [".", ".."])
async def test_a_name_that_no_url_can_have_is_refused(management: Management, name: str) -> None:
    client = await management.a_client()
    calls = [
        ("clients", {"name": "a", "client_id": name}, "client_id"),
        ("resource-servers", {"identifier": name}, "identifier"),
        (f"clients/{client.client_id}/secrets", {"name": name}, "name"),
    ]
    for path, body, field in calls:
        refused = await management.call("POST", f"/api/v2/{path}", body)
        assert (refused.status, refused.body["field"]) == (400, field), refused.text
        assert "no URL can name it" in refused.body["message"]


@pytest.mark.parametrize("client_id", ["...", ".a", "a/../b", "%2e%2e", "a?b#c", "{x}", "~;&="])
async def test_every_client_id_that_is_taken_can_be_read_and_deleted(management: Management, client_id: str) -> None:
    await management.create("clients", {"name": "unusual", "client_id": client_id})
    url = URL(f"{management.url}/api/v2/clients/{quote(client_id, safe='')}", encoded=True)
    headers = {"Authorization": f"Bearer {management.token}"}
    async with management.session.get(url, headers=headers) as read:
        assert (await read.json())["client_id"] == client_id
    async with management.session.delete(url, headers=headers) as deleted:
        assert deleted.status == 204


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        pytest.param("clients", {"name": "a", "client_id": "a\n"}, "client_id", id="a client id"),
        pytest.param("rules", {"name": "a\n", "script": RULE}, "name", id="a rule's name"),
        pytest.param("tenants", {"name": "a\n"}, "name", id="a tenant's name"),
        pytest.param("resource-servers", {"identifier": "https://a/\n"}, "identifier", id="an identifier"),
        pytest.param(
            "resource-servers",
            {"identifier": "https://a.example/", "scopes": [{"value": "read\n"}]},
            "scopes[0].value",
            id="a scope",
        ),
    ],
)
async def test_a_line_break_after_a_name_is_refused_in_plain_words(
    management: Management, path: str, body: dict[str, Any], field: str
) -> None:
    refused = await management.call("POST", f"/api/v2/{path}", body)
    assert (refused.status, refused.body["field"]) == (400, field), refused.text
    assert "write " in refused.body["message"]
    assert "regex" not in refused.body["message"]


async def test_the_document_has_patterns_as_readers_know_them(management: Management) -> None:
    document = await management.call("GET", "/api/v2/openapi.json")
    assert '"pattern": "^[0-9]{8}$"' in document.text or '"pattern":"^[0-9]{8}$"' in document.text
    assert "(?!" not in document.text


async def test_a_wrong_value_before_what_is_no_json_is_refused_too(management: Management) -> None:
    answer = await management.call(
        "POST", "/api/v2/clients", data=b"7\xff\x02[", headers={"Content-Type": "application/json"}
    )
    assert (answer.status, answer.body["errorCode"]) == (400, "invalid_body"), answer.text
