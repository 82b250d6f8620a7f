"""Define ``rulemint explain``: why a token holds what it holds, and what would have had to be different."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.commands.exchange_ids import given_id
from rulemint_cli.terminal.errors import UsageError


def add_explain_command(app: typer.Typer) -> None:
    """Add it to *app*."""
    command(app)(explain)


async def explain(
    call: Call,
    what: Annotated[
        str,
        typer.Argument(
            metavar="TOKEN|JTI|EXCHANGE",
            help="A token, its jti, the id of a token request (X-Request-Id), or the 8 characters that rows show; "
            "-: from standard input.",
        ),
    ],
    want: Annotated[
        str | None,
        typer.Argument(
            metavar="WANT",
            help="With --flip: claim:NAME or scope:NAME that is missing. Without it, a token that was refused.",
        ),
    ] = None,
    *,
    flip: Annotated[
        bool,
        typer.Option(
            "--flip",
            help="Find the smallest change of the request that would have brought a token, or WANT. The request is "
            "replayed from its tape with changes, many times: no call leaves, and nothing is kept.",
        ),
    ] = False,
) -> None:
    """Say which rule, version and line set each claim and scope of a token, and why others are absent.

    If the request left a tape, it is replayed in a host that sees each line. The token is not sent anywhere.
    With --flip: say what would have had to be different. The exit status is 1 if no such change is found.
    """
    if want is not None and not flip:
        raise UsageError(f"{want} is for --flip: write --flip {want}")
    if flip:
        await _flip(call, what, want or "token")
        return
    from rulemint_cli.system import explanations  # noqa: PLC0415  # each command loads what it needs
    from rulemint_cli.system.explanation_report import explanation_rows  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        found = await explanations.explain(admin, given_id(what))
    if call.as_json:
        call.output.json(found)
    else:
        for row in explanation_rows(found):
            call.output.console.print(row, soft_wrap=True)


async def _flip(call: Call, what: str, want: str) -> None:
    from rulemint_cli.system import explanations  # noqa: PLC0415  # each command loads what it needs
    from rulemint_cli.system.flip_report import flip_rows  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        found = await explanations.flip(admin, given_id(what), want)
    if call.as_json:
        call.output.json(found)
    else:
        for row in flip_rows(found):
            call.output.console.print(row, soft_wrap=True)
    if not found["found"]:
        raise typer.Exit(1)
