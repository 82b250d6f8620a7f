"""Define ``rulemint try``, which runs a rule or a whole flow without issuing a token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import Work, command
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.contract.records import Language

if TYPE_CHECKING:
    from rulemint_cli.rules.trying import Options, Tried

TRY_TIMEOUT_S = 120.0
"""Long, because packages may have to be installed first."""


def add_try_command(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app, "try")(try_)


def try_(  # noqa: PLR0913  # each is an option of the command line
    call: Call,
    client: Annotated[
        str, typer.Option(help='The client that asks: its id, its name, or JSON like {"metadata": {…}}.')
    ],
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="The rule's file. With --flow it may be left out."),
    ] = None,
    audience: Annotated[str | None, typer.Option(help="The API. Default: the client's first.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="A scope. Default: all of the client grant.")] = None,
    secret: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A secret of the rule.")] = None,
    dep: Annotated[list[str] | None, typer.Option(help="A package, such as axios@1.")] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="A host that the rule may call.")] = None,
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=NUMBER", help="A limit, such as timeout_s=2 or memory_mb=128.")
    ] = None,
    ip: Annotated[str | None, typer.Option(help="The IP address of the token request.")] = None,
    user_agent: Annotated[str | None, typer.Option(help="The user agent of the token request.")] = None,
    body: Annotated[str | None, typer.Option(help="The parameters of the token request, as a JSON object.")] = None,
    language: Annotated[Language | None, typer.Option(help="The language. Default: from the file's suffix.")] = None,
    name: Annotated[
        str | None, typer.Option(help="The rule that FILE is a draft of. Default: the file's name.")
    ] = None,
    *,
    flow: Annotated[
        bool, typer.Option("--flow", help="Run all rules of the client and the API, in their order.")
    ] = False,
) -> Work:
    """Run the rule in FILE as for a token, but issue none. The exit code is 0 if it grants, else 1.

    With --flow, run all rules that a token request of this client for this API meets, FILE in the place of the rule of
    its name. Shown is what each rule adds, changes, refuses and logs.
    """
    from rulemint_cli.rules.trying import Options  # noqa: PLC0415  # each command loads what it needs

    if file is None and not flow:
        raise UsageError("name the file of the rule to try, or give --flow to try the rules that are there")
    options = Options(
        audience=audience, scope=scope or [], secrets=secret or [], dependencies=dep or [],
        allow_hosts=allow_host or [], limits=limit or [], ip=ip, user_agent=user_agent, body=body,
        language=language, name=name
    )  # fmt: skip
    return _try(call, client, file, options, flow=flow)


def _try(call: Call, client: str, file: Path | None, options: Options, *, flow: bool) -> Work:
    """Read what is wrong on the command line now, and return the rest of the work."""
    from rulemint_cli.rules.given_client import client_fields, given_client  # noqa: PLC0415  # as above
    from rulemint_cli.rules.rule_file import read_script  # noqa: PLC0415  # as above
    from rulemint_cli.rules.trying import GRANTED, body_of, body_of_flow, try_rule  # noqa: PLC0415  # as above

    script = "" if file is None else read_script(file)
    wanted = body_of(file, script, options) if file and not flow else body_of_flow(file, script, options)
    asking = given_client(client)

    async def run() -> None:
        async with call.admin(timeout_s=TRY_TIMEOUT_S) as admin:
            with call.bars.show("trying the flow" if file is None else f"trying {file}"):
                tried, as_json = await try_rule(admin, {**await client_fields(admin, asking), **wanted})
        if call.as_json:
            call.output.finished_json(as_json)
        else:
            _show(call, tried, file, script)
        if tried.outcome != GRANTED:
            raise typer.Exit(1)

    return run()


def _show(call: Call, tried: Tried, file: Path | None, script: str) -> None:
    from rulemint_cli.rules.flow_report import show_tried_flow  # noqa: PLC0415  # as above
    from rulemint_cli.rules.try_report import show_tried  # noqa: PLC0415  # as above

    if tried.flow is not None:
        show_tried_flow(tried, tried.flow, file=str(file or ""), script=script, console=call.output.console)
    else:
        show_tried(tried, file=str(file), script=script, console=call.output.console)
