"""Say which version of a rule runs for tokens, or that none does, and what it does that the last one did not."""

from __future__ import annotations

from shlex import quote

from rulemint_cli.connection.nouns import Record


def running(rule: Record) -> str:
    """Return a line on *rule*, as the system has just answered it."""
    runs = "runs as" if rule["enabled"] else "has"
    return f"the rule {rule['name']} {runs} version {rule['version']}{_more_power(rule)}{if_disabled(rule)}"


def _more_power(rule: Record) -> str:
    """Say what this version was seen to use over its cases, and the one before was not."""
    more = rule.get("more_power") or {}
    kinds = {"claims": "sets the claim", "scopes": "adds the scope", "hosts": "calls", "audiences": "grants for"}
    said = [f"{does} {', '.join(more[kind])}" for kind, does in kinds.items() if more.get(kind)]
    return f", and now also {', '.join(said)}" if said else ""


def if_disabled(rule: Record) -> str:
    """Say that the rule does not run. Its user, or a deployment that was cut off, may have left it disabled."""
    if rule.get("enabled", True):
        return ""
    return f", and is disabled: rulemint rules enable {quote(str(rule['name']))} enables it"
