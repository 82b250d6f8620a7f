"""``rulemint tenants``: for operators, whose credentials are of the tenant ``default``."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.commands.fields import SetOption, assigned, given
from rulemint_cli.commands.noun_commands import add_show, noun_app
from rulemint_cli.connection.nouns import TENANTS, called, find, path_of

tenants = noun_app(TENANTS, "Namespaces with clients, APIs, rules, keys and logs of their own.")
add_show(tenants, TENANTS)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The tenant.")]

SETTINGS = "tenants/settings"


@command(tenants)
async def create(
    call: Call,
    name: Annotated[str, typer.Argument(help="Small letters, digits and dashes.")],
    host: Annotated[list[str], typer.Option(help="A Host header that means it, such as acme.example.com.")],
    issuer: Annotated[str | None, typer.Option(help="By default made from the first host.")] = None,
    fields: SetOption = None,
) -> None:
    """Create a tenant; its administrator's secret is shown once, now."""
    body = given(name=name, hosts=host, issuer=issuer) | assigned(fields)
    async with call.admin() as admin:
        made = await admin.call("POST", TENANTS.path, body)
    call.output.record(made)


async def _switch(call: Call, name: str, *, disabled: bool) -> None:
    async with call.admin() as admin:
        record = await find(admin, TENANTS, name)
        changed = await admin.call("PATCH", path_of(TENANTS, record), {"disabled": disabled})
    call.output.done(changed, f"{'disabled' if disabled else 'enabled'} {called(TENANTS, record)}")


@command(tenants)
async def enable(call: Call, name: NameArgument) -> None:
    """Let a disabled tenant issue tokens again."""
    await _switch(call, name, disabled=False)


@command(tenants)
async def disable(call: Call, name: NameArgument, *, yes: YesOption = False) -> None:
    """Let a tenant issue no more tokens; what it issued can still be verified."""
    call.confirm(f"Disable the tenant {name}: no client of it gets a token any longer?", yes=yes)
    await _switch(call, name, disabled=True)


@command(tenants)
async def settings(call: Call, fields: SetOption = None) -> None:
    """Show the settings of one's own tenant; with --set, change them."""
    async with call.admin() as admin:
        body = assigned(fields)
        found = await (admin.call("PATCH", SETTINGS, body) if body else admin.call("GET", SETTINGS))
    call.output.record(found)
