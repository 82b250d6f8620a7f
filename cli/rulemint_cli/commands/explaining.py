"""Define ``rulemint explain``: why a token holds what it holds."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command


def add_explain_command(app: typer.Typer) -> None:
    """Add it to *app*."""
    command(app)(explain)


async def explain(
    call: Call,
    what: Annotated[
        str,
        typer.Argument(
            metavar="TOKEN|JTI|EXCHANGE",
            help="A token, its jti, the id of a token request (X-Request-Id), or the 8 characters that rows show.",
        ),
    ],
) -> None:
    """Say which rule, version and line set each claim and scope of a token, and why others are absent.

    If the request left a tape, it is replayed in a host that sees each line. The token is not sent anywhere.
    """
    from rulemint_cli.system import explanations  # noqa: PLC0415  # each command loads what it needs
    from rulemint_cli.system.explanation_report import explanation_rows  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        found = await explanations.explain(admin, what)
    if call.as_json:
        call.output.json(found)
    else:
        for row in explanation_rows(found):
            call.output.console.print(row, soft_wrap=True)
