"""The OpenAPI document as one readable page, with a side bar and nothing from elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from typing import Any

from rulemint_gateway.web.http.html_pages import html_page
from rulemint_gateway.web.openapi.look import REFERENCE
from rulemint_gateway.web.openapi.page_types import Schema, Types, anchor, prose

_ISSUER = "$URL"
"""Stands for the address in each example until somebody asks for the page."""


@dataclass
class Group:
    """The calls of one tag, or all types."""

    links: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)

    def entries(self, name: str) -> str:
        """The part of the side bar."""
        return f"<details open><summary>{escape(name)}</summary><ul>{''.join(self.links)}</ul></details>"

    def text(self, name: str) -> str:
        """The part of the page."""
        return f'<div><h2 id="{name.lower().replace(" ", "-")}">{escape(name)}</h2>{"".join(self.sections)}</div>'


def page(document: dict[str, Any]) -> str:
    """The whole page for *document*, to be put `at` an address."""
    info, types = document["info"], Types(document["components"]["schemas"])
    groups = {tag["name"]: Group() for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            verb, group = method.upper(), groups[operation["tags"][0]]
            small = f"<small>{verb} {escape(path.removeprefix('/api/v2'))}</small>"
            group.links.append(_entry(operation["operationId"], f"{escape(operation['summary'])} {small}"))
            group.sections.append(_operation(verb, path, operation, types))
    of_types = types.sections()
    groups["Types"] = Group([_entry(anchor(name), escape(name)) for name in of_types], list(of_types.values()))
    return html_page(
        "Rulemint: the API",
        '<aside><p><a href="/docs/">All pages</a> · <a href="/api/v2/openapi.json">openapi.json</a></p>',
        '<label hidden>Search <input id="search" type="search" placeholder="/"></label><nav>',
        *(group.entries(name) for name, group in groups.items()),
        "</nav></aside><main>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{prose(info['description'])}</p>",
        "<p>The examples are for this system. They need a token for the management API:</p>",
        '<pre>TOKEN=$(rulemint token)</pre><p id="nothing" hidden>Nothing here has all of these words.</p>',
        *(group.text(name) for name, group in groups.items()),
        "</main>",
        look=REFERENCE,
    )


def at(page: str, issuer: str) -> str:
    """The *page* with the address of *issuer*, which ends with a slash, in its examples."""
    return page.replace(_ISSUER, escape(issuer.rstrip("/")))


def _entry(target: str, label: str) -> str:
    return f'<li><a href="#{target}">{label}</a></li>'


def _operation(method: str, path: str, operation: dict[str, Any], types: Types) -> str:
    scopes = [scope for each in operation["security"] for scope in each.get("clientCredentials", [])]
    parts = [
        f'<section id="{operation["operationId"]}"><h3>{escape(operation["summary"])}</h3>',
        f"<p><code>{method} {escape(path)}</code></p><p>{prose(operation['description'])}</p>",
    ]
    if scopes:
        parts.append(f"<p>Scope: {', '.join(f'<code>{escape(scope)}</code>' for scope in scopes)}</p>")
    if parameters := operation["parameters"]:
        rows = ((f"{each['name']} ({each['in']})", each["schema"], each.get("description", "")) for each in parameters)
        parts.append(f"<details><summary>Parameters</summary>{types.table(rows)}</details>")
    body, example = _body_of(operation)
    if body is not None:
        parts.append(f"<p>Body: {types.words(body)}</p>")
        parts.append(f"<details><summary>Fields of the body</summary>{types.table(types.fields(body))}</details>")
    parts += [f"<pre>{escape(_curl(method, path, operation, example))}</pre>", _answers(operation, types)]
    return "".join([*parts, "</section>"])


def _body_of(operation: dict[str, Any]) -> tuple[Schema | None, Any]:
    """The schema and the example of the body, where it is JSON."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return (None, None) if content is None else (content["schema"], content.get("example"))


def _curl(method: str, path: str, operation: dict[str, Any], example: Any) -> str:
    lines = [f'curl -X {method} "{_ISSUER}{path}"']
    if operation["security"] and "clientCredentials" in operation["security"][0]:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if example is not None:
        text = json.dumps(example).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    return " \\\n  ".join(lines)


def _answers(operation: dict[str, Any], types: Types) -> str:
    rows = []
    for status, answer in operation["responses"].items():
        kinds = {media: types.words(content["schema"]) for media, content in answer.get("content", {}).items()}
        words = "<br>".join(f"{kind} <small>{escape(media)}</small>" for media, kind in kinds.items())
        rows.append(f"<tr><td>{status}</td><td>{escape(answer['description'])}</td><td>{words}</td></tr>")
    first: dict[str, Any] = next(iter(operation["responses"].values()))
    content: list[dict[str, Any]] = list(first.get("content", {}).values())
    example = content[0].get("example") if content else None
    shown = "" if example is None else f"<pre>{escape(json.dumps(example, indent=2))}</pre>"
    statuses = ", ".join(operation["responses"])
    return f"<details><summary>Answers: {statuses}</summary><table>{''.join(rows)}</table>{shown}</details>"
