"""A token is nobody else's: what the request before has left behind neither fails it, nor stands in its record."""

from __future__ import annotations

import pytest

from fixtures.management import Management, read_exchange

RETRIES = """
async function audit(who, tries = 3) {
  try { await fetch('https://partner.example.com/'); }
  catch { if (tries <= 1) throw new Error('audit given up'); await new Promise((ok) => setTimeout(ok, 5));
    return audit(who, tries - 1); }
}
exports.onExecuteCredentialsExchange = async (event, api) => {
  console.log(event.request.body.turn);
  if (event.request.body.turn === 'first') audit(event.client.name);
  else await new Promise((ok) => setTimeout(ok, 60));
};
"""
SLEEPS = """
const { setTimeout: sleep } = require('timers/promises');
const audit = async (turn) => { await sleep(10); console.log('late', turn); throw new Error('of ' + turn); };
exports.onExecuteCredentialsExchange = async (event, api) => {
  console.log(event.request.body.turn);
  if (event.request.body.turn === 'first') audit('first');
  else await new Promise((ok) => setTimeout(ok, 60));
};
"""
TICKS = """
module.exports = function (client, scope, audience, context, cb) {
  console.log(context.body.turn);
  require('timers').setInterval(() => { if (context.body.turn === 'first') console.log('tick'); }, 2);
  setTimeout(() => cb(null, { scope }), 30);
};
"""
IN_PYTHON = """
import asyncio
loop = asyncio.new_event_loop()
async def audit(turn):
    await asyncio.sleep(0.01)
    print("late", turn)
    raise AccessDenied("banned")
def rule(client, scope, audience, context):
    print(context["body"]["turn"])
    if context["body"]["turn"] == "first":
        loop.create_task(audit("first"))
        loop.run_until_complete(asyncio.sleep(0))
    else:
        loop.run_until_complete(asyncio.sleep(0.04))
"""


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param("javascript", RETRIES, id="a call that is tried again"),
        pytest.param("javascript", SLEEPS, id="timers/promises"),
        pytest.param("javascript", TICKS, id="an interval of node:timers"),
        pytest.param("python", IN_PYTHON, id="a task in python"),
    ],
)
async def test_what_one_token_s_rule_leaves_behind_is_no_part_of_the_next(
    management: Management, language: str, script: str
) -> None:
    client = await management.a_client()
    async with management.rule(script, language=language):
        for turn in ("first", "second", "third"):
            answer = await management.ask(client.request(turn=turn))
            assert answer.status == 200, answer.text
            record = await read_exchange(management, answer.headers["x-request-id"])
            said = [line["message"] for line in record["lines"]]
            assert [text for text in said if text != "tick" or turn != "first"] == [turn]
