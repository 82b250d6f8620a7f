"""Print an explanation. Each row is one printable line."""

from __future__ import annotations

from typing import Any

import msgspec
from rich.text import Text

from rulemint_cli.terminal.printable import printable

_LONGEST = 120
"""Characters of a value in a row."""

Explanation = dict[str, Any]


def explanation_rows(found: Explanation) -> list[Text]:
    """Return the ending, who asked, what the token has and lacks, which rules ran, and what nobody could know."""
    is_granted = found["outcome"] == "granted"
    headline = Text(f"■ {printable(str(found['outcome']))}", style=f"bold {'green' if is_granted else 'yellow'}")
    rows = [headline]
    if found["why"]:
        rows.append(_row("why", str(found["why"]).split("\n", 1)[0]))
    rows += [*_who(found), *_signature(found)]
    for claim in found["claims"]:
        rows.append(_row("claim", f"{claim['name']} = {_json(claim.get('value'))}", claim["why"]))
        rows += [_before(setter) for setter in claim["set_by"] if "before" in setter]
    rows += [_row("scope", scope["name"], scope["why"]) for scope in found["scopes"]]
    rows += [_row("no " + absent["kind"], absent["name"], absent["why"], style="yellow") for absent in found["absent"]]
    for rule in found["rules"]:
        at = f", answered at line {rule['answered_at']}" if "answered_at" in rule else ""
        rows.append(_row("rule", f"{rule['rule']}@{rule['version']}", f"{rule['why']}{at}"))
    return rows + [_row("not known", why, style="yellow") for why in found["could_not_know"]]


def _who(found: Explanation) -> list[Text]:
    who = found["authenticated"]
    if not who["client_id"]:
        return [_row("client", "not proven", f"asked from {who['ip']}")]
    by = f"by its secret {who['secret_name']}" if who["secret_name"] else "authenticated"
    return [_row("client", f"{who['client_name'] or who['client_id']}", f"{by}, from {who['ip']}")]


def _signature(found: Explanation) -> list[Text]:
    signed = found["signed"]
    return [] if signed is None else [_row("key", str(signed["kid"] or "?"), f"signed it; jti {signed['jti']}")]


def _before(setter: dict[str, Any]) -> Text:
    return _row("", f"before line {setter.get('line', '?')} it was {setter['before'][:_LONGEST]}", style="dim")


def _row(name: str, value: str, why: str = "", *, style: str = "") -> Text:
    row = Text()
    row.append(f"  {printable(name):<10} ", style="dim")
    row.append(printable(value), style=style)
    if why:
        row.append(printable(f"  {why}"), style="dim")
    return row


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()[:_LONGEST]
