"""Define ``rulemint secrets``, the commands for the secrets of a rule. Values go in, and never come out."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.commands.help_pages import Group
from rulemint_cli.connection.nouns import RULES, called, find
from rulemint_cli.rules.rule_secrets import put_secrets, secret_names, secrets_path
from rulemint_cli.terminal.errors import UsageError

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin
    from rulemint_cli.connection.nouns import Record

secrets = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="The secrets of a rule. Values are never shown."
)

RuleArgument = Annotated[str, typer.Argument(metavar="RULE", help="The rule's name or id.")]


@command(secrets, "list")
async def list_(call: Call, rule: RuleArgument) -> None:
    """List the names of a rule's secrets."""
    async with call.admin() as admin:
        names = await secret_names(admin, await find(admin, RULES, rule))
    call.output.fields_table(("name",), [{"name": name} for name in names])


@command(secrets, "set")
async def set_(
    call: Call,
    rule: RuleArgument,
    secret: Annotated[
        list[str], typer.Argument(metavar="NAME[=VALUE]", help="A secret. Without a value, you are asked for it.")
    ],
) -> None:
    """Create or replace secrets of a rule."""
    async with call.admin() as admin:
        record = await find(admin, RULES, rule)
        values = dict(_with_value(call, text) for text in secret)
        await put_secrets(admin, record, values)
    call.output.done({"set": sorted(values)}, f"set {', '.join(sorted(values))} of {called(RULES, record)}")


@command(secrets)
async def delete(
    call: Call,
    rule: RuleArgument,
    name: Annotated[list[str], typer.Argument(metavar="NAME")],
    *,
    yes: YesOption = False,
) -> None:
    """Delete secrets of a rule."""
    async with call.admin() as admin:
        record = await find(admin, RULES, rule)
        await _check_there(admin, record, name)
        call.confirm(f"Delete {', '.join(name)} of {called(RULES, record)} at {admin.url}?", yes=yes)
        await admin.call("DELETE", secrets_path(record), name)
    call.output.done({"deleted": name}, f"deleted {', '.join(name)} of {called(RULES, record)}")


def _with_value(call: Call, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name:
        raise UsageError("a secret has no name: write NAME=VALUE, or NAME to be asked for its value")
    return name, value if equals else call.asked_secret(name)


async def _check_there(admin: Admin, rule: Record, names: list[str]) -> None:
    known = await secret_names(admin, rule)
    for name in names:
        if name not in known:
            shown_by = f"rulemint secrets list {quote(str(rule['name']))}"
            raise UsageError(f"{called(RULES, rule)} has no secret {name}: {shown_by} shows all")
