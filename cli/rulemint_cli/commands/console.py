"""Define ``rulemint console``, which signs a browser in to the console."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.commands.fields import ScopeOption, scopes_of
from rulemint_cli.terminal.standard_error import say

LINKS = "console-links"


def add_console_command(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app)(console)


async def console(
    call: Call,
    scope: ScopeOption = None,
    *,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the link, and open no browser.")] = False,
) -> None:
    """Open the console in your browser, signed in.

    The link works once, within a minute. Without --scope, the session may do what your credentials may do.
    """
    body = {} if scope is None else {"scopes": scopes_of(scope)}
    async with call.admin() as admin:
        made = await admin.call("POST", LINKS, body)
        url = f"{admin.url}console/#link={made['token']}"
    if call.as_json:
        call.output.json({"url": url, "expires_in": made["expires_in"]})
        return
    call.output.raw(f"{url}\n")
    if not no_open:
        _open(url)


def _open(url: str) -> None:
    import webbrowser  # noqa: PLC0415  # looks for browsers when it is imported

    if not webbrowser.open(url):
        say("no browser was found here: open the link in yours within a minute")
