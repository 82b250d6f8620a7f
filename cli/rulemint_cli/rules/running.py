"""Say which version of a rule runs for tokens, or that none does."""

from __future__ import annotations

from shlex import quote

from rulemint_cli.connection.nouns import Record


def running(rule: Record) -> str:
    """Return a line on *rule*, as the system has just answered it."""
    runs = "runs as" if rule["enabled"] else "has"
    return f"the rule {rule['name']} {runs} version {rule['version']}{if_disabled(rule)}"


def if_disabled(rule: Record) -> str:
    """Say that the rule does not run. Its user, or a deployment that was cut off, may have left it disabled."""
    if rule.get("enabled", True):
        return ""
    return f", and is disabled: rulemint rules enable {quote(str(rule['name']))} enables it"
