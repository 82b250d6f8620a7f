"""Guessing is throttled by the address that it comes from, wherever credentials are checked; nobody else is."""

from __future__ import annotations

import base64
import secrets
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from fixtures.management import Answer, ApiClient, Management
from fixtures.proxied import PROXY, from_address
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually
from fixtures.ways import both_ways

pytestmark = both_ways

BURST, BURST_OF_AN_ADDRESS = 10, 100


@pytest.fixture
def address() -> str:
    """One that nobody has guessed from yet."""
    return f"127.{secrets.randbelow(200) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"


@pytest.fixture
async def client(proxied: Management) -> ApiClient:
    return await proxied.a_client()


def at(management: Management, address: str, **headers: str) -> AbstractAsyncContextManager[Management]:
    return from_address(management, address, **headers)


def basic(client: ApiClient, secret: str) -> dict[str, Any]:
    credentials = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    return {
        "data": {"grant_type": "client_credentials", "audience": client.audience},
        "headers": {"Authorization": f"Basic {credentials}"},
    }


async def statuses(guesser: Management, times: int, request: dict[str, Any]) -> list[int]:
    return [(await guesser.ask(**request)).status for _ in range(times)]


@pytest.mark.parametrize("how", ["json", "form", "basic"])
async def test_wrong_secrets_get_429_that_says_when_to_try_again(
    proxied: Management, client: ApiClient, address: str, how: str
) -> None:
    wrong = client.request(client_secret="wrong")
    request = {"json": {"json": wrong}, "form": {"data": wrong}, "basic": basic(client, "wrong")}[how]
    async with at(proxied, address) as guesser:
        assert await statuses(guesser, BURST, request) == [401] * BURST
        answer = await guesser.ask(**request)
    assert (answer.status, answer.body["error"]) == (429, "too_many_requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert answer.headers["cache-control"] == "no-store"
    assert "www-authenticate" not in answer.headers
    assert "try again in" in answer.body["error_description"]


async def test_the_right_secret_keeps_working_from_elsewhere_while_somebody_guesses(
    proxied: Management, client: ApiClient, address: str
) -> None:
    async with at(proxied, address) as guesser, at(proxied, "127.0.0.3") as honest:
        for _ in range(3):
            await statuses(guesser, 30, {"json": client.request(client_secret="wrong")})
            assert (await honest.ask(client.request())).status == 200
        assert (await guesser.ask(client.request())).status == 429, "not looked at, so nobody learns that it is right"
        other = await proxied.a_client()
        assert (await guesser.ask(other.request())).status == 200, "another client of that address"


async def test_a_client_that_is_not_there_is_answered_like_one_that_is(
    proxied: Management, client: ApiClient, address: str
) -> None:
    async with at(proxied, address) as guesser:
        answers = [
            [await guesser.ask(client.request(client_id=client_id, client_secret="wrong")) for _ in range(BURST + 2)]
            for client_id in (client.client_id, "nobody")
        ]
    there, not_there = ([(each.status, each.body["error"]) for each in some] for some in answers)
    assert there == not_there
    assert there[-1] == (429, "too_many_requests")


async def test_one_client_spelled_in_many_ways_is_one(proxied: Management, client: ApiClient, address: str) -> None:
    spelled = [
        client.client_id[:at] + f"%{ord(client.client_id[at]):02x}" + client.client_id[at + 1 :] for at in range(14)
    ]
    async with at(proxied, address) as guesser:
        answers = []
        for name in spelled:
            request = basic(client, "wrong")
            credentials = base64.b64encode(f"{name}:wrong".encode()).decode()
            request["headers"]["Authorization"] = f"Basic {credentials}"
            answers.append((await guesser.ask(**request)).status)
    assert answers == [401] * BURST + [429] * 4


async def test_a_spoofed_header_gives_nobody_new_tries(proxied: Management, client: ApiClient, address: str) -> None:
    wrong = client.request(client_secret="wrong")
    answers = []
    for number in range(BURST + 3):
        lies = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        async with at(proxied, address, **lies) as guesser:
            answers.append((await guesser.ask(wrong)).status)
    assert answers == [401] * BURST + [429] * 3


async def test_behind_a_trusted_proxy_each_client_has_its_own_tries(proxied: Management, client: ApiClient) -> None:
    wrong, guesser, honest = client.request(client_secret="wrong"), "198.51.100.21", "198.51.100.22"
    async with at(proxied, PROXY, **{"X-Forwarded-For": guesser}) as behind:
        assert (await statuses(behind, BURST + 1, {"json": wrong}))[-1] == 429
    async with at(proxied, PROXY, **{"X-Forwarded-For": honest}) as behind:
        assert (await behind.ask(client.request())).status == 200


async def test_an_address_that_tries_many_clients_is_throttled_but_not_who_proved_itself_there(
    proxied: Management, client: ApiClient, address: str
) -> None:
    async with at(proxied, address) as guesser:
        assert (await guesser.ask(client.request())).status == 200
        guesses = [client.request(client_id=f"guess {n}", client_secret="x") for n in range(BURST_OF_AN_ADDRESS + 10)]
        answers = [(await guesser.ask(guess)).status for guess in guesses]
        assert answers[:BURST_OF_AN_ADDRESS] == [401] * BURST_OF_AN_ADDRESS
        assert 429 in answers[BURST_OF_AN_ADDRESS:]
        assert (await guesser.ask(client.request())).status == 200
        long = client.request(note="x" * 5_000)
        assert (await guesser.ask(long)).status == 200, "also where it must be read in full to see who asks"


async def test_auth0_s_style_has_the_same_words_for_it(proxied: Management, client: ApiClient, address: str) -> None:
    settings = "/api/v2/tenants/settings"
    assert (await proxied.call("PATCH", settings, {"error_style": "auth0"})).status == 200
    try:
        async with at(proxied, address) as guesser:
            request = {"json": client.request(client_secret="wrong")}
            assert await statuses(guesser, BURST + 1, request) == [401] * BURST + [429]
            answer = await guesser.ask(**request)
    finally:
        await proxied.call("PATCH", settings, {"error_style": "rfc6749"})
    assert (answer.body["error"], "retry-after" in answer.headers) == ("too_many_requests", True)


async def until_throttled(guesser: Management, path: str, **kwargs: Any) -> Answer:
    """The first answer that is not 401."""
    for _ in range(BURST_OF_AN_ADDRESS + 20):
        answer = await guesser.call("GET", path, **kwargs)
        if answer.status != 401:
            return answer
    raise AssertionError("never throttled")


@pytest.mark.parametrize(
    ("path", "kwargs"),
    [
        pytest.param("/api/v2/clients", {"token": "guess"}, id="the management API"),
        pytest.param("/api/webtask/default", {"token": "guess"}, id="webtasks"),
        pytest.param("/api/logs/tenant/default", {"token": "guess"}, id="the webtasks' log"),
        pytest.param("/logs", {"token": "guess"}, id="the log stream"),
        pytest.param("/logs?ticket=guess", {}, id="a ticket"),
        pytest.param(
            "/logs",
            {"token": "", "headers": {"Sec-WebSocket-Protocol": "rulemint.logs, bearer.guess"}},
            id="a token among the protocols",
        ),
    ],
)
async def test_bad_tokens_and_tickets_are_throttled_and_good_ones_of_that_address_are_not(
    proxied: Management, address: str, path: str, kwargs: dict[str, Any]
) -> None:
    async with at(proxied, address) as guesser:
        assert (await guesser.call("GET", "/api/v2/clients")).status == 200
        answer = await until_throttled(guesser, path, **kwargs)
        assert (answer.status, answer.body["errorCode"]) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) >= 1
        assert (await guesser.call("GET", "/api/v2/clients")).status == 200, "its token was good before"
    assert (await proxied.call("GET", "/api/v2/clients")).status == 200


async def test_a_token_that_has_expired_or_is_for_something_else_is_no_guess(
    proxied: Management, client: ApiClient, address: str
) -> None:
    token = (await proxied.ask(client.request())).body["access_token"]
    async with at(proxied, address) as caller:
        answers = {(await caller.call("GET", "/api/v2/clients", token=token)).status for _ in range(130)}
    assert answers == {401}


async def test_the_audit_log_says_once_who_was_throttled(proxied: Management, address: str) -> None:
    async with a_tenant(proxied) as tenant:  # so many addresses of a tenant are named in a minute
        client = await tenant.a_client()
        async with at(tenant, address, Host=tenant.session.headers["Host"]) as guesser:
            await statuses(guesser, 3 * BURST, {"json": client.request(client_secret="wrong")})

        async def told() -> list[dict[str, Any]]:
            entries = (await tenant.call("GET", "/api/v2/logs?per_page=100&sort=date:-1")).body
            return [each for each in entries if each["type"] == "fapi" and each["ip"] == address]

        (entry,) = await eventually(told)
    assert entry["client_id"] == client.client_id
    assert entry["details"]["response"]["statusCode"] == 429
    assert address in entry["description"]
    assert entry["details"]["request"] == {"method": "POST", "path": "/oauth/token"}


async def test_throttled_guesses_leave_no_records(proxied: Management, client: ApiClient, address: str) -> None:
    async with at(proxied, address) as guesser:
        answers = [await guesser.ask(client.request(client_secret="wrong")) for _ in range(BURST + 20)]
        assert (await guesser.ask((await proxied.a_client()).request())).status == 200

    async def recorded() -> int:
        found = (await proxied.call("GET", "/api/v2/logs?per_page=100&sort=date:-1")).body
        return sum(each["type"] in {"feccft", "seccft"} and each["ip"] == address for each in found)

    assert [each.status for each in answers] == [401] * BURST + [429] * 20
    await eventually(recorded, lambda count: count >= BURST + 1)
    assert await recorded() == BURST + 1
