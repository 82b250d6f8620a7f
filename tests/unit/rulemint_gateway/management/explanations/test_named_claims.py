"""A text names claims and scopes in the ways in which rules set them."""

from __future__ import annotations

import pytest

from rulemint_gateway.management.explanations.named_claims import named_in
from rulemint_shared.contract.traces import Span


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("api.accessToken.setCustomClaim('https://x/plan', 1)", [("claim", "https://x/plan")]),
        ("token.limit = 5;", [("claim", "limit")]),
        ('claims["limit"] = 5', [("claim", "limit")]),
        ("return {'limit': 5, tier: 'gold'}", [("claim", "limit"), ("claim", "tier")]),
        ("cb(null, { limit: 5 });", [("claim", "limit")]),
        ("api.accessToken.addScope('write');", [("scope", "write")]),
        ("scope.append('write:all')", [("scope", "write:all")]),
        (
            "export default ({ client }) => ({ limit: 5, tier: client.metadata.plan });",
            [("claim", "limit"), ("claim", "tier")],
        ),
        ("const made = items.map((each) => ({ limit: each }));", []),
        ("if (token.limit == 5 || token.tier === 'a') {", []),
        ("items.map((each) => each.name => each)", []),
        ("token.scope = scope;", []),
        ("// token.limit = 5;", []),
        ("module.exports = async (client) => {", []),
        ("exports.onExecuteCredentialsExchange = async (event, api) => {", []),
        ("self.limit = 5", []),
        ("# claims['limit'] = 5", []),
        ("const options = { method: 'POST' };", []),
    ],
)
def test_a_line_names_what_it_would_set(line: str, named: list[tuple[str, str]]) -> None:
    assert [(kind, name) for kind, name, _line, _span in named_in(line)] == named


def test_only_the_lines_of_the_spans_are_read() -> None:
    text = "token.a = 1;\ntoken.b = 1;\ntoken.c = 1;\ntoken.d = 1;"
    spans = [Span(first=2, last=2, of=1), Span(first=4, last=9, of=3)]
    assert list(named_in(text, spans)) == [("claim", "b", 2, spans[0]), ("claim", "d", 4, spans[1])]
