"""Complete the names of rules, clients and other records, as the chosen system has them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from rulemint_cli.commands.call import Call
from rulemint_cli.connection.credentials import Choice
from rulemint_cli.connection.nouns import APIS, CLIENTS, GRANTS, RULES, TENANTS, Noun
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.process.settings import SettingsError

TIMEOUT_S = 3.0
"""A shell waits for it."""
_BY_PARAMETER = {"client": CLIENTS, "rule": RULES, "api": APIS, "audience": APIS}
_BY_GROUP = {noun.command: noun for noun in (CLIENTS, APIS, GRANTS, RULES, TENANTS)}
_ID = "ID"
"""The placeholder of an argument that names a record of the command's group."""


def complete_names_in(parameters: list[Any]) -> None:
    """Have those of *parameters* that take the name of a record complete it."""
    for parameter in parameters:
        if parameter.name in _BY_PARAMETER or parameter.metavar == _ID:
            parameter._custom_shell_complete = _complete  # noqa: SLF001  # typer passes it to the same attribute


def _complete(ctx: Any, parameter: Any, incomplete: str) -> list[str]:
    """Return the names that begin with *incomplete*. Without a system that answers, there are none."""
    words = str(ctx.command_path).split(" ")
    noun = _BY_PARAMETER.get(parameter.name) or _BY_GROUP.get(words[-2])
    if noun is None:
        return []
    try:
        return [name for name in asyncio.run(_names(ctx.params, noun)) if name.startswith(incomplete)]
    except (CommandError, SettingsError):
        return []


async def _names(given: dict[str, Any], noun: Noun) -> list[str]:
    from rulemint_cli.connection.management_api import open_admin  # noqa: PLC0415  # heavy, and --help does without

    file = given.get("admin_file")
    choice = Choice(given.get("profile"), None if file is None else Path(file), given.get("url"))
    async with open_admin(Call(choice, as_json=True).credentials, timeout_s=TIMEOUT_S) as admin:
        records = await admin.list(noun.path)
    field = noun.names[0] if noun.id == "id" else noun.id
    return sorted({str(record[field]) for record in records if record.get(field)})
