"""Define ``rulemint tenants``, the commands for operators, whose credentials are of the tenant ``default``."""

from __future__ import annotations

from shlex import quote
from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.commands.fields import SetOption, assigned, given
from rulemint_cli.commands.noun_commands import add_show, noun_app
from rulemint_cli.connection.nouns import TENANTS, called, find, path_of
from rulemint_cli.terminal.time_spans import seconds_of
from rulemint_shared.contract.longest_lifetimes import LONGEST_GRACE_S

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
async def delete(
    call: Call,
    name: NameArgument,
    after: Annotated[
        str, typer.Option(metavar="SPAN", help="Keep it for this long: 12h, 30d at most. 0s deletes it now.")
    ] = "24h",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be deleted, and do nothing.")] = False,
    yes: YesOption = False,
) -> None:
    """Delete a tenant with all that is its. It issues no tokens from now on; until the end, restore keeps it."""
    grace_s = seconds_of(after, option="--after", longest_s=LONGEST_GRACE_S)
    async with call.admin() as admin:
        path = path_of(TENANTS, await find(admin, TENANTS, name))
        found = await admin.call("DELETE", path, query={"dry_run": "true", "grace_s": grace_s})
        if dry_run:
            call.output.record({"name": name, **found["contents"]} if not call.as_json else found)
            return
        if not call.as_json:
            call.output.record(found["contents"])
        until = f"It can be restored for {after}." if grace_s else "It cannot be restored."
        call.confirm(f"Delete the tenant {name} at {admin.url} with all of this? {until}", yes=yes)
        deleted = await admin.call("DELETE", path, query={"grace_s": grace_s})
    if grace_s:
        how = f"the tenant {name} issues no tokens, and is deleted at {deleted['deletes_at']}"
        call.output.done(deleted, f"{how}: rulemint tenants restore {quote(name)} takes it back until then")
    else:
        call.output.done(deleted, f"deleted the tenant {name}")


@command(tenants)
async def restore(call: Call, name: NameArgument) -> None:
    """Keep a tenant that is being deleted. It is as it was before."""
    async with call.admin() as admin:
        restored = await admin.call("POST", f"{path_of(TENANTS, await find(admin, TENANTS, name))}/restore")
    if_disabled = f", and is disabled: rulemint tenants enable {quote(name)} enables it" if restored["disabled"] else ""
    call.output.done(restored, f"the tenant {name} stays{if_disabled}")


@command(tenants)
async def settings(call: Call, fields: SetOption = None) -> None:
    """Show the settings of your own tenant. With --set, change them."""
    async with call.admin() as admin:
        body = assigned(fields)
        found = await (admin.call("PATCH", SETTINGS, body) if body else admin.call("GET", SETTINGS))
    call.output.record(found)
