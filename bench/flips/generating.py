"""Generates rules that refuse, or leave a claim out, until a request has what a condition wants of it.

A case is a kind of condition, in words of its own for each language: names and values are drawn, so no two are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

JAVASCRIPT, PYTHON = "javascript", "python"
KEYS = ("plan", "tier", "region", "team", "level", "owner")
WORDS = ("gold", "silver", "copper", "north", "blue", "prod", "beta", "alpha")


class Flippable(NamedTuple):
    """A rule, its condition's kind, what is missing, and the metadata of the client that asks."""

    kind: str
    language: str
    script: str
    want: str
    metadata: dict[str, str]


class _Condition(NamedTuple):
    """One condition in both languages, and the metadata with which it does not hold."""

    javascript: str
    python: str
    metadata: dict[str, str]


def _equality(random: Random) -> _Condition:
    key, word = random.choice(KEYS), random.choice(WORDS)
    return _Condition(f"meta.{key} === '{word}'", f"meta.get('{key}') == '{word}'", {key: "other"})


def _threshold(random: Random) -> _Condition:
    key, bound = random.choice(KEYS), random.randint(5, 900)
    return _Condition(f"Number(meta.{key}) > {bound}", f"int(meta['{key}']) > {bound}", {key: "3"})


def _derived(random: Random) -> _Condition:
    key, bound = random.choice(KEYS), random.randint(50, 900)
    return _Condition(
        f"Number(meta.{key}) * 3 - 1 <= {bound}", f"int(meta['{key}']) * 3 - 1 <= {bound}", {key: str(bound * 2)}
    )


def _membership(random: Random) -> _Condition:
    key, words = random.choice(KEYS), random.sample(WORDS, 3)
    return _Condition(f"{words}.includes(meta.{key})", f"meta.get('{key}') in {words}", {key: "none"})


def _prefix(random: Random) -> _Condition:
    key, word = random.choice(KEYS), random.choice(WORDS)
    return _Condition(
        f"(meta.{key} || '').startsWith('{word}-')", f"meta.get('{key}', '').startswith('{word}-')", {key: "x"}
    )


def _pattern(random: Random) -> _Condition:
    key, word = random.choice(KEYS), random.choice(WORDS)
    return _Condition(
        rf"/^{word}-\d{{2}}$/.test(meta.{key})", rf"re.match(r'^{word}-\d{{2}}$', meta['{key}'])", {key: "x"}
    )


def _nested(random: Random) -> _Condition:
    key, name, bound = random.choice(KEYS), random.choice(WORDS), random.randint(5, 90)
    return _Condition(
        f"JSON.parse(meta.{key} || '{{}}').{name} >= {bound}",
        f"json.loads(meta.get('{key}', '{{}}')).get('{name}', 0) >= {bound}",
        {key: f'{{"{name}": 2, "more": true}}'},
    )


def _scope(random: Random) -> _Condition:
    word = random.choice(WORDS)
    return _Condition(f"scope.includes('read:{word}')", f"'read:{word}' in scope", {})


def _body(random: Random) -> _Condition:
    key, word = random.choice(KEYS), random.choice(WORDS)
    return _Condition(f"body.{key} === '{word}'", f"body.get('{key}') == '{word}'", {})


def _header(random: Random) -> _Condition:
    key, word = random.choice(KEYS), random.choice(WORDS)
    return _Condition(f"headers['x-{key}'] === '{word}'", f"headers.get('x-{key}') == '{word}'", {})


def _boolean(random: Random) -> _Condition:
    key = random.choice(KEYS)
    return _Condition(f"JSON.parse(meta.{key}) === true", f"json.loads(meta['{key}']) is True", {key: "false"})


def _absent(random: Random) -> _Condition:
    key = random.choice(KEYS)
    return _Condition(f"!('{key}' in meta)", f"'{key}' not in meta", {key: "there"})


def _present(random: Random) -> _Condition:
    key = random.choice(KEYS)
    return _Condition(f"meta.{key}", f"meta.get('{key}')", {})


def _length(random: Random) -> _Condition:
    key, size = random.choice(KEYS), random.randint(4, 12)
    return _Condition(f"(meta.{key} || '').length === {size}", f"len(meta.get('{key}', '')) == {size}", {key: "xy"})


def _both(random: Random) -> _Condition:
    one, other, word = random.choice(KEYS[:3]), random.choice(KEYS[3:]), random.choice(WORDS)
    bound = random.randint(5, 90)
    return _Condition(
        f"meta.{one} === '{word}' && Number(meta.{other}) >= {bound}",
        f"meta.get('{one}') == '{word}' and int(meta.get('{other}', 0)) >= {bound}",
        {one: "x", other: "1"},
    )


def _either(random: Random) -> _Condition:
    one, other = _prefix(random), _scope(random)
    return _Condition(
        f"({one.javascript}) || ({other.javascript})", f"({one.python}) or ({other.python})", one.metadata
    )


_KINDS: dict[str, Callable[[Random], _Condition]] = {
    "equality": _equality,
    "threshold": _threshold,
    "derived number": _derived,
    "membership": _membership,
    "prefix": _prefix,
    "pattern": _pattern,
    "nested metadata": _nested,
    "scope": _scope,
    "body field": _body,
    "header": _header,
    "boolean": _boolean,
    "absent key": _absent,
    "present key": _present,
    "length": _length,
    "and": _both,
    "or": _either,
}
_SHAPES = ("refuses", "leaves a claim out", "asks twice", "names first", "asks a function")


def flippable(random: Random, number: int) -> Flippable:
    """Rule *number* of a row: kinds, languages and shapes in turn, names and values by chance."""
    kind = list(_KINDS)[number // 2 % len(_KINDS)]
    language = (JAVASCRIPT, PYTHON)[number % 2]
    condition = _KINDS[kind](random)
    shape = random.choice(_SHAPES)
    make = _javascript if language == JAVASCRIPT else _python
    script, metadata = make(condition, shape, random)
    want = "claim:extra" if shape == "leaves a claim out" else "token"
    return Flippable(f"{kind}, {shape}", language, script, want, metadata)


def _javascript(condition: _Condition, shape: str, random: Random) -> tuple[str, dict[str, str]]:
    holds = condition.javascript
    match shape:
        case "leaves a claim out":
            body = f"if ({holds}) claims.extra = 1;"
        case "asks twice":
            body = f"if (meta.status !== 'active') throw new Error('closed');\n  if (!({holds})) throw new Error('no');"
        case "names first":
            body = f"const isFine = {holds};\n  if (isFine) claims.fine = true;\n  else throw new Error('no');"
        case "asks a function":
            body = f"const isFine = () => {{ return {holds}; }};\n  if (!isFine()) throw new Error('no');"
        case _:
            body = f"if (!({holds})) throw new Error('no');"
    metadata = {**condition.metadata, **({"status": "new"} if shape == "asks twice" else {})}
    if random.random() < 0.3 and "headers" not in holds:  # an action sees no headers
        return (
            f"""exports.onExecuteCredentialsExchange = async (event, api) => {{
  const meta = event.client.metadata, body = event.request.body, scope = event.accessToken.scope, claims = {{}};
  {body.replace("throw new Error('no')", "return api.access.deny('access_denied', 'no')")}
  for (const [name, value] of Object.entries(claims)) api.accessToken.setCustomClaim(name, value);
}};
""",
            metadata,
        )
    return (
        f"""export default async ({{ client, scope, audience, context }}) => {{
  const meta = client.metadata, claims = {{}};
  const {{ body, webtask: {{ headers }} }} = context;
  {body}
  return claims;
}};
""",
        metadata,
    )


def _python(condition: _Condition, shape: str, _random: Random) -> tuple[str, dict[str, str]]:
    holds = condition.python
    match shape:
        case "leaves a claim out":
            body = f"if {holds}:\n        claims['extra'] = 1"
        case "asks twice":
            body = (
                "if meta.get('status') != 'active':\n        raise AccessDenied('closed')\n"
                f"    if not ({holds}):\n        raise AccessDenied('no')"
            )
        case "names first":
            body = f"is_fine = {holds}\n    if not is_fine:\n        raise AccessDenied('no')"
        case "asks a function":
            body = (
                f"def is_fine():\n        if {holds}:\n            return True\n        return False\n"
                "    if not is_fine():\n        raise AccessDenied('no')"
            )
        case _:
            body = f"if not ({holds}):\n        raise AccessDenied('no')"
    metadata = {**condition.metadata, **({"status": "new"} if shape == "asks twice" else {})}
    return (
        f"""import json, re

def rule(client, scope, audience, context):
    meta, claims = client["metadata"], {{}}
    body, headers = context["body"], context["webtask"]["headers"]
    {body}
    return claims
""",
        metadata,
    )
