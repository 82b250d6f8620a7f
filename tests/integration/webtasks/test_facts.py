"""The facts about the webtask API (docs/auth0-facts.md §4.3 to §4.5), by its handlers and without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.webtasks import CODE, INSPECT, ISSUE, LIST, METADATA, ONE, WebtaskApi, issued, json_of, webtask_api

DISABLED, SECRET = "auth0-extension-disabled", "auth0-extension-secret"
NOT_SHOWN = "_VALUE_NOT_SHOWN_"
OFF = {**METADATA, DISABLED: "1"}


@pytest.fixture
async def api(empty_redis_url: str) -> AsyncIterator[WebtaskApi]:
    async with webtask_api(empty_redis_url) as opened:
        yield opened


# §4.3 Create and update


async def test_the_answer_to_issue_is_the_webtask_token_and_nothing_else(api: WebtaskApi) -> None:
    answer = await api.call("POST", ISSUE, issued())
    assert (answer.status, answer.content_type) == (200, "text/plain")
    assert answer.text == (await api.read(ONE))["token"]


async def test_the_seed_s_claims_make_an_enabled_rule_with_its_secrets(api: WebtaskApi) -> None:
    await api.issue(meta={**METADATA, SECRET: "abc="}, ectx={SECRET: "abc=", "FOO": "bar"})
    assert api.enabled() == ["myrule"]
    assert await api.secrets() == {SECRET: "abc=", "FOO": "bar"}
    assert (await api.read(ONE))["meta"] == {**METADATA, SECRET: NOT_SHOWN, "auth0-extension-order": "1"}


@pytest.mark.parametrize(
    "changes",
    [{"mb": None}, {"pb": 0}, {"pb": 1}, {"pb": 2}, {"dr": None}, {"dd": None}, {"pctx": {}}, {"ectx": {}}],
    ids=str,
)
async def test_claims_about_requests_and_issuance_are_taken_and_change_nothing(
    api: WebtaskApi, changes: dict[str, Any]
) -> None:
    await api.issue()
    before = api.rule()
    await api.issue(**changes)
    assert api.rule() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"jtn": None}, "jtn", id="an unnamed webtask"),
        pytest.param({"jtn": "my.rule"}, "jtn", id="a name that no rule may have"),
        pytest.param({"host": "example.com"}, "host", id="host"),
        pytest.param({"nbf": 1}, "nbf", id="not before"),
        pytest.param({"exp": 4_000_000_000}, "exp", id="expiry"),
        pytest.param({"lm": 10}, "lm", id="a limit of the container"),
        pytest.param({"ltd": 10}, "ltd", id="a limit of the token"),
        pytest.param({"pctx": {"a": "b"}}, "pctx", id="parameters"),
        pytest.param({"code": None, "url": "https://example.com/code.js"}, "code", id="code at a URL"),
    ],
)
async def test_a_claim_that_would_mean_something_else_here_is_refused_by_its_name(
    api: WebtaskApi, changes: dict[str, Any], field: str
) -> None:
    refused = await api.call("POST", ISSUE, issued(**changes))
    assert (refused.status, json_of(refused)["field"]) == (400, field)
    assert await api.read(LIST) == []


async def test_issuing_again_replaces_code_secrets_and_metadata_completely(api: WebtaskApi) -> None:
    await api.issue(meta={**OFF, "auth0-extension-client": "c1"}, ectx={"FOO": "bar", "GONE": "x"})
    before = api.rule()
    await api.issue(code=f"{CODE}//", ectx={"FOO": "new"})
    after = api.rule()
    assert (after.id, after.version, after.enabled, after.clients) == (before.id, before.version + 1, True, ())
    assert await api.secrets() == {"FOO": "new"}
    assert [found["meta"].keys() & {DISABLED, "auth0-extension-client"} for found in await api.read(LIST)] == [set()]


async def test_an_update_with_the_url_of_its_own_code_keeps_the_code(api: WebtaskApi) -> None:
    await api.issue(ectx={"FOO": "bar"})
    url = "webtask://localhost/api/data/code/default%2Fmyrule"
    assert (await api.inspect())["url"] == url
    await api.issue(code=None, url=url, meta=OFF, ectx={"FOO": "bar"})
    assert (api.rule().version, api.enabled(), await api.secrets()) == (1, [], {"FOO": "bar"})
    refused = await api.call("POST", ISSUE, issued(code=None, url=url.replace("myrule", "other")))
    assert (refused.status, json_of(refused)["field"]) == (400, "url")


async def test_put_makes_and_replaces_and_answers_the_webtask(api: WebtaskApi) -> None:
    body = {"code": CODE, "secrets": {"FOO": "bar"}, "meta": OFF}
    made = json_of(await api.call("PUT", ONE, body))
    assert (made["container"], made["name"], made["meta"][DISABLED]) == ("default", "myrule", "1")
    assert await api.secrets() == {"FOO": "bar"}
    changed = json_of(await api.call("PUT", ONE, {"code": CODE, "meta": METADATA}))
    assert changed == await api.read(ONE)
    assert DISABLED not in changed["meta"]
    assert await api.secrets() == {}


# §4.4 List, read, remove


async def test_a_list_is_an_array_of_webtasks_in_pages(api: WebtaskApi) -> None:
    for name in ("one", "two", "three"):
        await api.issue(name)
    pages = [await api.read(f"{LIST}?limit=2{offset}") for offset in ("", "&offset=2", "&offset=4")]
    assert [[found["name"] for found in page] for page in pages] == [["one", "two"], ["three"], []]
    assert all(found.keys() == {"container", "name", "token", "meta"} for page in pages for found in page)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("meta=auth0-extension-name%3Acredentials-exchange", ["off", "on"]),
        ("meta=auth0-extension-name:post-user-registration", []),
        ("meta=auth0-extension-disabled:1", ["off"]),
        ("meta=auth0-extension:runtime&meta=auth0-extension-disabled:1", ["off"]),
        ("meta=auth0-extension-disabled:1&meta=auth0-extension:runtime", ["off"]),
        ("meta=color:blue", []),
    ],
)
async def test_a_list_is_filtered_by_metadata(api: WebtaskApi, query: str, names: list[str]) -> None:
    await api.issue("off", meta=OFF)
    await api.issue("on")
    assert [found["name"] for found in await api.read(f"{LIST}?limit=10&{query}")] == names


async def test_rm_is_204_once_and_404_then(api: WebtaskApi) -> None:
    await api.issue()
    assert [(await api.call("DELETE", ONE)).status for _ in range(2)] == [204, 404]
    assert await api.read(LIST) == []


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("", {}),
        ("&meta=1", {}),
        ("&decrypt=true&meta=true", {"ectx": {"FOO": NOT_SHOWN}}),
        ("&fetch_code=true&meta=1", {"code": CODE}),
        ("&decrypt=true&fetch_code=true&meta=1", {"ectx": {"FOO": NOT_SHOWN}, "code": CODE}),
    ],
)
async def test_inspect_shows_the_claims_with_meta_and_what_is_asked_for(
    api: WebtaskApi, query: str, more: dict[str, Any]
) -> None:
    token = await api.issue(ectx={"FOO": "hunter22"})
    claims = await api.read(f"{INSPECT}?token={token}{query}")
    assert (claims["ten"], claims["jtn"], claims["mb"], claims["dr"], claims["dd"]) == ("default", "myrule", 1, 1, 0)
    assert claims["meta"].items() >= METADATA.items()
    assert {name: claims[name] for name in ("ectx", "code") if name in claims} == more


async def test_the_claims_that_wt_update_read_and_sends_back_with_new_code_keep_the_rest(api: WebtaskApi) -> None:
    await api.issue(meta=OFF, ectx={"FOO": "bar"})
    read = await api.inspect()
    await api.issue(code=f"{CODE}//", meta=read["meta"], ectx=read["ectx"], mb=read["mb"])
    assert (api.rule().version, api.enabled(), await api.secrets()) == (2, [], {"FOO": "bar"})


# §4.5 The auth0 tool


async def test_a_hook_is_made_disabled_and_an_update_keeps_its_state_and_its_secret(api: WebtaskApi) -> None:
    key = "0f" * 32
    await api.issue(meta={**OFF, SECRET: key}, ectx={SECRET: key})
    read = await api.inspect()
    assert (read["meta"][DISABLED], read["meta"][SECRET], api.enabled()) == ("1", NOT_SHOWN, [])
    await api.issue(code=f"{CODE}//", meta=read["meta"], ectx=read["ectx"])
    assert (api.enabled(), await api.secrets()) == ([], {SECRET: key})


async def test_enable_posts_the_claims_back_with_the_other_hook_disabled_first(api: WebtaskApi) -> None:
    await api.issue("first", ectx={"FOO": "bar"})
    await api.issue("second", meta=OFF)
    first, second = await api.inspect("first"), await api.inspect("second")
    first["meta"][DISABLED] = "1"
    del second["meta"][DISABLED]
    for claims in (first, second):
        del claims["iat"]
        assert (await api.call("POST", ISSUE, claims)).status == 200
    assert (api.enabled(), api.rule("first").version, api.rule("second").version) == (["second"], 1, 1)
    assert await api.secrets("first") == {"FOO": "bar"}
