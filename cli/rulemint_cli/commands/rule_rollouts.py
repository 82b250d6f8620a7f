"""Define ``rulemint rules rollout``, and what ``rulemint rules deploy`` does with ``--canary`` and ``--shadow``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.connection.nouns import RULES, called, find, path_of
from rulemint_cli.rules.running import running
from rulemint_cli.terminal.errors import UsageError

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin
    from rulemint_cli.rules.deployment_plan import Deployment

RuleArgument = Annotated[str, typer.Argument(metavar="ID", help="The rule's name or id.")]


def add_rollout(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app)(rollout)


async def rollout(
    call: Call,
    rule: RuleArgument,
    *,
    stop: Annotated[bool, typer.Option("--stop", help="End it: the version that runs goes on for all.")] = False,
    promote: Annotated[bool, typer.Option("--promote", help="End it: its version runs for all.")] = False,
    yes: YesOption = False,
) -> None:
    """Show how the rollout of a rule's version stands, or end it."""
    from rulemint_cli.rules.rolling_out import rollout_rows  # noqa: PLC0415  # each command loads what it needs

    if stop and promote:
        raise UsageError("--promote: give either --stop or --promote")
    async with call.admin() as admin:
        record = await find(admin, RULES, rule)
        path = f"{path_of(RULES, record)}/rollout"
        found = await admin.call("GET", path)
        if stop:
            call.confirm(f"Stop the rollout of version {found['version']} of {called(RULES, record)}?", yes=yes)
            await admin.call("DELETE", path)
            found = await admin.call("GET", path)
        if promote:
            call.confirm(f"Run version {found['version']} of {called(RULES, record)} for all?", yes=yes)
            deployed = await admin.call("POST", f"{path_of(RULES, record)}/versions/{found['version']}/deploy")
            call.output.done(deployed, running(deployed))
            return
    if call.as_json:
        call.output.json(found)
    else:
        call.output.text(*rollout_rows(found))


async def roll_out(call: Call, admin: Admin, planned: Deployment, body: dict[str, Any]) -> None:
    """Carry out *planned* for a part of the live token requests."""
    from rulemint_cli.rules.rolling_out import roll_out as carry_out  # noqa: PLC0415  # as above
    from rulemint_cli.rules.rolling_out import started_text  # noqa: PLC0415  # as above

    started = await carry_out(admin, planned, body)
    call.output.done(started, started_text(started))
