"""Make the console's copies of what rules are told and begin with, and of what filters take.

``make sdk`` runs it. A test fails when a copy is not what this program makes.

The types of both languages become one shape: ``{"types": {name: {"doc", "members"}}, "globals": {name: {"type",
"doc"}}}``. A member has its ``type`` as it is written, its ``doc``, and ``members`` of its own if its type stands right
there.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from rulemint_cli.configuration.yaml_text import parse
from rulemint_cli.rules.templates import CASES, TEMPLATES, languages_of
from rulemint_gateway.log_hub.reading import RecordType
from rulemint_gateway.oauth.outcomes import OF_EXCHANGES
from rulemint_shared.contract.log_records import Level
from rulemint_shared.contract.outcome_names import OF_INVOCATIONS

ROOT = Path(__file__).parents[1]
FOLDER = "gateway/rulemint_gateway/web/console/derived"
TYPES = "cli/rulemint_cli/rules/editor_types/rulemint"
_NOTE = "// Made by sdk/derive_console.py: run `make sdk`.\n"
_DOC = re.compile(r"\s*/\*\*(.*?)\*/", re.DOTALL)
_COMMENT = re.compile(r"\s*//[^\n]*")
_MEMBER = re.compile(r"\s*(?:readonly\s+)?(?P<name>[A-Za-z_$][\w$]*)(?P<optional>\?)?\s*(?=[:(])")
_DECLARED = re.compile(r"\s*(?:declare\s+)?(?P<kind>interface|type|class)\s+(?P<name>\w+)")
_INLINE = re.compile(r"\{.*\}", re.DOTALL)
_OPEN, _CLOSE = "{([", "})]"


def main() -> None:
    """Write every file that differs."""
    for name, text in derived().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(name)  # noqa: T201  # the one who calls wants to know


def derived() -> dict[str, str]:
    """The text of each file, by its path from the repository's root."""
    types = {
        "javascript": of_typescript((ROOT / f"{TYPES}.d.ts").read_text()),
        "python": of_python((ROOT / f"{TYPES}.pyi").read_text()),
    }
    return {
        f"{FOLDER}/rule_types.js": f"{_NOTE}export const RULE_TYPES = {_spelled(types)};\n",
        f"{FOLDER}/filters.js": f"{_NOTE}export const FILTER_VALUES = {_spelled(_filters())};\n",
        f"{FOLDER}/templates.js": f"{_NOTE}export const TEMPLATES = {_spelled(_templates())};\n",
    }


def _filters() -> dict[str, list[str]]:
    """The values of the filters that have closed lists, as the gateway takes them."""
    return {
        "level": [str(each) for each in Level],
        "type": [str(each) for each in RecordType],
        "outcome_of_endings": list(OF_INVOCATIONS),
        "outcome_of_requests": list(OF_EXCHANGES),
    }


def _templates() -> list[dict[str, object]]:
    """Each example in each of its languages, with its cases as a version of a rule keeps them."""
    found: list[dict[str, object]] = []
    for name, purpose in TEMPLATES.items():
        for language, file in languages_of(name).items():
            written = _read(file.with_name(f"{name}{CASES}"))
            defaults = written.get("defaults", {})
            found.append(
                {
                    "name": name,
                    "purpose": purpose,
                    "language": str(language),
                    "lines": file.read_text().split("\n"),
                    "cases": [{**defaults, **case} for case in written["cases"]],
                    "needs": written.get("rule", {}),
                }
            )
    return found


def _read(file: Path) -> dict[str, Any]:
    value: dict[str, Any] = parse(file.read_text(), called=str(file), start_from="").value
    return value


def _spelled(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True)


def of_typescript(text: str) -> dict[str, Any]:
    """The interfaces of the namespace in *text*, and what it declares outside of it."""
    start = text.index("declare namespace")
    body_at = text.index("{", start) + 1
    end = _end_of(text, body_at)
    types = {name: found for name, kind, found in _declarations(text[body_at:end]) if kind == "interface"}
    declared = _declarations(text[end + 1 :])
    return {"types": types, "globals": {name: {"type": kind, "doc": found["doc"]} for name, kind, found in declared}}


def of_python(text: str) -> dict[str, Any]:
    """The classes of *text*, and its functions and classes as what may be imported."""
    types: dict[str, Any] = {}
    names: dict[str, Any] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            types[node.name] = {"doc": _doc(node), "members": _python_members(node)}
            names[node.name] = {"type": "class", "doc": _doc(node)}
        elif isinstance(node, ast.FunctionDef):
            names[node.name] = {"type": _signature(node), "doc": _doc(node)}
    return {"types": types, "globals": names}


def _python_members(node: ast.ClassDef) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            members[each.target.id] = {"type": ast.unparse(each.annotation), "doc": ""}
        elif isinstance(each, ast.FunctionDef):
            members[each.name] = {"type": _signature(each), "doc": _doc(each)}
    return members


def _signature(node: ast.FunctionDef) -> str:
    arguments = re.sub(r"^self(, )?", "", ast.unparse(node.args))
    return f"({arguments}) -> {ast.unparse(node.returns) if node.returns else 'None'}"


def _doc(node: ast.ClassDef | ast.FunctionDef) -> str:
    return " ".join((ast.get_docstring(node) or "").replace("``", "`").split())


def _declarations(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Each declaration of *text*: its name, its kind, and its ``doc`` and ``members``."""
    found = []
    at, doc = 0, ""
    while at < len(text):
        at, doc = _past_comments(text, at, doc)
        declared = _DECLARED.match(text, at)
        if declared is None:
            at += 1
            continue
        end, members = _past(text, declared.end(), ";"), {}
        if declared["kind"] != "type":
            body_at = text.index("{", declared.end()) + 1
            end = _end_of(text, body_at)
            members = _members(text[body_at:end]) if declared["kind"] == "interface" else {}
        found.append((declared["name"], declared["kind"], {"doc": doc, "members": members}))
        at, doc = end + 1, ""
    return found


def _members(text: str) -> dict[str, Any]:
    """The members of an interface, by their names. Of a method that stands several times, the first counts."""
    members: dict[str, Any] = {}
    at, doc = 0, ""
    while at < len(text):
        at, doc = _past_comments(text, at, doc)
        named = _MEMBER.match(text, at)
        if named is None:
            at += 1
            continue
        end = _past(text, named.end(), ";")
        kind = " ".join(text[named.end() : end].removeprefix(":").split())
        member: dict[str, Any] = {"type": f"{kind}{' | undefined' if named['optional'] else ''}", "doc": doc}
        if _INLINE.fullmatch(kind):
            inside = text[text.index("{", named.end()) + 1 : end]
            member |= {"type": "object", "members": _members(inside[: inside.rindex("}")])}
        members.setdefault(named["name"], member)
        at, doc = end + 1, ""
    return members


def _past_comments(text: str, at: int, doc: str) -> tuple[int, str]:
    """Go past comments; *doc* becomes the last one that documents."""
    while True:
        if documented := _DOC.match(text, at):
            at, doc = documented.end(), " ".join(documented[1].replace("*", " ").split())
        elif comment := _COMMENT.match(text, at):
            at = comment.end()
        else:
            return at, doc


def _past(text: str, at: int, mark: str) -> int:
    """The place of the next *mark* that no bracket encloses, or the end."""
    depth = 0
    while at < len(text) and not (depth == 0 and text[at] == mark):
        depth += (text[at] in _OPEN) - (text[at] in _CLOSE)
        at += 1
    return at


def _end_of(text: str, at: int) -> int:
    """The place of the brace that closes the block whose inside begins at *at*."""
    return _past(text, at, "}")


if __name__ == "__main__":
    main()
