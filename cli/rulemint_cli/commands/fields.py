"""Turn ``NAME=VALUE`` options of the command line into fields of a body."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from rulemint_cli.terminal.errors import UsageError

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Any other field of the management API. VALUE is JSON or a text."
    ),
]
ScopeOption = Annotated[list[str] | None, typer.Option(help="A scope. May be repeated.")]


def assigned(texts: list[str] | None) -> dict[str, Any]:
    """Return the fields that ``--set`` names.

    Raises:
        UsageError: one has no value.
    """
    return {name: _value(text) for name, text in _pairs("--set FIELD=VALUE", texts)}


def metadata_of(texts: list[str] | None) -> dict[str, str | None]:
    """Return the metadata that ``--metadata`` names. An empty value is None, which removes the key.

    Raises:
        UsageError: one has no equals sign.
    """
    return {name: text or None for name, text in _pairs("--metadata KEY=VALUE", texts)}


def scopes_of(texts: list[str] | None) -> list[str]:
    """Return the scopes of all texts. One text may have several, with spaces between them."""
    return [scope for text in texts or [] for scope in text.split()]


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that were given. None, an empty list and an empty mapping count as not given."""
    return {name: value for name, value in fields.items() if value is not None and value not in ([], {})}


def changes_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return *body* if it changes anything.

    Raises:
        UsageError: *body* is empty.
    """
    if not body:
        raise UsageError("there is nothing to change: give an option, or --set FIELD=VALUE")
    return body


def _pairs(form: str, texts: list[str] | None) -> list[tuple[str, str]]:
    pairs = []
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{text}: write it as {form}")
        pairs.append((name, value))
    return pairs


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
