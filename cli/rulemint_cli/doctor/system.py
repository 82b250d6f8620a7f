"""Look at a running system: reachable, ready, Valkey, clocks, signing keys."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import aiohttp

from rulemint_cli.doctor.finding import Finding, State
from rulemint_cli.system.status import problems_of
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.clock import unix_s

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

CLOCKS_DIFFER_BY_S = 2.0
_MISSING = {
    "redis": ("Valkey does not answer the gateway", "start it, or correct RULEMINT_REDIS_URL and the password file"),
    "configuration": ("Valkey has no configuration", "restore its data; RULEMINT_BOOTSTRAP=1 begins anew"),
    "runner": (
        "no runner is alive",
        "start one: rulemint dev has its own, in compose: docker compose up -d rule-runner",
    ),
    "ready_file": ("the first records are not made yet", "wait a moment, or look at the log of the start"),
}


async def look_at(admin: Admin) -> list[Finding]:
    """Look at the system that *admin* calls."""
    try:
        async with admin.session.get(f"{admin.url}readyz") as response:
            answer, date = await response.json(content_type=None), response.headers.get("Date")
    except (aiohttp.ClientError, OSError, ValueError):
        return [Finding("gateway", State.WRONG, f"{admin.url} does not answer", "start it, or name another with --url")]
    if not isinstance(answer, dict):
        return [Finding("gateway", State.WRONG, f"{admin.url} is no gateway", "name another with --url")]
    findings = [Finding("gateway", State.OK, f"{admin.url} answers"), *_readiness(answer), *_time(date)]
    try:
        status = await admin.call("GET", "status")
        keys = await admin.call("GET", "keys/signing")
    except CommandError as error:
        return [*findings, Finding("system", State.WRONG, str(error), error.advice)]
    return [*findings, *_system(status), _signing_keys(keys)]


def _readiness(answer: dict[str, Any]) -> list[Finding]:
    missing = str(answer.get("missing", ""))
    if missing:
        detail, advice = _MISSING.get(missing, (f"the gateway is not ready: {missing} is missing", "see its log"))
        return [Finding("Valkey" if missing in {"redis", "configuration"} else "ready", State.WRONG, detail, advice)]
    findings = [Finding("Valkey", State.OK, "it answers the gateway, and changes are confirmed on disk")]
    if durability := answer.get("durability"):
        findings = [Finding("Valkey", State.WARNING, str(durability), "set appendonly yes in Valkey's configuration")]
    if insecure := answer.get("sandbox"):
        findings.append(Finding("runners", State.WRONG, str(insecure), "rulemint sandbox check there says why"))
    return findings


def _time(date: str | None) -> list[Finding]:
    """Compare this machine's clock with the gateway's, whose answer has whole seconds only."""
    if date is None:
        return []
    try:
        ahead_s = unix_s() - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        detail = f"the answer has no readable date: {date}"
        return [Finding("time", State.WARNING, detail, "look at what stands in front of the gateway")]
    if abs(ahead_s) > CLOCKS_DIFFER_BY_S + 1:
        where = "ahead of" if ahead_s > 0 else "behind"
        detail = f"this machine is {abs(ahead_s):.0f} s {where} the gateway"
        return [Finding("time", State.WARNING, detail, "set the clock: timedatectl set-ntp true")]
    return [Finding("time", State.OK, "this machine and the gateway agree")]


def _system(status: dict[str, Any]) -> list[Finding]:
    found = [Finding("system", State.WRONG, each.what, each.advice) for each in problems_of(status)]
    runners = len(status["runners"])
    return found or [Finding("system", State.OK, f"runners: {runners}, jobs that wait: {status['queue_depth']}")]


def _signing_keys(keys: Sequence[dict[str, Any]]) -> Finding:
    signing = [key for key in keys if key.get("current")]
    if signing:
        return Finding("signing keys", State.OK, f"{len(signing)} sign, {len(keys)} are known")
    return Finding("signing keys", State.WARNING, "none signs yet", "the first token makes one; keys rotate does too")
