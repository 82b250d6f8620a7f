"""Secrets in Auth0's fields that have no effect here: nothing needs them, and every reading would show them."""

from __future__ import annotations

from typing import Any

from rulemint_shared.secrets.names import is_secret_name

ADDONS = "addons"
"""The one of those fields in which Auth0 keeps what opens something elsewhere (``azure_blob.storageAccessKey``)."""
_PRIVATE_KEY = "PRIVATE KEY-----"


def without_secrets(field: str, value: Any) -> tuple[Any, list[str]]:
    """*value* of *field* without what is or sounds like a secret, and where that was: ``addons.firebase.secret``."""
    found: list[str] = []
    return _cleared(value, field, found, named=field == ADDONS, secret=False), found


def _cleared(value: Any, path: str, found: list[str], *, named: bool, secret: bool) -> Any:
    """*named*: names tell secrets; *secret*: one above did, so every text and number below is one.

    What is one becomes None.
    """
    if isinstance(value, dict):
        cleared = {
            name: _cleared(
                item, f"{path}.{name}", found, named=named, secret=secret or (named and is_secret_name(name))
            )
            for name, item in value.items()
        }
        return {name: item for name, item in cleared.items() if item is not None or value[name] is None}
    if isinstance(value, list):
        items = [
            _cleared(item, f"{path}[{number}]", found, named=named, secret=secret) for number, item in enumerate(value)
        ]
        return [item for item, before in zip(items, value, strict=True) if item is not None or before is None]
    if _is_secret(value, secret=secret):
        found.append(path)
        return None
    return value


def _is_secret(value: Any, *, secret: bool) -> bool:
    if isinstance(value, str):
        return bool(value) if secret else _PRIVATE_KEY in value
    return secret and isinstance(value, int | float) and not isinstance(value, bool)
