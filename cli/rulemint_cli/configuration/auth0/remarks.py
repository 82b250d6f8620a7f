"""Say what is still to do after an import: hosts to allow, clients that can get no token, and secrets to set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from shlex import quote

from rulemint_cli.configuration.document import Client, Document, Rule

_HOST = re.compile(r"\bhttps?://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?)(?=[/'\"`?#\s]|\Z)")
_CLAIM = re.compile(r"\[\s*['\"`]https?://")
"""A claim's name is a URL too, and nobody calls it."""
CLIENT_CREDENTIALS = "client_credentials"


def taken(document: Document) -> str:
    """Count what was taken."""
    counts = (
        (len(document.clients), "client"),
        (len(document.resource_servers), "API"),
        (len(document.client_grants), "client grant"),
        (len(document.rules), "rule"),
    )
    return "taken: " + ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)


def still_to_do(document: Document) -> list[str]:
    """Return a sentence for each thing that the export does not settle."""
    return [*_secrets(document), *(each for rule in document.rules for each in _hosts(rule)), *_no_tokens(document)]


def _secrets(document: Document) -> Iterator[str]:
    names = sorted({each[2:-1] for rule in document.rules for each in rule.secrets.values()})
    if names:
        yield f"set these in the environment before you apply it, because Auth0 exports no secrets: {', '.join(names)}"


def _hosts(rule: Rule) -> Iterator[str]:
    lines = [line for line in (rule.script or "").splitlines() if not _CLAIM.search(line)]
    hosts = sorted({host for line in lines for host in _HOST.findall(line)})
    if hosts:
        options = " ".join(f"--allow-host {quote(host)}" for host in hosts)
        yield (
            f"the rule {rule.name} names hosts, and may call none yet: if it calls them, "
            f"rulemint rules update {quote(rule.name)} {options}"
        )


def _no_tokens(document: Document) -> Iterator[str]:
    granted = {grant.client for grant in document.client_grants}
    for client in document.clients:
        if reason := _why_no_token(client, granted):
            yield f"the client {client.name} can get no token: {reason}"


def _why_no_token(client: Client, granted: set[str]) -> str:
    if client.grant_types is not None and CLIENT_CREDENTIALS not in client.grant_types:
        return f"its grant_types lack {CLIENT_CREDENTIALS}"
    if client.token_endpoint_auth_method == "none":  # noqa: S105  # no password
        return "its token_endpoint_auth_method is none, so it cannot prove who it is"
    if not granted & {client.name, client.client_id}:
        return "it has no client grant"
    return ""
