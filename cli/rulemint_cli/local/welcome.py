"""What ``rulemint dev`` says when everything is ready: where it is, for people or for programs."""

from __future__ import annotations

import msgspec

from rulemint_cli.system import demo


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Where the system is."""

    url: str
    """The issuer, with the slash at its end."""
    domain: str
    """The same without scheme and slash."""
    tls_domain: str | None
    """Where https is spoken, as SDKs take it; None: nowhere."""
    tls_authority: str | None
    """The file to trust for it; None: it is off, or has a certificate of its user's."""
    admin_file: str
    logs_url: str
    """Where the tenant's logs stream."""


def welcome_text(ready: Ready) -> str:
    """Several lines, for people."""
    return (
        f"\nRulemint is ready: {ready.url}\n\n"
        f"Ask for a token:\n\n{demo.curl_line(ready.url)}\n\n"
        f"Watch the logs:    make logs    (or: rulemint logs -f)\n"
        f"Administrator:     {ready.admin_file}\n"
        f"{_https_line(ready)}"
        f"Stop:              Ctrl-C\n"
    )


def json_line(ready: Ready) -> str:
    """One line, for programs that wait for it."""
    return msgspec.json.encode(ready).decode()


def _https_line(ready: Ready) -> str:
    if ready.tls_domain is None:
        return ""
    trust = f"    (trust {ready.tls_authority})" if ready.tls_authority else ""
    return f"https:             https://{ready.tls_domain}/{trust}\n"
