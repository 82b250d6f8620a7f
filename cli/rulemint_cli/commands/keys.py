"""Define ``rulemint keys``, the commands for the keys that sign tokens."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.commands.help_pages import Group
from rulemint_cli.terminal.errors import CommandError

keys = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None, help="Keys that sign tokens.")

PATH = "keys/signing"
KidArgument = Annotated[
    str,
    typer.Argument(
        metavar="KID",
        help="The key's id, or the beginning of it. Write -- before an id that begins with -.",
    ),
]


@command(keys, "list")
async def list_(call: Call) -> None:
    """List the signing keys."""
    async with call.admin() as admin:
        found = await admin.call("GET", PATH)
    if call.as_json:
        call.output.json(found)
    else:
        call.output.fields_table(("kid", "state", "current_since"), [{**key, "state": _state(key)} for key in found])


@command(keys)
async def show(call: Call, kid: KidArgument) -> None:
    """Show one signing key."""
    async with call.admin() as admin:
        found = _named(kid, await admin.call("GET", PATH))
    call.output.record(found, but=("cert", "pkcs7"))


@command(keys)
async def rotate(call: Call, *, yes: YesOption = False) -> None:
    """Sign with a new key from now on. Tokens of the old key stay valid."""
    async with call.admin() as admin:
        call.confirm(f"Sign with a new key at {admin.url} from now on?", yes=yes)
        rotated = await admin.call("POST", f"{PATH}/rotate")
    call.output.record(rotated, but=("cert", "pkcs7"))


@command(keys)
async def revoke(call: Call, kid: KidArgument, *, yes: YesOption = False) -> None:
    """Revoke a signing key: every token that it signed becomes invalid."""
    async with call.admin() as admin:
        found = str(_named(kid, await admin.call("GET", PATH))["kid"])
        call.confirm(f"Revoke the key {found} at {admin.url}? Every token that it signed becomes invalid.", yes=yes)
        revoked = await admin.call("PUT", f"{PATH}/{quote(found, safe='')}/revoke")
    call.output.record(revoked, but=("cert", "pkcs7"))


def _state(key: dict[str, object]) -> str:
    return next((state for state in ("revoked", "current", "next", "previous") if key.get(state)), "older")


def _named(kid: str, found: list[dict[str, object]]) -> dict[str, object]:
    exact = [key for key in found if key["kid"] == kid]
    named = exact or [key for key in found if str(key["kid"]).startswith(kid)]
    if len(named) != 1:
        reason = f"there is no signing key {kid}" if not named else f"{len(named)} signing keys begin with {kid}"
        raise CommandError(f"{reason}: rulemint keys list shows all")
    return named[0]
