"""The scopes that the document names are those that a call takes."""

from __future__ import annotations

import re

from fixtures.management import Management

HELD = "delete:client_keys"


async def test_no_call_with_scopes_answers_without_a_token_or_with_one_of_another_scope(management: Management) -> None:
    document = (await management.call("GET", "/api/v2/openapi.json", token="")).body
    client = await management.create("clients", {"name": "holds one scope"})
    audience = management.admin["audience"]
    grant = {"client_id": client["client_id"], "audience": audience, "scope": [HELD]}
    await management.create("client-grants", grant)
    asked = {"client_id": client["client_id"], "client_secret": client["client_secret"], "audience": audience}
    token = (await management.ask({"grant_type": "client_credentials", **asked})).body["access_token"]

    seen, wrong = 0, []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            scopes = {scope for each in operation["security"] for scope in each.get("clientCredentials", [])}
            if not scopes or HELD in scopes:
                continue
            seen += 1
            place = re.sub(r"{\w+}", "x", path)
            answers = [await management.call(method.upper(), place, token=each) for each in ("", token)]
            if [answer.status for answer in answers] != [401, 403]:
                wrong.append((method, path, [answer.status for answer in answers]))
    assert seen > 80
    assert wrong == []
