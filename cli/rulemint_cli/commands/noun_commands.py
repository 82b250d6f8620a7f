"""Add the commands that every noun has: list, show and delete."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.commands.help_pages import Group
from rulemint_cli.connection.nouns import Noun, called, find, named_as_ours, path_of
from rulemint_cli.rules.pause import pause_in_words

SPELLED = 2
"""Scopes that a list spells out. The command `show` has all of them."""


def noun_app(noun: Noun, help: str) -> typer.Typer:  # noqa: A002  # as typer calls it
    """Make the commands of *noun*: list, and the others that are added to it."""
    app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None, help=help)
    _add_list(app, noun)
    return app


def _add_list(app: typer.Typer, noun: Noun) -> None:
    async def list_(call: Call) -> None:
        async with call.admin() as admin:
            records = await admin.list(noun.path)
        if call.as_json:
            call.output.json(records)
            return
        further = [name for name in noun.columns_if_any if any(record.get(name) for record in records)]
        call.output.fields_table([*noun.columns, *further], [_in_brief(each) for each in records])

    list_.__doc__ = f"List the {noun.word}s."
    command(app, "list")(list_)


def _in_brief(record: dict[str, Any]) -> dict[str, Any]:
    """Return *record* for a row: many scopes are counted, so that ids stay whole on 100 columns."""
    named = named_as_ours(record)
    if pause := named.get("pause"):
        named = {**named, "pause": pause_in_words(pause)}
    scopes = named.get("scope")
    return {**named, "scope": f"{len(scopes)} scopes"} if isinstance(scopes, list) and len(scopes) > SPELLED else named


def add_show(app: typer.Typer, noun: Noun) -> None:
    """Add ``show ID``."""

    async def show(
        call: Call, name: Annotated[str, typer.Argument(metavar="ID", help="The record's id or name.")]
    ) -> None:
        async with call.admin() as admin:
            record = await find(admin, noun, name)
        call.output.record(record)

    show.__doc__ = f"Show one {noun.word}."
    command(app)(show)


def add_delete(app: typer.Typer, noun: Noun, *, what: str = "") -> None:
    """Add ``delete ID``. *what* names the records that are deleted with it."""

    async def delete(
        call: Call,
        name: Annotated[str, typer.Argument(metavar="ID", help="The record's id or name.")],
        *,
        yes: YesOption = False,
    ) -> None:
        async with call.admin() as admin:
            record = await find(admin, noun, name)
            call.confirm(f"Delete {called(noun, record)}{what} at {admin.url}?", yes=yes)
            await admin.call("DELETE", path_of(noun, record))
        call.output.done({"deleted": record[noun.id]}, f"deleted {called(noun, record)}")

    delete.__doc__ = f"Delete one {noun.word}{what}."
    command(app)(delete)
