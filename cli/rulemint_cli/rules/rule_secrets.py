"""Read the names of a rule's secrets, and write their values. The management API never shows a value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from rulemint_cli.connection.nouns import RULES, Record, path_of

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin


def secrets_path(rule: Record) -> str:
    """Return the path of the secrets of *rule* in the management API."""
    return f"{path_of(RULES, rule)}/secrets"


async def secret_names(admin: Admin, rule: Record) -> list[str]:
    """Return the names of the rule's secrets, sorted."""
    found: dict[str, str] = await admin.call("GET", secrets_path(rule))
    return sorted(found)


async def put_secrets(
    admin: Admin, rule: Record, values: Mapping[str, str], *, known: Collection[str] | None = None
) -> None:
    """Create the secrets that are new, and replace those that exist. *known* are the names that exist, if known.

    Raises:
        RefusedError: somebody else has just deleted one of the *known* names, or created one that should be new.
    """
    if known is None:
        known = await secret_names(admin, rule)
    old = {name: value for name, value in values.items() if name in known}
    new = {name: value for name, value in values.items() if name not in known}
    if old:
        await admin.call("PATCH", secrets_path(rule), old)
    if new:
        await admin.call("POST", secrets_path(rule), new)
