"""What to try when a system refuses: its own words say what is wrong, and nothing of this command line."""

from __future__ import annotations

_ON_CODES = {
    "inexistent_client": "rulemint clients list shows them",
    "inexistent_resource_server": "rulemint apis list shows them",
    "inexistent_client_grant": "rulemint grants list shows them",
    "inexistent_rule": "rulemint rules list shows them",
    "inexistent_rule_version": "rulemint rules versions shows them",
    "inexistent_secret": "rulemint secrets list shows them",
    "inexistent_signing_key": "rulemint keys list shows them",
    "inexistent_tenant": "rulemint tenants list shows them",
    "insufficient_scope": "rulemint grants list shows what a client may do, rulemint login stores another one",
    "tenant_disabled": "rulemint tenants enable does it",
}
_ON_STATUSES = {
    401: "rulemint login stores other credentials",
    409: "the list command shows what is there",
    412: "look at it, and try again",
    429: "try again in a moment",
    503: "try again in a moment, or see rulemint status",
}


def advice_on(status: int, code: str) -> str:
    """The next thing to try after an answer with *status* and the ``errorCode`` *code*."""
    return _ON_CODES.get(code) or _ON_STATUSES.get(status, "the command with --help says what it takes")
