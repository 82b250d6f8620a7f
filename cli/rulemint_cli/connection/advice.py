"""Say which command helps when a system refuses, because the system's own message does not know this program."""

from __future__ import annotations

BAD_REQUEST = 400
_ON_CODES = {
    "conflict": "the list command shows what exists",
    "does_not_load": "nothing was changed by this",
    "inexistent_client": "rulemint clients list shows all",
    "inexistent_resource_server": "rulemint apis list shows all",
    "inexistent_client_grant": "rulemint grants list shows all",
    "inexistent_exchange": "rulemint exchanges lists those that are kept",
    "inexistent_rollout": "rulemint rules deploy --help shows how to begin one",
    "inexistent_rule": "rulemint rules list shows all",
    "inexistent_rule_version": "rulemint rules versions RULE shows all",
    "inexistent_secret": "rulemint secrets list RULE shows all",
    "inexistent_signing_key": "rulemint keys list shows all",
    "inexistent_tape": "rulemint tenants settings shows them",
    "inexistent_tenant": "rulemint tenants list shows all",
    "insufficient_scope": "rulemint grants list shows what a client may do; rulemint login uses another client",
    "red_cases": "nothing was changed by this; rulemint test FILE shows all that differs, and --force deploys it",
    "nothing_is_missing": "",
    "nothing_runs": "rulemint rules versions RULE shows all, and rulemint rules deploy-version runs one",
    "operation_not_supported": "",
    "rollout_under_way": "rulemint rules rollout RULE shows it, and takes --stop or --promote",
    "tenant_disabled": "rulemint tenants enable NAME enables it",
}
_ON_STATUSES = {
    401: "rulemint login stores other credentials",
    412: "look at the record, and try again",
    429: "try again in a moment",
    503: "try again in a moment, or see rulemint status",
}


def advice_on(status: int, code: str) -> str:
    """Return what to try after an answer with the HTTP *status* and the ``errorCode`` *code*."""
    if code in _ON_CODES:
        return _ON_CODES[code]
    return _ON_STATUSES.get(status, "--help shows what the command takes" if status == BAD_REQUEST else "")
