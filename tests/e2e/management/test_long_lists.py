"""Lists of records with scripts: short unless the scripts are asked for, and never held whole for who does not read."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from fixtures.management import Management, open_management
from fixtures.system import System
from fixtures.tenants import a_tenant

LENGTH = 200_000


@dataclass(frozen=True)
class Long:
    """A tenant of its own with rules that have long scripts."""

    management: Management
    rules: list[dict[str, Any]]

    async def list(self, query: str = "", *, noun: str = "rules") -> Any:
        answer = await self.management.call("GET", f"/api/v2/{noun}?{query}")
        assert answer.status == 200, answer.text[:500]
        return answer.body


@pytest.fixture(scope="module")
async def long(bare_system: System) -> AsyncIterator[Long]:
    async with open_management(bare_system.url, bare_system.admin) as operator, a_tenant(operator) as own:
        script = "module.exports = (client, scope, audience, context, cb) => cb(null, {});\n//".ljust(LENGTH, "x")
        body = {"script": script, "enabled": False}
        rules = [await own.create("rules?no_check=true", {"name": f"long {number}", **body}) for number in range(14)]
        yield Long(own, rules)


@pytest.mark.parametrize("noun", ["rules", "hooks"])
async def test_scripts_are_left_out_of_lists_unless_they_are_asked_for(long: Long, noun: str) -> None:
    listed = await long.list(noun=noun)
    assert [each["name"] for each in listed] == [rule["name"] for rule in long.rules]
    assert all("script" not in each for each in listed)
    assert all("script" not in each for each in await long.list("fields=id&include_fields=false", noun=noun))
    named = await long.list("fields=name,script&include_totals=true&per_page=2", noun=noun)
    assert [{*each} for each in named[noun]] == [{"name", "script"}] * 2
    assert [len(each["script"]) for each in named[noun]] == [LENGTH] * 2


async def test_a_page_by_number_has_all_its_records_however_long_they_are(long: Long) -> None:
    """A part of it that was left out would never be read."""
    listed = await long.list("fields=id,script&per_page=100&include_totals=true")
    assert (listed["total"], listed["start"], listed["limit"]) == (14, 0, 100)
    assert [each["id"] for each in listed["rules"]] == [rule["id"] for rule in long.rules]
    assert [len(each["script"]) for each in listed["rules"]] == [LENGTH] * 14
    assert await long.list("fields=id,script&per_page=10&page=1") == listed["rules"][10:]


async def test_a_page_by_checkpoints_ends_when_it_is_long_and_says_where_to_go_on(long: Long) -> None:
    found, query, pages = [], "fields=id,script&take=100", 0
    while query:
        answer = await long.management.call("GET", f"/api/v2/rules?{query}")
        assert len(answer.text) <= 2.1 * 1024 * 1024
        found += [each["id"] for each in answer.body["rules"]]
        query = f"fields=id,script&take=100&from={answer.body['next']}" if "next" in answer.body else ""
        pages += 1
    assert found == [rule["id"] for rule in long.rules]
    assert pages == 2


@pytest.fixture
async def own(management: Management) -> AsyncIterator[Management]:
    async with a_tenant(management) as opened:
        yield opened


async def test_actions_have_their_code_in_the_list_for_auth0_s_tools_and_bindings_have_none(own: Management) -> None:
    code = "exports.onExecuteCredentialsExchange = async () => {};\n//".ljust(LENGTH, "x")
    trigger = [{"id": "credentials-exchange", "version": "v2"}]
    names = [f"action {secrets.token_hex(4)}" for _ in range(3)]
    for name in names:
        body = {"name": name, "code": code, "supported_triggers": trigger, "deploy": True}
        await own.create("actions/actions", body)
    listed = (await own.call("GET", "/api/v2/actions/actions?per_page=100")).body
    assert [(each["name"], each["code"] == code) for each in listed["actions"]] == [(name, True) for name in names]
    assert all(each["deployed_version"]["code"] == code for each in listed["actions"])
    refs = [{"ref": {"type": "action_name", "value": name}} for name in names]
    path = "/api/v2/actions/triggers/credentials-exchange/bindings"
    bound = await own.call("PATCH", path, {"bindings": refs})
    assert [binding["action"]["name"] for binding in bound.body["bindings"]] == names
    assert code[:40] not in bound.text
    assert code[:40] not in (await own.call("GET", path)).text
