"""The types of bodies, answers and queries → JSON Schemas (2020-12), and the components that they refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args, get_origin

import msgspec

from rulemint_gateway.web.http.operations import CountedPage, Operation, Pages
from rulemint_gateway.web.http.paging import FieldsQuery
from rulemint_gateway.web.openapi.answer_examples import ANSWERS, TEXTS
from rulemint_gateway.web.openapi.constraints import CONSTRAINTS
from rulemint_gateway.web.openapi.examples import EXAMPLES
from rulemint_shared.whole_text import plainly

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_TEXTS: dict[str, Callable[[str], str]] = {"description": lambda text: text.replace("``", "`"), "pattern": plainly}
_COUNT: Schema = {"type": "integer", "minimum": 0}


class Schemas:
    """The schemas of everything that *operations* take and answer."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._types = _types_of(operations)
        found, components = msgspec.json.schema_components(self._types, ref_template=_REF)
        self._found: list[Schema] = [_readable(schema) for schema in found]
        queries = {operation.query.__name__ for operation in operations if operation.query is not None}
        described = {name: _readable(schema) for name, schema in components.items()}
        self._queries = {name: described.pop(name) for name in queries}
        self.components = described
        known = {**EXAMPLES, **ANSWERS}
        for name, schema in described.items():
            schema.update(CONSTRAINTS.get(name, {}))
            if name in known:
                schema["examples"] = [known[name]]

    def of(self, wanted: Any) -> Schema:
        """The schema of a type."""
        return self._found[self._types.index(wanted)]

    def query(self, wanted: type[msgspec.Struct]) -> dict[str, Schema]:
        """The parameters of a query: name → schema. One that is left out is not there; it is never null."""
        return {name: _without_null(schema) for name, schema in self._queries[wanted.__name__]["properties"].items()}

    def answer(self, operation: Operation) -> Schema:
        """The schema of the body of the operation's answer."""
        shape = operation.answer
        projected = operation.query is not None and issubclass(operation.query, FieldsQuery)
        item = shape.item if isinstance(shape, Pages | CountedPage) else shape
        schema = self._some_of(item) if projected else self.of(item)
        match shape:
            case Pages():
                return _pages(schema, shape)
            case CountedPage():
                counts = dict.fromkeys(("total", "page", "per_page"), _COUNT)
                return _object({**counts, shape.key: _list(schema)})
            case _:
                return schema

    def _some_of(self, wanted: Any) -> Schema:
        """A record of which ``fields`` may have left out any field."""
        name = wanted.__name__
        some = {key: value for key, value in self.components[name].items() if key != "required"}
        self.components[f"Some{name}"] = {**some, "title": f"Some{name}"}
        return {"$ref": _REF.format(name=f"Some{name}")}


def body_example(operation: Operation) -> Any:
    """An example of what *operation* takes; None if there is none."""
    return EXAMPLES.get(getattr(operation.body, "__name__", ""), EXAMPLES.get(operation.id))


def answer_example(operation: Operation, media: str) -> Any:
    """An example of what *operation* answers as *media*; None if there is none."""
    if (operation.id, media) in TEXTS:
        return TEXTS[operation.id, media]
    match operation.answer:
        case Pages(item=item):
            return [ANSWERS[item.__name__]]
        case CountedPage(item=item, key=key):
            found = ANSWERS.get(operation.id, [ANSWERS[item.__name__]])
            return {"total": len(found), "page": 0, "per_page": 50, key: found}
        case answer if get_origin(answer) is list:
            return [ANSWERS[get_args(answer)[0].__name__]]
        case answer:
            return ANSWERS.get(operation.id, ANSWERS.get(getattr(answer, "__name__", "")))


def _types_of(operations: Iterable[Operation]) -> list[Any]:
    types: list[Any] = []
    for operation in operations:
        answer = operation.answer
        item = answer.item if isinstance(answer, Pages | CountedPage) else answer
        wanted = [each for each in (operation.body, item, operation.query, operation.problem) if each is not None]
        types += [each for each in wanted if each not in types]
    return types


def _pages(item: Schema, shape: Pages) -> Schema:
    listed = {shape.key: _list(item)}
    length = {"length": _COUNT} if shape.length else {}
    totals = _object({"start": _COUNT, "limit": _COUNT, **length, "total": _COUNT, **listed})
    shapes = [_list(item), totals]
    if shape.checkpoints:
        shapes.append(_object(listed, next={"type": "string"}))
    return {"anyOf": shapes}


def _object(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _readable(schema: Any) -> Any:
    """Docstrings as Markdown, and patterns as readers know them."""
    if isinstance(schema, dict):
        return {
            name: _TEXTS[name](value) if name in _TEXTS and isinstance(value, str) else _readable(value)
            for name, value in schema.items()
        }
    return [_readable(item) for item in schema] if isinstance(schema, list) else schema


def _without_null(schema: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if name != "default" or value is not None}
    choices = [choice for choice in kept.pop("anyOf", []) if choice != {"type": "null"}]
    return {**kept, **choices[0]} if choices else kept
