"""Hostile rules, run through the public path: each harms nobody, and the same place works again afterwards."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from fixtures.abuse_report import EVERYTHING, PROPERTY
from fixtures.hostile_rules import HARMLESS, Case, all_cases, representative
from fixtures.legs import IN_CONTAINER, LEGS, MAIN_LEG, ON_OLDER_KERNELS, REQUEST_DEADLINE_S, Leg, why_not
from fixtures.management import read_exchange
from fixtures.neighbour import beside
from fixtures.strays import no_stray_processes
from fixtures.street import Street
from fixtures.watching import watching

CASES = all_cases()
PROMISED_WITHIN_S = REQUEST_DEADLINE_S + 1


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every case in the main leg, in the others some of each group; with the option all in all, older kernels' too."""
    if "case" not in metafunc.fixturenames:
        return
    everything = metafunc.config.getoption(EVERYTHING)
    metafunc.parametrize(
        ("leg", "case"),
        [
            pytest.param(leg, case, id=f"{leg}: {case.language} {case.title}", marks=marks_of(leg))
            for leg in (*LEGS, *(ON_OLDER_KERNELS if everything else ()))
            for case in (CASES if everything or leg == MAIN_LEG else representative(CASES))
        ],
        indirect=["leg"],
    )


def marks_of(leg: str) -> list[pytest.MarkDecorator]:
    reason = why_not(leg)
    skipping = [pytest.mark.skip(reason=reason)] if reason else []
    return [pytest.mark.timeout(600 if leg == IN_CONTAINER else 120), *skipping]


async def test_a_hostile_rule_harms_nobody(leg: Leg, case: Case, street: Street, record_property: Any) -> None:
    attacker, client, expected = street.attacker, street.client, case.expected
    script = leg.canaries.put_into(case.script)
    allow_hosts = [leg.canaries.put_into(entry) for entry in expected.allow_hosts]
    own_secret = {} if expected.secret is None else {"OWN": expected.secret}
    records: list[dict[str, Any]] = []
    shown: list[str] = []
    async with (
        attacker.rule(
            script,
            language=case.language,
            rule_secrets=own_secret,
            allow_hosts=allow_hosts,
            isolation=expected.isolation,
            limits={} if expected.timeout_s is None else {"timeout_s": expected.timeout_s},
            no_check=True,
        ) as rule,
        watching(attacker) as watch,
        beside(street.neighbour) as neighbours_watch,
    ):
        for _ in range(expected.times):
            began_s = time.perf_counter()
            async with asyncio.timeout(PROMISED_WITHIN_S):
                answer = await attacker.ask(client.request())
            took_ms = round((time.perf_counter() - began_s) * 1000)
            record = await read_exchange(attacker, answer.headers["x-request-id"])
            records.append(record)
            shown.append(answer.text)
            record_property(PROPERTY, (leg.name, case.language, expected.case, case.title, record["outcome"], took_ms))
            assert record["outcome"] in expected.outcomes, record
            assert (answer.status == 200) == (record["outcome"] == "granted")
        lines = await watch.until_ended(*(record["id"] for record in records))
        assert {line["invocation"] for line in lines} == {record["id"] for record in records}
        shown += texts_of([records, lines, neighbours_watch.records])
        path = f"/api/v2/rules/{rule['id']}?no_check=true"
        assert (await attacker.call("PATCH", path, {"script": HARMLESS[case.language]})).status == 200
        again = await attacker.ask(client.request())
        assert (again.status, again.body.get("scope")) == (200, "read write harmless"), again.text
    everything_shown = "\n".join(shown)
    assert expected.log in everything_shown
    for text in (expected.never, street.neighbour.secret, *spellings(expected.secret)):
        assert not text or text not in everything_shown
    assert leg.canaries.harmed(everything_shown) == []
    await no_stray_processes(leg)


def texts_of(value: Any) -> list[str]:
    """Every text within *value*, as it is."""
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in texts_of(part)]
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [value] if isinstance(value, str) else []


def spellings(secret: str | None) -> set[str]:
    """How a program shows a text: as it is, as JSON, and as a literal."""
    if secret is None:
        return set()
    return {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
