"""The secrets of a rule in the management API: their names can be read, their values only written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from rulemint_cli.connection.nouns import RULES, Record, path_of

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin


def secrets_path(rule: Record) -> str:
    """Where those of *rule* are."""
    return f"{path_of(RULES, rule)}/secrets"


async def secret_names(admin: Admin, rule: Record) -> list[str]:
    """The names, sorted."""
    found: dict[str, str] = await admin.call("GET", secrets_path(rule))
    return sorted(found)


async def put_secrets(
    admin: Admin, rule: Record, values: Mapping[str, str], *, known: Collection[str] | None = None
) -> None:
    """Create those that are new, and replace the others: those of the *known* names, or that there are now.

    Raises:
        RefusedError: of *known* names, when somebody has deleted one meanwhile, or has made one that is new.
    """
    if known is None:
        known = await secret_names(admin, rule)
    old = {name: value for name, value in values.items() if name in known}
    new = {name: value for name, value in values.items() if name not in known}
    if old:
        await admin.call("PATCH", secrets_path(rule), old)
    if new:
        await admin.call("POST", secrets_path(rule), new)
