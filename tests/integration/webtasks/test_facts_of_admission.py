"""Admission to the webtask API, by its handlers and without HTTP (docs/auth0-facts.md §4.1, §4.2, §4.6)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from fixtures.webtasks import CODE, INSPECT, ISSUE, LIST, METADATA, ONE, WebtaskApi, issued, json_of, webtask_api

LOGS = "/api/logs/tenant/default"


@pytest.fixture
async def api(empty_redis_url: str) -> AsyncIterator[WebtaskApi]:
    async with webtask_api(empty_redis_url) as opened:
        yield opened


def unsigned(**claims: str) -> str:
    """A webtask token that somebody made up."""
    return jwt.encode(claims, "", algorithm="none")


# §4.1 Profile and token


async def test_a_profile_s_token_is_not_of_the_type_with_which_wt_create_crashes(api: WebtaskApi) -> None:
    assert jwt.get_unverified_header(api.token)["typ"].lower() != "jwt"


async def test_every_webtask_carries_a_token_that_decodes_to_its_name_and_container(api: WebtaskApi) -> None:
    tokens = [await api.issue(), (await api.read(LIST))[0]["token"], (await api.read(ONE))["token"]]
    tokens.append(json_of(await api.call("PUT", ONE, {"code": CODE, "meta": METADATA}))["token"])
    for token in tokens:
        assert "typ" not in jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["jtn"], claims["ten"]) == ("myrule", "default")


# §4.2 Authentication of requests


@pytest.mark.parametrize(
    ("method", "path", "token", "status", "said"),
    [
        pytest.param("GET", LIST, "", 401, "Authorization: Bearer", id="no token"),
        pytest.param("GET", LIST, "opaque-token-123", 401, "Invalid token", id="a token of another server"),
        pytest.param("DELETE", ONE, None, 404, "does not exist", id="no such webtask"),
        pytest.param("GET", ONE, None, 404, "does not exist", id="a name that is new"),
        pytest.param("GET", f"{LIST}?limit=0", None, 400, "limit", id="a bad query"),
        pytest.param("POST", ISSUE, None, 400, "JSON", id="no body"),
        pytest.param("GET", f"{INSPECT}?token=x", None, 400, "not the token of a webtask", id="a bad webtask token"),
        pytest.param("GET", LOGS, "", 401, "Authorization: Bearer", id="logs without a token"),
    ],
)
async def test_a_refusal_is_json_with_a_message(
    api: WebtaskApi, method: str, path: str, token: str | None, status: int, said: str
) -> None:
    refused = await api.call(method, path, token=token)
    assert refused.status == status
    assert said in json_of(refused)["message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", ISSUE, issued(ten="other")),
        ("GET", f"{INSPECT}?token={unsigned(ten='other', jtn='myrule')}", None),
        ("GET", "/api/webtask/other", None),
        ("GET", "/api/webtask/other/myrule", None),
        ("PUT", "/api/webtask/other/myrule", {"code": CODE, "meta": METADATA}),
        ("DELETE", "/api/webtask/other/myrule", None),
        ("GET", "/api/logs/tenant/other", None),
    ],
)
async def test_a_token_is_for_its_own_container_alone(
    api: WebtaskApi, method: str, path: str, body: dict[str, Any] | None
) -> None:
    await api.issue()
    refused = await api.call(method, path, body)
    assert refused.status == 403
    assert "use --container default" in json_of(refused)["message"]
    assert [found["container"] for found in await api.read(LIST)] == ["default"]


async def test_a_webtask_s_own_token_opens_nothing(api: WebtaskApi) -> None:
    webtask = await api.issue()
    assert (await api.call("GET", LIST, token=webtask)).status == 401
    assert (await api.call("GET", f"{LOGS}?key={webtask}", token="")).status == 401


async def test_the_token_in_the_query_is_for_the_logs_alone(api: WebtaskApi) -> None:
    assert (await api.call("GET", f"{LIST}?key={api.token}", token="")).status == 401
    known = await api.call("GET", f"/api/logs/tenant/other?key={api.token}", token="")
    assert known.status == 403  # whose token it is was seen


# §4.6 Streaming logs


@pytest.mark.parametrize(
    ("path", "said"),
    [(f"{LOGS}?key=wrong", "Invalid token"), ("/api/logs/tenant/other?key={token}", "use --container default")],
)
async def test_who_may_not_watch_reads_so_in_one_record_of_a_good_answer(api: WebtaskApi, path: str, said: str) -> None:
    asked = path.format(token=api.token)
    answer = await api.call_with("GET", asked, None, {"Accept": "text/event-stream"})
    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    text = answer.text or ""
    assert (text[:5], text[-2:], text.count("\n")) == ("data:", "\n\n", 2)
    record = json.loads(text.removeprefix("data:"))
    assert record["level"] == 50
    assert said in record["msg"]
