"""Define ``rulemint clients secrets``, ``rotate-secret`` and ``delete-secret``."""

from __future__ import annotations

import shlex
from typing import Annotated
from urllib.parse import quote

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.connection.nouns import CLIENTS, called, find, path_of
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.time_spans import seconds_of
from rulemint_shared.contract.longest_lifetimes import LONGEST_LIFETIME_S

ClientArgument = Annotated[str, typer.Argument(metavar="ID", help="The client's client_id or name.")]


def add_secret_commands(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    command(app)(secrets)
    command(app, "rotate-secret")(rotate_secret)
    command(app, "delete-secret")(delete_secret)


async def secrets(call: Call, client: ClientArgument) -> None:
    """List the secrets of a client: names, expiry and last use. Values are never shown."""
    async with call.admin() as admin:
        found = await admin.call("GET", f"{path_of(CLIENTS, await find(admin, CLIENTS, client))}/secrets")
    call.output.fields_table(("name", "created_at", "expires_at", "last_used_at"), found)


async def rotate_secret(
    call: Call,
    client: ClientArgument,
    overlap: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Keep the old secrets valid for this long: 10m, 2h, 7d.")
    ] = None,
    *,
    yes: YesOption = False,
) -> None:
    """Give a client a new secret, which is shown this once. The old ones end now, or after --overlap."""
    kept_s = None if overlap is None else seconds_of(overlap, option="--overlap", longest_s=LONGEST_LIFETIME_S)
    async with call.admin() as admin:
        record = await find(admin, CLIENTS, client)
        ending = "the old ones end now" if overlap is None else f"the old ones end in {overlap}"
        call.confirm(f"Give {called(CLIENTS, record)} at {admin.url} a new secret, and {ending}?", yes=yes)
        if kept_s is None:
            rotated = await admin.call("POST", f"{path_of(CLIENTS, record)}/rotate-secret")
        else:
            rotated = await admin.call("POST", f"{path_of(CLIENTS, record)}/secrets", {"others_expire_in": kept_s})
    call.output.record(rotated)


async def delete_secret(
    call: Call,
    client: ClientArgument,
    name: Annotated[str, typer.Argument(help="The secret's name.")],
    *,
    yes: YesOption = False,
) -> None:
    """End one secret of a client now."""
    async with call.admin() as admin:
        record = await find(admin, CLIENTS, client)
        path = f"{path_of(CLIENTS, record)}/secrets"
        names = {each["name"] for each in await admin.call("GET", path)}
        if name not in names:
            shown_by = f"rulemint clients secrets {shlex.quote(str(record['client_id']))}"
            raise CommandError(f"{called(CLIENTS, record)} has no secret {name}: {shown_by} shows all")
        last = "" if len(names) > 1 else " It is the only one: the client gets no token until it has another."
        call.confirm(f"Delete the secret {name} of {called(CLIENTS, record)} at {admin.url}?{last}", yes=yes)
        await admin.call("DELETE", f"{path}/{quote(name, safe='')}")
    call.output.done({"deleted": name}, f"deleted the secret {name} of {called(CLIENTS, record)}")
