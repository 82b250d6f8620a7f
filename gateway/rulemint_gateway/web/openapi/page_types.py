"""Schemas of the OpenAPI document as HTML: types in words, with links to their own sections."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

_BOUNDS = {
    "minimum": "from {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "to {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "{} characters or more",
    "maxLength": "at most {} characters",
    "minItems": "{} entries or more",
    "maxItems": "at most {} entries",
    "minProperties": "{} fields or more",
    "maxProperties": "at most {} fields",
    "pattern": "like {}",
    "format": "{}",
}
Schema = dict[str, Any]
Field = tuple[str, Schema, str]
"""Its name, its schema and what it means."""


class Types:
    """The named types of a document."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas

    def sections(self) -> dict[str, str]:
        """The section of each type that has fields, by its name. Links lead there."""
        return {name: self._section(name) for name, schema in self._schemas.items() if not _stands_inline(schema)}

    def fields(self, schema: Schema) -> Iterable[Field]:
        """The fields of *schema*, or itself where it has none."""
        schema = self._schemas[_name_of(schema)] if "$ref" in schema else schema
        if "properties" not in schema:
            return [("the body itself", schema, "")]
        required = schema.get("required", [])
        return [
            (f"{name}{' (required)' if name in required else ''}", field, field.get("description", ""))
            for name, field in schema["properties"].items()
        ]

    def table(self, fields: Iterable[Field]) -> str:
        """A table of *fields*."""
        cells = "".join(
            f"<tr><td><code>{escape(name)}</code></td><td>{self.words(schema)}</td><td>{prose(meaning)}</td></tr>"
            for name, schema, meaning in fields
        )
        return f"<table>{cells}</table>"

    def words(self, schema: Schema) -> str:
        """A schema in words: its type and its bounds. A named type is a link."""
        if "$ref" in schema:
            name = _name_of(schema)
            found = self._schemas[name]
            return self.words(found) if _stands_inline(found) else f'<a href="#{anchor(name)}">{escape(name)}</a>'
        if choices := schema.get("anyOf", schema.get("oneOf")):
            return " or ".join(self.words(choice) for choice in choices)
        if values := schema.get("enum"):
            return escape(", ".join(str(value) for value in values))
        bounds = [escape(words.format(schema[name])) for name, words in _BOUNDS.items() if name in schema]
        for key, before in (("items", "each"), ("additionalProperties", "each value")):
            if isinstance(inner := schema.get(key), dict) and inner:
                bounds.append(f"{before} {self.words(inner)}")
        kind = schema.get("type", "anything")
        return ", ".join([escape(" or ".join(kind) if isinstance(kind, list) else str(kind)), *bounds])

    def _section(self, name: str) -> str:
        schema = self._schemas[name]
        table = self.table(self.fields(schema))
        return (
            f'<section id="{anchor(name)}"><h3>{escape(name)}</h3>'
            f"<p>{prose(schema.get('description', ''))}</p>{table}</section>"
        )


def anchor(name: str) -> str:
    """The name of a type's section."""
    return f"type-{name}"


def prose(markdown: str) -> str:
    """Text with `code` between backticks."""
    pieces = escape(markdown).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))


def _stands_inline(schema: Schema) -> bool:
    """Tell whether *schema* is said where it is used, because it has no fields."""
    return "properties" not in schema


def _name_of(schema: Schema) -> str:
    return str(schema["$ref"].rpartition("/")[2])
