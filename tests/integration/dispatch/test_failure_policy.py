"""The last good answer takes the place of a failure that a gateway finds by itself: no runner is there."""

from __future__ import annotations

import asyncio

import pytest
from cryptography.fernet import Fernet
from msgspec.structs import replace

from fixtures.dispatching import Gateway, an_invocation, open_gateway
from fixtures.waiting import eventually
from rulemint_gateway.oauth import errors
from rulemint_gateway.oauth.exchange import Exchange
from rulemint_gateway.oauth.failure_policy import Decided, FailurePolicies, question_of
from rulemint_gateway.stores.traffic.last_answers import LastAnswers
from rulemint_shared.contract.messages import Ending, Granted, Invocation, RuleRef
from rulemint_shared.contract.records import Rule
from rulemint_shared.deadline import Deadline
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.secrets.vault import Vault

RULE = Rule(id="rul_1", name="a rule", on_failure="stale:5")
REF = RuleRef(rule_id=RULE.id, name=RULE.name, version=1)
YES = Granted(scope=["read"], claims={"plan": "gold"})


async def decided(policies: FailurePolicies, rule: Rule, gateway: Gateway, invocation: Invocation) -> Decided:
    """The decision on *invocation*, which nobody runs."""
    ending = await gateway.dispatcher.run(invocation, Deadline.after(5))
    exchange = Exchange(tenant=invocation.tenant, ip="192.0.2.1", user_agent="")
    return await policies.decided([rule], invocation, ending, exchange)


async def test_without_a_runner_the_last_answer_to_the_same_question_is_used(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis, open_gateway(empty_redis_url) as gateway:
        answers = LastAnswers(redis, Vault([Fernet.generate_key()]))
        writing = asyncio.create_task(answers.write_behind())
        policies = FailurePolicies(answers, gateway.dispatcher)
        asked = an_invocation(REF, Deadline.after(5), colour="red")
        given = Ending(invocation=asked.id, outcome=YES)
        exchange = Exchange(tenant=asked.tenant, ip="192.0.2.1", user_agent="")
        assert await policies.decided([RULE], asked, given, exchange) == Decided(YES)
        await eventually(lambda: answers.find(asked.tenant, question_of(asked, [RULE]), max_age_ms=60_000))

        again = an_invocation(REF, Deadline.after(5), colour="red")
        stale = await decided(policies, RULE, gateway, again)
        assert (stale.granted, stale.stale_since_ms is not None) == (YES, True)
        with pytest.raises(errors.TemporarilyUnavailable):
            await decided(policies, replace(RULE, on_failure="closed"), gateway, again)
        with pytest.raises(errors.TemporarilyUnavailable):
            await decided(policies, RULE, gateway, an_invocation(REF, Deadline.after(5), colour="blue"))
        await cancel([writing])
