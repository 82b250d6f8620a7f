"""Define ``rulemint apis``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.commands.fields import SetOption, assigned, changes_of, given
from rulemint_cli.commands.noun_commands import add_delete, add_show, noun_app
from rulemint_cli.connection.nouns import APIS, find, path_of

apis = noun_app(APIS, "APIs that tokens are for. The management API calls them resource servers.")
add_show(apis, APIS)

NameOption = Annotated[str | None, typer.Option(help="The API's name, for people.")]
ScopesOption = Annotated[
    list[str] | None, typer.Option(metavar="VALUE[=DESCRIPTION]", help="A scope of the API. May be repeated.")
]
AlgorithmOption = Annotated[str | None, typer.Option(help="RS256, RS512, PS256, ES256, EdDSA or HS256.")]
LifetimeOption = Annotated[int | None, typer.Option(help="The life of its tokens, in seconds.")]


@command(apis)
async def create(  # each is an option of the command line
    call: Call,
    identifier: Annotated[str, typer.Argument(help="The audience of its tokens, such as https://api.example.com/.")],
    name: NameOption = None,
    scope: ScopesOption = None,
    signing_alg: AlgorithmOption = None,
    token_lifetime: LifetimeOption = None,
    fields: SetOption = None,
) -> None:
    """Create an API. With HS256, its signing secret is shown this once."""
    body = {"identifier": identifier} | _body(name, scope, signing_alg, token_lifetime) | assigned(fields)
    async with call.admin() as admin:
        made = await admin.call("POST", APIS.path, body)
    call.output.record(made)


@command(apis)
async def update(  # as above
    call: Call,
    api: Annotated[str, typer.Argument(metavar="ID", help="The API's identifier, name or id.")],
    name: NameOption = None,
    scope: ScopesOption = None,
    signing_alg: AlgorithmOption = None,
    token_lifetime: LifetimeOption = None,
    fields: SetOption = None,
) -> None:
    """Change an API: the fields that are given. Scopes are replaced as a whole."""
    body = changes_of(_body(name, scope, signing_alg, token_lifetime) | assigned(fields))
    async with call.admin() as admin:
        changed = await admin.call("PATCH", path_of(APIS, await find(admin, APIS, api)), body)
    call.output.record(changed)


def _body(
    name: str | None, scope: list[str] | None, signing_alg: str | None, token_lifetime: int | None
) -> dict[str, Any]:
    scopes = [{"value": value, "description": text} for value, _, text in (each.partition("=") for each in scope or [])]
    return given(name=name, scopes=scopes, signing_alg=signing_alg, token_lifetime=token_lifetime)


add_delete(apis, APIS, what=" and its client grants")
