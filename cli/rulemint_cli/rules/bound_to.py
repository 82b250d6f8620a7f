"""Spell the clients and APIs that a rule is for as the system stores them: people name a client by its name, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rulemint_cli.connection.management_api import RefusedError
from rulemint_cli.connection.nouns import APIS, CLIENTS, NotThereError, Noun, SeveralError, find

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

FORBIDDEN = 403
_STORED_BY: Mapping[str, tuple[Noun, str]] = {"clients": (CLIENTS, "client_id"), "audiences": (APIS, "identifier")}


async def bound_to(admin: Admin, fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return *fields* of a rule with ids of clients and APIs, and a remark on each that is not there.

    Raises:
        SeveralError: several records have a name.
        CommandError: the system refuses otherwise, or does not answer.
    """
    spelled, remarks = dict(fields), list[str]()
    for name, (noun, stored_by) in _STORED_BY.items():
        if name not in fields:
            continue
        spelled[name] = []
        for given in fields[name]:
            found = await _found(admin, noun, given)
            if found is None:
                remarks.append(f"there is no {noun.word} {given}: until there is one, the rule does not run for it")
            spelled[name].append(found[stored_by] if found else given)
    return spelled, remarks


async def _found(admin: Admin, noun: Noun, given: str) -> dict[str, Any] | None:
    """Return the record, or None if there is none. Who may not read records is taken at their word."""
    try:
        return await find(admin, noun, given)
    except SeveralError:
        raise
    except NotThereError:
        return None
    except RefusedError as error:
        if error.status != FORBIDDEN:
            raise
        return {"client_id": given, "identifier": given}
