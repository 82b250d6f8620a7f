"""Define ``rulemint tenants``, the commands for operators, whose credentials are of the tenant ``default``."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.commands.fields import SetOption, assigned, given
from rulemint_cli.commands.noun_commands import add_show, noun_app
from rulemint_cli.connection.nouns import TENANTS, called, find, path_of

tenants = noun_app(TENANTS, "Tenants: each has clients, APIs, rules, keys and logs of its own.")
add_show(tenants, TENANTS)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The tenant's name.")]

SETTINGS = "tenants/settings"


@command(tenants)
async def create(
    call: Call,
    name: Annotated[str, typer.Argument(help="The tenant's name: lower-case letters, digits and dashes.")],
    host: Annotated[list[str], typer.Option(help="A Host header of the tenant, such as acme.example.com.")],
    issuer: Annotated[str | None, typer.Option(help="The issuer. Default: from the first host.")] = None,
    fields: SetOption = None,
) -> None:
    """Create a tenant. Its administrator's secret is shown this once."""
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
    """Enable a tenant: it issues tokens again."""
    await _switch(call, name, disabled=False)


@command(tenants)
async def disable(call: Call, name: NameArgument, *, yes: YesOption = False) -> None:
    """Disable a tenant: it issues no more tokens. Tokens that it issued stay valid."""
    call.confirm(f"Disable the tenant {name}, so that its clients get no more tokens?", yes=yes)
    await _switch(call, name, disabled=True)


@command(tenants)
async def settings(call: Call, fields: SetOption = None) -> None:
    """Show the settings of your own tenant. With --set, change them."""
    async with call.admin() as admin:
        body = assigned(fields)
        found = await (admin.call("PATCH", SETTINGS, body) if body else admin.call("GET", SETTINGS))
    call.output.record(found)
