"""Define ``rulemint clients``."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.client_secrets import add_secret_commands
from rulemint_cli.commands.command import command
from rulemint_cli.commands.fields import SetOption, assigned, changes_of, given, metadata_of
from rulemint_cli.commands.noun_commands import add_delete, add_show, noun_app
from rulemint_cli.connection.nouns import CLIENTS, find, path_of

clients = noun_app(CLIENTS, "Clients that ask for tokens.")
add_show(clients, CLIENTS)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The client's client_id or name.")]
DescriptionOption = Annotated[str | None, typer.Option(help="The purpose of the client.")]
MetadataOption = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="client_metadata, for rules. KEY= removes a key.")
]


@command(clients)
async def create(  # each is an option of the command line
    call: Call,
    name: Annotated[str, typer.Argument(help="The client's name, for people.")],
    client_id: Annotated[str | None, typer.Option(help="The client_id. Default: a random one.")] = None,
    description: DescriptionOption = None,
    metadata: MetadataOption = None,
    fields: SetOption = None,
) -> None:
    """Create a client. Its secret is shown this once."""
    body = given(
        name=name, client_id=client_id, description=description, client_metadata=metadata_of(metadata)
    ) | assigned(fields)
    async with call.admin() as admin:
        made = await admin.call("POST", CLIENTS.path, body)
    call.output.record(made)


@command(clients)
async def waste(
    call: Call,
    day: Annotated[str | None, typer.Option(help="That day (UTC), as 2026-11-25. Default: today.")] = None,
    take: Annotated[int, typer.Option(min=1, max=100, help="So many clients, those that wasted most.")] = 20,
) -> None:
    """Show which clients ask for tokens that they do not need, and what keeping tokens would save.

    A token is wasted if the client had one in force already, for the same API and scopes.
    """
    from rulemint_cli.system.waste import COLUMNS, day_of, sentence  # noqa: PLC0415  # each command loads what it needs

    query: dict[str, str | int] = {"take": take} if day is None else {"take": take, "day": day_of(day)}
    async with call.admin() as admin:
        found = await admin.call("GET", "stats/waste", query=query)
    if call.as_json:
        call.output.json(found)
        return
    if found["clients"]:
        call.output.table(COLUMNS, found["clients"])
    call.output.console.print(sentence(found), soft_wrap=True)


@command(clients)
async def update(  # as above
    call: Call,
    client: IdArgument,
    name: Annotated[str | None, typer.Option(help="The client's name, for people.")] = None,
    description: DescriptionOption = None,
    metadata: MetadataOption = None,
    fields: SetOption = None,
) -> None:
    """Change a client: the fields that are given."""
    body = given(name=name, description=description, client_metadata=metadata_of(metadata)) | assigned(fields)
    changes_of(body)
    async with call.admin() as admin:
        changed = await admin.call("PATCH", path_of(CLIENTS, await find(admin, CLIENTS, client)), body)
    call.output.record(changed)


add_secret_commands(clients)
add_delete(clients, CLIENTS, what=" and its client grants")
