from __future__ import annotations

import secrets
from typing import Any

import pytest

from fixtures.management import Management


async def some_clients(management: Management, count: int) -> list[str]:
    """The ids of new clients, all of one app type that no other client has."""
    kind = f"kind-{secrets.token_hex(4)}"
    made = [await management.create("clients", {"name": f"n{number}", "app_type": kind}) for number in range(count)]
    return [kind, *(each["client_id"] for each in made)]


async def test_a_checkpoint_names_the_next_one_until_nothing_is_left(management: Management) -> None:
    kind, *ids = await some_clients(management, 5)
    found: list[str] = []
    query = f"app_type={kind}&take=2&include_totals=true"
    while True:
        answer = (await management.call("GET", f"/api/v2/clients?{query}")).body
        found += [client["client_id"] for client in answer["clients"]]
        if "next" not in answer:
            break
        query = f"app_type={kind}&take=2&from={answer['next']}"
    assert found == ids


async def test_a_checkpoint_holds_when_what_was_read_is_deleted(management: Management) -> None:
    kind, *ids = await some_clients(management, 4)
    first = (await management.call("GET", f"/api/v2/clients?app_type={kind}&take=2")).body
    for client in first["clients"]:
        await management.call("DELETE", f"/api/v2/clients/{client['client_id']}")
    second = (await management.call("GET", f"/api/v2/clients?app_type={kind}&take=2&from={first['next']}")).body
    assert [client["client_id"] for client in second["clients"]] == ids[2:]
    await management.call("DELETE", f"/api/v2/clients/{first['next']}")
    gone = await management.call("GET", f"/api/v2/clients?app_type={kind}&take=2&from={first['next']}")
    assert (gone.status, gone.body["field"]) == (400, "from")


async def test_fields_are_shown_or_left_out_by_name(management: Management) -> None:
    kind, client_id, _other = await some_clients(management, 2)
    listed = (await management.call("GET", f"/api/v2/clients?app_type={kind}&fields=client_id,name")).body
    assert [set(client) for client in listed] == [{"client_id", "name"}] * 2
    path = f"/api/v2/clients/{client_id}"
    whole = await management.call("GET", path)
    part = await management.call("GET", f"{path}?fields=name&include_fields=false")
    assert set(whole.body) - set(part.body) == {"name"}
    assert part.headers["etag"] == whole.headers["etag"]


async def test_filters_ask_for_the_value_of_a_field(management: Management) -> None:
    client, other = await management.a_client(), await management.a_client()
    cases: list[tuple[str, str, Any]] = [
        (f"client-grants?client_id={client.client_id}", "audience", [client.audience]),
        (f"client-grants?audience={other.audience}", "client_id", [other.client_id]),
        (f"client-grants?audience={other.audience}&client_id={client.client_id}", "id", []),
        (f"resource-servers?identifiers={client.audience}&identifiers={other.audience}", "identifier",
         [client.audience, other.audience]),
    ]  # fmt: skip
    for path, field, wanted in cases:
        answer = await management.call("GET", f"/api/v2/{path}")
        assert [record[field] for record in answer.body] == wanted, answer.text
    async with management.rule("export default () => ({})", enabled=False) as off:
        for enabled in (True, False):
            answer = await management.call("GET", f"/api/v2/rules?enabled={str(enabled).lower()}&per_page=100")
            assert {rule["enabled"] for rule in answer.body} <= {enabled}, answer.text
            assert (off["id"] in {rule["id"] for rule in answer.body}) is not enabled
    none = (await management.call("GET", "/api/v2/clients?is_global=true&include_totals=true")).body
    assert none == {"start": 0, "limit": 50, "total": 0, "clients": []}


async def test_a_malformed_query_is_refused(management: Management) -> None:
    for query in ("take=0", "take=101", "from=", "page=1&page=2", "include_fields=perhaps", "q=name:x"):
        answer = await management.call("GET", f"/api/v2/clients?{query}")
        assert (answer.status, answer.body["errorCode"]) == (400, "invalid_query_string"), query


@pytest.mark.parametrize("asked", ["clients?is_first_party=yes", "clients?is_global=0", "rules?enabled=True"])
async def test_a_filter_that_is_yes_or_no_takes_nothing_else(management: Management, asked: str) -> None:
    refused = await management.call("GET", f"/api/v2/{asked}")
    field = asked.partition("?")[2].partition("=")[0]
    assert (refused.status, refused.body["field"]) == (400, field)
    assert refused.body["message"].endswith("is not one of true, false"), refused.text


async def test_a_kind_that_no_client_has_is_an_empty_list_because_auth0_s_tools_ask_for_theirs(
    management: Management,
) -> None:
    assert (await management.call("GET", "/api/v2/clients?app_type=sso_integration")).body == []


async def test_a_parameter_is_left_out_and_never_null(management: Management) -> None:
    refused = await management.call("GET", "/api/v2/clients?take=null")
    assert (refused.status, refused.body["field"]) == (400, "take")


async def test_a_number_without_a_fraction_is_an_integer(management: Management) -> None:
    body = {"identifier": "https://whole.example/", "token_lifetime": 60.0}
    made = await management.create("resource-servers", body)
    assert (await management.call("DELETE", f"/api/v2/resource-servers/{made['id']}")).status == 204
    assert made["token_lifetime"] == 60
    refused = await management.call("POST", "/api/v2/resource-servers", {**body, "token_lifetime": 60.5})
    assert (refused.status, refused.body["field"]) == (400, "token_lifetime")


async def test_a_path_between_others_answers_for_every_method_itself(management: Management) -> None:
    refused = await management.call("GET", "/api/v2/rules/try")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")
