"""Define ``rulemint login`` and ``rulemint profiles``, which store credentials of systems."""

from __future__ import annotations

from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.commands.help_pages import Group
from rulemint_cli.connection.credentials import management_audience, with_slash
from rulemint_cli.connection.profiles import Profile, open_profiles

profiles = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="The systems that you logged in to."
)
DEFAULT_NAME = "default"

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The profile's name.")]


async def login(
    call: Call,
    client_id: Annotated[str | None, typer.Option(help="A client with a grant for the management API.")] = None,
    audience: Annotated[
        str | None, typer.Option(help="The management API's audience. Default: the URL with api/v2/ behind it.")
    ] = None,
) -> None:
    """Try the credentials for a system, and store them. Other commands use them from then on.

    An --admin-file has everything. Without it the URL and the client are asked for, unless options give them. The
    secret comes from RULEMINT_CLIENT_SECRET, from standard input or from a prompt. --profile names what is stored.
    """
    name = call.choice.profile or DEFAULT_NAME
    if call.choice.admin_file is not None:
        profile = call.credentials
    else:
        url = with_slash(call.choice.url or call.settings.url or call.asked("URL", option="--url"))
        client_id = client_id or call.settings.client_id or call.asked("Client ID", option="--client-id")
        profile = Profile(
            url=url,
            client_id=str(client_id),
            client_secret=call.secret("Client secret"),
            audience=audience or management_audience(url),
        )
    async with call.admin_of(profile) as admin:
        await admin.token()
    open_profiles().put(name, profile)
    call.output.done({"profile": name, "url": profile.url}, f"logged in to {profile.url} as the profile {name}")


@command(profiles, "list", reaches=False)
def list_(call: Call) -> None:
    """List the profiles."""
    stored = open_profiles()
    rows = [
        {"name": name, "url": profile.url, "client_id": profile.client_id, "in_use": name == stored.current}
        for name, profile in stored.all.items()
    ]
    call.output.fields_table(("name", "url", "client_id", "in_use"), rows)


@command(profiles, reaches=False)
def use(call: Call, name: NameArgument) -> None:
    """Use a profile for commands that name none."""
    stored = open_profiles()
    stored.use(name)
    call.output.done({"profile": name}, f"{name} is in use: {stored.find(name).url}")


@command(profiles, reaches=False)
def remove(call: Call, name: NameArgument, *, yes: YesOption = False) -> None:
    """Forget a profile with its secret."""
    stored = open_profiles()
    profile = stored.find(name)
    call.confirm(f"Forget the profile {name} ({profile.url})?", yes=yes)
    stored.remove(name)
    call.output.done({"removed": name}, f"forgot the profile {name}")
