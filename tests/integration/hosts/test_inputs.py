"""What the runner sends arrives in a rule as it was sent, whatever it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.hosts import Loaded, loaded
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_runner.self_check.single_run import run_once
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline

RETURNS_ITS_INPUTS = {
    Language.JAVASCRIPT: "export default ({ client, scope, context }) => ({ client, scope, body: context.body })",
    Language.PYTHON: (
        "def rule(client, scope, audience, context):\n"
        "    return {'client': client, 'scope': scope, 'body': context['body']}"
    ),
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


@pytest.fixture(params=RETURNS_ITS_INPUTS, ids=str)
async def host(sandbox: Sandbox, request: pytest.FixtureRequest) -> AsyncIterator[Loaded]:
    language: Language = request.param
    async with loaded(sandbox, RETURNS_ITS_INPUTS[language], language) as rule:
        yield rule


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_every_input_arrives_as_it_was_sent(host: Loaded, data: st.DataObject) -> None:
    client: dict[str, Any] = {
        "name": data.draw(TEXTS),
        "metadata": data.draw(st.dictionaries(TEXTS, TEXTS, max_size=4)),
    }
    scope, body = data.draw(st.lists(TEXTS, max_size=4)), {"x": data.draw(VALUES)}
    run = frames.Run(n=1, client=client, scope=scope, audience="a", context={"ip": "", "userAgent": "", "body": body})
    answer = await run_once(host.host, run, Deadline.after(10), host.write, host.fetch)
    assert isinstance(answer, frames.Returned), answer
    assert msgspec.json.decode(answer.value) == {"client": client, "scope": scope, "body": body}
