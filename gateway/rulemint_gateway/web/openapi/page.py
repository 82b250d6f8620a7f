"""The OpenAPI document as one readable page: no script, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from rulemint_gateway.web.http.html_pages import html_page

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


def page(document: dict[str, Any]) -> str:
    """The whole page for *document*."""
    info, tags = document["info"], [tag["name"] for tag in document["tags"]]
    schemas = document["components"]["schemas"]
    sections: dict[str, list[str]] = {tag: [] for tag in tags}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            sections[operation["tags"][0]].append(_operation(method.upper(), path, operation, schemas))
    return html_page(
        "Rulemint: the API",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{_text(info['description'])}</p>",
        '<p>The same for programs: <a href="/api/v2/openapi.json">openapi.json</a>. In the examples',
        " <code>$URL</code> is the issuer without its last slash,",
        " <code>$TOKEN</code> a token for the management API.</p><nav>",
        *(f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in tags),
        "</nav>",
        *(f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>{"".join(found)}' for tag, found in sections.items()),
    )


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    scopes = [scope for each in operation["security"] for scope in each.get("clientCredentials", [])]
    parts = [
        f'<section id="{operation["operationId"]}"><h3>{escape(operation["summary"])}</h3>',
        f"<p><code>{method} {escape(path)}</code></p><p>{_text(operation['description'])}</p>",
    ]
    if scopes:
        parts.append(f"<p>Scope: {', '.join(f'<code>{escape(scope)}</code>' for scope in scopes)}</p>")
    if parameters := operation["parameters"]:
        rows = ((f"{each['name']} ({each['in']})", each["schema"], each.get("description", "")) for each in parameters)
        parts.append(_table("Parameters", rows, schemas))
    body, example = _body_of(operation)
    if body is not None:
        parts.append(_table("Body", _fields(body, schemas), schemas))
    parts += [f"<pre>{escape(_curl(method, path, operation, example))}</pre>", _answers(operation)]
    return "".join([*parts, "</section>"])


def _body_of(operation: dict[str, Any]) -> tuple[dict[str, Any] | None, Any]:
    """The schema and the example of the body, where it is JSON."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return (None, None) if content is None else (content["schema"], content.get("example"))


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any], str]]:
    schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "properties" not in schema:
        return [("the body itself", schema, "")]
    required = schema.get("required", [])
    return [
        (f"{name}{' (required)' if name in required else ''}", field, field.get("description", ""))
        for name, field in schema["properties"].items()
    ]


def _table(title: str, rows: Iterable[tuple[str, dict[str, Any], str]], schemas: dict[str, Any]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td>"
        f"<td>{escape(_kind(schema, schemas))}</td><td>{_text(meaning)}</td></tr>"
        for name, schema, meaning in rows
    )
    return f"<details><summary>{title}</summary><table>{cells}</table></details>"


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A schema in words: its type and its bounds."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _kind(schemas[name], schemas) if "enum" in schemas[name] else name
    if choices := schema.get("anyOf"):
        return " or ".join(_kind(choice, schemas) for choice in choices)
    if values := schema.get("enum"):
        return ", ".join(str(value) for value in values)
    bounds = [words.format(schema[name]) for name, words in _BOUNDS.items() if name in schema]
    if isinstance(items := schema.get("items"), dict):
        bounds.append(f"each {_kind(items, schemas)}")
    return ", ".join([str(schema.get("type", "anything")), *bounds])


def _curl(method: str, path: str, operation: dict[str, Any], example: Any) -> str:
    lines = [f'curl -X {method} "$URL{path}"']
    if operation["security"] and "clientCredentials" in operation["security"][0]:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if example is not None:
        text = json.dumps(example).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    return " \\\n  ".join(lines)


def _answers(operation: dict[str, Any]) -> str:
    answers = operation["responses"].items()
    words = ", ".join(f"{status} {escape(answer['description'])}" for status, answer in answers)
    shown = ""
    first: dict[str, Any] = next(iter(operation["responses"].values()))
    content: list[dict[str, Any]] = list(first.get("content", {}).values())
    example = content[0].get("example") if content else None
    if example is not None:
        shown = f"<pre>{escape(json.dumps(example, indent=2))}</pre>"
    return f"<details><summary>Answers: {words}</summary>{shown}</details>"


def _text(markdown: str) -> str:
    """Text with `code` between backticks."""
    pieces = escape(markdown).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))


def _anchor(tag: str) -> str:
    return tag.lower().replace(" ", "-")
