"""Who shares a process with whom, and what many hostile rules at once do to others. Asked of the main leg."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest

from fixtures.hostile_rules import Case, all_cases
from fixtures.legs import Leg
from fixtures.management import ApiClient, Management
from fixtures.neighbour import beside
from fixtures.strays import hosts_of, no_stray_processes
from fixtures.street import Street, a_second_tenant
from fixtures.waiting import eventually
from rulemint_shared.contract.records import Isolation

pytestmark = pytest.mark.timeout(120)

REMEMBERS = {
    "javascript": "const own = String(Math.random());\nexport default () => ({ own });",
    "python": "import random\n\nown = str(random.random())\n\n\ndef rule(client, scope, audience, context):\n"
    "    return {'own': own}\n",
}
LOOPS = {
    "javascript": "export default () => { for (;;) {} }",
    "python": "def rule(client, scope, audience, context):\n    while True:\n        pass\n",
}
STATEFUL = [case for case in all_cases() if case.expected.isolation is Isolation.FRESH]
ALTERNATING = 100
AT_ONCE = 8


async def who(tenant: Management, client: ApiClient) -> Any:
    """What only one process knows: the text that its module made when it was loaded."""
    answer = await tenant.ask(client.request())
    assert answer.status == 200, answer.text
    return jwt.decode(answer.body["access_token"], options={"verify_signature": False})["own"]


@pytest.mark.parametrize("language", REMEMBERS)
async def test_two_tenants_with_the_same_rule_never_share_a_process(leg: Leg, street: Street, language: str) -> None:
    script = REMEMBERS[language]
    async with (
        a_second_tenant(leg) as other,
        street.attacker.rule(script, language=language),
        other.rule(script, language=language),
    ):
        client = await other.a_client()
        of_one, of_other = set(), set()
        for _ in range(ALTERNATING):
            of_one.add(await who(street.attacker, street.client))
            of_other.add(await who(other, client))
    assert of_one
    assert not of_one & of_other


@pytest.mark.parametrize("language", REMEMBERS)
async def test_a_new_version_or_another_secret_is_another_process(street: Street, language: str) -> None:
    tenant, client = street.attacker, street.client
    async with tenant.rule(REMEMBERS[language], language=language) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        first = await who(tenant, client)
        assert await who(tenant, client) == first
        await tenant.call("PATCH", path, {"script": f"{REMEMBERS[language]}\n"})
        second = await who(tenant, client)
        await tenant.create(f"rules/{rule['id']}/secrets", {"A": "one secret"})
        third = await who(tenant, client)
        await tenant.call("PATCH", f"{path}/secrets", {"A": "another secret"})
        fourth = await who(tenant, client)
    assert len({first, second, third, fourth}) == 4


@pytest.mark.parametrize("language", LOOPS)
async def test_eight_loops_at_once_cost_no_other_tenant_a_token(leg: Leg, street: Street, language: str) -> None:
    async with street.attacker.rule(LOOPS[language], language=language), beside(street.neighbour):
        asked = (street.attacker.ask(street.client.request()) for _ in range(AT_ONCE))
        answers = await asyncio.gather(*asked)
    assert 200 not in {answer.status for answer in answers}
    assert len(street.neighbour.answers) > 2
    await no_stray_processes(leg)


async def test_no_host_has_a_right_and_each_is_filtered(leg: Leg, street: Street) -> None:
    await street.neighbour.ask()
    hosts = await asyncio.to_thread(hosts_of, leg)
    assert hosts
    for host in hosts:
        assert (host.capabilities, host.no_new_privileges, host.filtered) == (0, True, True)


async def test_more_rules_than_hosts_run_in_turn_and_leave_no_process_behind(leg: Leg, street: Street) -> None:
    tenant, client = street.attacker, street.client
    for number in range(40):
        language = ("javascript", "python")[number % 2]
        async with tenant.rule(REMEMBERS[language], language=language):
            await who(tenant, client)
    # a host is killed to make room and its successor starts at once, so for a moment there is one more
    await eventually(lambda: asyncio.to_thread(hosts_of, leg), lambda hosts: len(hosts) <= leg.max_processes)
    await no_stray_processes(leg)


@pytest.mark.parametrize("case", STATEFUL, ids=[f"{case.language} {case.title}" for case in STATEFUL])
async def test_what_a_fresh_rule_does_not_find_is_there_when_it_is_warm(street: Street, case: Case) -> None:
    """Otherwise the rule would prove nothing about `isolation: fresh`."""
    async with street.attacker.rule(case.script, language=case.language, isolation=Isolation.WARM, no_check=True):
        answers = [await street.attacker.ask(street.client.request()) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 500]
