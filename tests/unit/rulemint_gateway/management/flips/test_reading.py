"""What a text's conditions look at, in the words of each language."""

from __future__ import annotations

import pytest

from rulemint_gateway.management.flips.inputs import Input
from rulemint_gateway.management.flips.reading import Reading

META = "client.metadata"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("if (client.metadata.plan === 'gold') x()", Input(META, "plan")),
        ("if (event.client.metadata['a-b'] === 'gold') x()", Input(META, "a-b")),
        ("const { plan } = client.metadata;\nif (plan === 'gold') x()", Input(META, "plan")),
        ("const { level: n = 0 } = client.metadata;\nif (n > 3) x()", Input(META, "level")),
        ("const m = event.client.metadata || {}, q = 1;\nif (m.plan === 'gold') x()", Input(META, "plan")),
        ("if ((client.metadata || {}).plan) x()", Input(META, "plan")),
        ("if (JSON.parse(client.metadata.limits || '{}').daily > 3) x()", Input(META, "limits", ("daily",))),
        ("if (context.body.order?.total > 3) x()", Input("request.body", "order", ("total",))),
        ("if (context.webtask.headers['X-App'] === 'a') x()", Input("request.headers", "x-app")),
        ("if (event.request.query.trial) x()", Input("request.query", "trial")),
        ("if (scope.includes('admin')) x()", Input("scope")),
        ("if (event.transaction.requested_scopes.length > 1) x()", Input("request.requested_scopes")),
        ("if (event.resource_server.identifier === 'a') x()", Input("audience")),
        ("if (context.userAgent.startsWith('curl')) x()", Input("request.user_agent")),
    ],
)
def test_javascript_reads(text: str, wanted: Input) -> None:
    assert wanted in inputs_of(text, is_python=False)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('if client["metadata"]["plan"] == "gold":\n    x()', Input(META, "plan")),
        ('if client["metadata"].get("plan", "none") == "gold":\n    x()', Input(META, "plan")),
        ('m, c = client["metadata"], {}\nif m["plan"] == 1:\n    x()', Input(META, "plan")),
        ('n = int(client["metadata"].get("n", "0"))\nif n > 3:\n    x()', Input(META, "n")),
        ('d = json.loads(client["metadata"]["d"])\nif d["a"] > 3:\n    x()', Input(META, "d", ("a",))),
        ('for s in scope:\n    if s == "a":\n        x()', Input("scope")),
        ('if context["webtask"]["headers"].get("x-app"):\n    x()', Input("request.headers", "x-app")),
        ('h = context["webtask"]["headers"]\nif "x-app" in h:\n    x()', Input("request.headers")),
    ],
)
def test_python_reads(text: str, wanted: Input) -> None:
    assert wanted in inputs_of(text, is_python=True)


def test_comparisons_that_are_joined_are_one_condition_with_what_each_is_compared_with() -> None:
    text = (
        'PLANS = ["a", "b"]\nif client["metadata"]["plan"] in PLANS and int(client["metadata"]["n"]) >= 7:\n    x()\n'
    )
    condition = next(each for each in Reading(text, is_python=True).conditions if len(each.atoms) > 1)
    literals = [[literal.text for literal in atom.literals] for atom in condition.atoms]
    assert (condition.first, literals) == (2, [["a", "b"], ["7"]])


def test_a_comment_is_nothing_that_a_rule_looks_at() -> None:
    assert not Reading("// client.metadata.a === 'b'\n/* scope */ x()", is_python=False).conditions
    assert not Reading('# client["metadata"]["a"]\nx = "scope"', is_python=True).conditions


@pytest.mark.parametrize("part", ["/*", "a=(", "x.get('a'", "`", "a=b,b;b=a,a;", "{", "(/[", "'\\", "r'\\", '"""'])
@pytest.mark.parametrize("is_python", [False, True])
def test_a_hostile_text_is_read_to_its_end(part: str, *, is_python: bool) -> None:
    assert isinstance(Reading(part * (200_000 // len(part)), is_python=is_python).conditions, list)


def inputs_of(text: str, *, is_python: bool) -> list[Input]:
    conditions = Reading(text, is_python=is_python).conditions
    return [each for condition in conditions for atom in condition.atoms for each in atom.inputs]
