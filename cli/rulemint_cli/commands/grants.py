"""Define ``rulemint grants``."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.commands.fields import ScopeOption, SetOption, assigned, changes_of, given, scopes_of
from rulemint_cli.commands.noun_commands import add_delete, add_show, noun_app
from rulemint_cli.connection.nouns import APIS, CLIENTS, GRANTS, find, path_of

grants = noun_app(GRANTS, "Client grants: each lets a client ask for an API, with some scopes.")
add_show(grants, GRANTS)


@command(grants)
async def create(
    call: Call,
    client: Annotated[str, typer.Option(help="The client's id or name.")],
    audience: Annotated[str, typer.Option(help="The API's identifier or name.")],
    scope: ScopeOption = None,
    fields: SetOption = None,
) -> None:
    """Create a client grant."""
    async with call.admin() as admin:
        body = {
            "client_id": (await find(admin, CLIENTS, client))["client_id"],
            "audience": (await find(admin, APIS, audience))["identifier"],
            "scope": scopes_of(scope),
        }
        made = await admin.call("POST", GRANTS.path, body | assigned(fields))
    call.output.record(made)


@command(grants)
async def update(
    call: Call,
    grant: Annotated[
        str, typer.Argument(metavar="ID", help="The grant's id, or the client's id if it has one grant only.")
    ],
    scope: ScopeOption = None,
    fields: SetOption = None,
) -> None:
    """Change a client grant. Its scopes are replaced as a whole."""
    body = changes_of(given(scope=scopes_of(scope)) | assigned(fields))
    async with call.admin() as admin:
        changed = await admin.call("PATCH", path_of(GRANTS, await find(admin, GRANTS, grant)), body)
    call.output.record(changed)


add_delete(grants, GRANTS)
