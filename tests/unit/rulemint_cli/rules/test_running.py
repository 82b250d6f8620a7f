from __future__ import annotations

from rulemint_cli.rules.running import running

RULE = {"name": "plan", "version": 3, "enabled": True}


def test_a_deployment_says_what_the_version_uses_more_than_the_last() -> None:
    more = {"claims": ["role"], "scopes": ["admin", "root"], "hosts": ["api.example.com"], "audiences": []}
    assert running({**RULE, "more_power": more}) == (
        "the rule plan runs as version 3, and now also sets the claim role, adds the scope admin, root, "
        "calls api.example.com"
    )
    assert running(RULE) == "the rule plan runs as version 3"
