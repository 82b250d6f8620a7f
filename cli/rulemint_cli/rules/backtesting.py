"""Compare a draft with the version that runs, on recorded token requests, a part of them in each call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from rulemint_cli.connection.management_api import Admin
from rulemint_cli.system.log_query import moment

PATH = "rules/backtest"
AT_ONCE = 50
"""Tapes of one call, so that progress can be shown."""
EXAMPLES = 5
"""Of a group; as many as one call shows."""
_ADDED = ("tapes", "replayed", "cut", "unknown")

Backtest = dict[str, Any]
"""The answer of the system, or of several calls one."""


def since_ms_of(text: str) -> int:
    """Return the moment that ``--since`` gives, in ms since 1970.

    Raises:
        UsageError: it is none.
    """
    return max(0, int(datetime.fromisoformat(moment(text, option="--since")).timestamp() * 1000))


async def backtest(admin: Admin, wanted: dict[str, Any], *, take: int, done: Callable[[], object]) -> Backtest:
    """Return the result for at most *take* tapes. *wanted* names the rule and its draft; *done* hears of each part.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    whole: Backtest | None = None
    body = dict(wanted)
    while True:
        left = take - (0 if whole is None else whole["coverage"]["tapes"])
        part: Backtest = await admin.call("POST", PATH, body | {"take": min(AT_ONCE, left)})
        whole = part if whole is None else _together(whole, part)
        done()
        if "next" not in part or whole["coverage"]["tapes"] >= take:
            return whole
        body["before"] = part["next"]


def kinds_of(result: Backtest) -> set[str]:
    """Return the kinds of change that *result* has."""
    return {group["kind"] for group in result["groups"]}


def _together(one: Backtest, other: Backtest) -> Backtest:
    coverage = dict(one["coverage"])
    for name in _ADDED:
        coverage[name] += other["coverage"][name]
    coverage["reasons"] = list(dict.fromkeys([*coverage["reasons"], *other["coverage"]["reasons"]]))
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for group in [*one["groups"], *other["groups"]]:
        key = (group["kind"], group["client_id"])
        before = groups.get(key, group | {"count": 0, "examples": []})
        examples = [*before["examples"], *group["examples"]][:EXAMPLES]
        groups[key] = before | {"count": before["count"] + group["count"], "examples": examples}
    whole = one | other
    return whole | {
        "coverage": coverage,
        "groups": list(groups.values()),
        "unchanged": one["unchanged"] + other["unchanged"],
        "noisy": one["noisy"] + other["noisy"],
    }
