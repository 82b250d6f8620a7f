"""Say where the system is once ``rulemint dev`` is ready, for people or for programs."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import msgspec

from rulemint_cli.system import demo


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses and files of a system that is ready."""

    url: str
    """The issuer, with the slash at its end."""
    domain: str
    """The issuer without scheme and slash."""
    tls_domain: str | None
    """The host and port that speak https, as SDKs take them. None: https is off."""
    tls_authority: str | None
    """The file that clients have to trust. None: https is off, or the user has a certificate of their own."""
    admin_file: str
    logs_url: str
    """The URL of the tenant's live logs."""


def welcome_text(ready: Ready) -> str:
    """Return several lines for people."""
    return (
        f"\nRulemint is ready: {ready.url}    (open it in a browser)\n\n"
        f"Ask for a token:\n\n{demo.curl_line(ready.url)}\n\n"
        f"Command line:      {command_line()}\n"
        f"Console:           rulemint console    (signs you in at {ready.url}console/)\n"
        f"Watch the logs:    rulemint logs -f    (or: make logs)\n"
        f"Why a token fails: rulemint exchanges show --last\n"
        f"Administrator:     {ready.admin_file}\n"
        f"{_https_line(ready)}"
        f"Stop:              Ctrl-C\n"
    )


def command_line() -> str:
    """Return what another terminal types to have the command ``rulemint`` of this installation."""
    programs = Path(sys.executable).parent
    found = shutil.which("rulemint")
    if (found is not None and Path(found).parent == programs) or not (programs / "activate").exists():
        return "rulemint --help"
    folder = programs.relative_to(Path.cwd()) if programs.is_relative_to(Path.cwd()) else programs
    return f"source {shlex.quote(str(folder / 'activate'))}    then: rulemint --help"


def json_line(ready: Ready) -> str:
    """Return one line of JSON for programs."""
    return msgspec.json.encode(ready).decode()


def _https_line(ready: Ready) -> str:
    if ready.tls_domain is None:
        return ""
    trust = f"    (trust {ready.tls_authority})" if ready.tls_authority else ""
    return f"https:             https://{ready.tls_domain}/{trust}\n"
