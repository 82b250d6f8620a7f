"""Whatever a body of the management API may have has a limit, and the OpenAPI document says which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fixtures.management import Management

LIMITS = {
    "string": {"maxLength", "enum", "const"},
    "array": {"maxItems"},
    "integer": {"maximum", "exclusiveMaximum", "enum", "const"},
    "number": {"maximum", "enum", "const"},
}


class Parts:
    """The parts of a schema that may be as large as one likes."""

    def __init__(self, components: dict[str, Any]) -> None:
        self._components = components

    def boundless(self, schema: Any, where: str) -> Iterator[str]:
        """Each by its place; a schema is never part of itself here."""
        if not isinstance(schema, dict) or schema.get("maxItems") == 0:
            return
        if reference := schema.get("$ref"):
            yield from self.boundless(self._components[reference.rpartition("/")[2]], where)
            return
        kinds = schema.get("type", [])
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            if kind in LIMITS and not LIMITS[kind] & schema.keys():
                yield f"{where}: {kind}"
        if schema.get("additionalProperties") and "maxProperties" not in schema:
            yield f"{where}: object"
        yield from self._below(schema, where)

    def _below(self, schema: dict[str, Any], where: str) -> Iterator[str]:
        for name, part in schema.get("properties", {}).items():
            yield from self.boundless(part, f"{where}.{name}")
        for name in ("items", "additionalProperties", "propertyNames"):
            yield from self.boundless(schema.get(name), f"{where}.{name}")
        if "properties" not in schema:  # else it only says what goes with what
            for part in schema.get("anyOf", []):
                yield from self.boundless(part, where)


async def test_every_text_list_and_number_of_a_body_has_a_limit(management: Management) -> None:
    document = (await management.call("GET", "/api/v2/openapi.json", token="")).body
    parts = Parts(document["components"]["schemas"])
    assert list(parts.boundless({"properties": {"a": {"type": "string"}}}, "x")) == ["x.a: string"]
    bodies = {
        f"{method} {path}": operation["requestBody"]["content"]["application/json"]["schema"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "requestBody" in operation and path.startswith("/api/v2/")
    }
    assert len(bodies) > 20
    assert [found for where, schema in bodies.items() for found in parts.boundless(schema, where)] == []
