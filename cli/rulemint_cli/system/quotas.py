"""Print how much of a tenant's quotas is used, and what they refused (``rulemint quota``)."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from rulemint_cli.terminal.output import Output

NEARLY_FULL = 0.9
"""So much of a quota that refuses is shown as a warning."""
_WORDS = {
    "tenant_token_quota": "the tenant's token quota",
    "client_token_quota": "a client's token quota",
    "source_token_quota": "an address's token quota",
    "failed_logins": "too many wrong secrets from their address",
    "waiting_requests": "too many waiting requests",
}
_WHEN_FULL = {"refused": "refuses more", "told": "is only told of", "oldest_go": "the oldest go"}
MIB = 1024 * 1024


def show_quotas(output: Output, found: dict[str, Any]) -> None:
    """Print *found*, the system's answer."""
    if output.as_json:
        output.json(found)
        return
    output.table(
        {
            "quota": lambda quota: str(quota["name"]).replace("_", " "),
            "used": lambda quota: _amount(quota, "used"),
            "of": lambda quota: _amount(quota, "limit"),
            "part": _part,
            "when full": lambda quota: _WHEN_FULL.get(quota["when_full"], str(quota["when_full"])),
            "set by": lambda quota: str(quota["set_by"]),
        },
        found["quotas"],
    )
    refused = [each for each in found["refused"] if each["count"]]
    output.text("", "Token requests that were refused in the last hour:" if refused else _NOTHING)
    output.text(*(f"  {each['count']:,} by {_WORDS.get(each['by'], each['by'])}" for each in refused))


_NOTHING = "No token request was refused by a quota or a limit in the last hour."


def _amount(quota: dict[str, Any], field: str) -> str:
    value = quota[field]
    return f"{value / MIB:,.1f} MiB" if quota["name"].endswith("_bytes") else f"{value:,}"


def _part(quota: dict[str, Any]) -> Text:
    part = quota["used"] / max(1, quota["limit"])
    warns = part >= NEARLY_FULL and quota["when_full"] != "oldest_go"
    return Text(f"{part:.0%}", style="bold red" if warns else "")
