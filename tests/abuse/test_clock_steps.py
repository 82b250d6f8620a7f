"""N8: the wall clock is set while rules run. What they may take is measured on a clock that nobody can set."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import jwt
import pytest
from bench.free_ports import free_port

from fixtures.hostile_rules import HARMLESS
from fixtures.legs import REQUEST_DEADLINE_S, RULE_TIMEOUT_S
from fixtures.management import Answer, ApiClient, Management, open_management
from fixtures.processes import started_dev
from fixtures.stepped_clock import COMPILER, SteppedClock
from fixtures.system import System
from fixtures.waiting import eventually
from fixtures.watching import Watch, watching

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(COMPILER is None, reason="NOT TESTED HERE: a clock that is set, which needs a C compiler"),
]

DAYS_S = 2 * 24 * 3_600
LOOPS = {
    "javascript": "export default () => { console.log('began'); for (;;) {} }",
    "python": "def rule(client, scope, audience, context):\n    print('began')\n    while True:\n        pass\n",
}
WAITS = {
    "javascript": "export default async () => {\n  console.log('began');\n"
    "  await new Promise((resolve) => setTimeout(resolve, 500));\n  return {};\n}",
    "python": "import time\n\n\ndef rule(client, scope, audience, context):\n    print('began')\n    time.sleep(0.5)\n"
    "    return {}\n",
}


@dataclass(frozen=True)
class Clocked:
    """A system with a clock of its own."""

    clock: SteppedClock
    system: System


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clocked]:
    folder, port = tmp_path_factory.mktemp("clocked"), free_port()
    clock, data_dir = SteppedClock(folder), folder / "data"
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    environment = {**clock.environment, "RULEMINT_RULE_TIMEOUT": str(RULE_TIMEOUT_S)}
    with started_dev(environment, data_dir=data_dir, port=port) as process:
        yield Clocked(clock, System(f"http://127.0.0.1:{port}", data_dir, process))


@pytest.fixture
async def tenant(clocked: Clocked) -> AsyncIterator[Management]:
    """An administrator whose system's clock is right, as of now.

    For a moment after a step no runner counts as alive. A version that nobody can load within 2 s stays a draft for
    good, so versions go live unchecked here.
    """
    clocked.clock.set_off_by(0)
    async with open_management(clocked.system.url, clocked.system.admin) as opened:
        opened.no_check = True
        yield opened


@pytest.mark.parametrize("step_s", [DAYS_S, -DAYS_S], ids=["forwards", "backwards"])
@pytest.mark.parametrize("language", HARMLESS)
@pytest.mark.parametrize(
    ("scripts", "status", "outcome"),
    [pytest.param(LOOPS, 500, "failed:timeout", id="loops"), pytest.param(WAITS, 200, "granted", id="waits")],
)
async def test_a_clock_that_is_set_neither_shortens_nor_lengthens_what_a_rule_may_take(
    clocked: Clocked,
    tenant: Management,
    scripts: dict[str, str],
    status: int,
    outcome: str,
    language: str,
    step_s: int,
) -> None:
    client = await tenant.a_client()

    async def token_of_the_harmless_rule() -> str:
        answer = await tenant.ask(client.request())
        return str(answer.body.get("access_token", "")) if answer.body.get("scope", "").endswith("harmless") else ""

    async with (
        tenant.rule(HARMLESS[language], language=language) as rule,
        tenant.rule(HARMLESS[language], language=language),  # runs after the step, within the same deadline
    ):
        await eventually(token_of_the_harmless_rule)  # for a moment after a step no runner counts as alive
        path = f"/api/v2/rules/{rule['id']}"
        assert (await tenant.call("PATCH", path, {"script": scripts[language]})).status == 200
        async with watching(tenant) as watch, asyncio.timeout(REQUEST_DEADLINE_S + 1):
            asking = await asked_until_it_runs(tenant, client, watch)
            clocked.clock.set_off_by(step_s)
            answer = await asking
            records = await watch.until_ended(answer.headers["x-request-id"])
        assert answer.status == status, answer.text
        invocation = answer.headers["x-request-id"]
        (ended,) = [
            record for record in records if (record["type"], record["invocation"]) == ("invocation.ended", invocation)
        ]
        assert ended["outcome"] == outcome
        await tenant.log_in()
        assert (await tenant.call("PATCH", path, {"script": HARMLESS[language]})).status == 200
        token = await eventually(token_of_the_harmless_rule)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert_off_by(step_s, claims["iat"])  # the clock was set


def assert_off_by(step_s: int, seen_s: float) -> None:
    """Within an hour: this is about which clock it is."""
    assert abs(seen_s - time.time() - step_s) < 3_600


async def asked_until_it_runs(tenant: Management, client: ApiClient, watch: Watch) -> asyncio.Task[Answer]:
    """The request whose rule has begun: until the next beat after a step, no runner counts as alive."""
    while True:
        asking = asyncio.create_task(tenant.ask(client.request()))
        while not asking.done():
            if any(record["type"] == "line" for record in watch.records):
                return asking
            await asyncio.sleep(0.01)
        assert asking.result().status == 503, asking.result().text
