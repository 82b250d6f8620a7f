"""Parse YAML into plain values with their lines, and write plain values as YAML, always the same way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.parser import ParserError
from yaml.scanner import ScannerError

from rulemint_cli.terminal.errors import UsageError

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_UNUSUAL_BREAKS = re.compile("[\x85\u2028\u2029]")
"""Characters at which YAML 1.1 ends a line, so that they would be lost in a block of text."""
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that show the text around them in another order than it has."""
_WITH_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+\Z")
_WIDTH = 120
_MAX_ALIASED = 100_000
"""Values that aliases may add to those that are written. Otherwise a few lines become more than memory holds."""
_JSON_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map"))
_TAG_DOES_NOT_FIT = (LookupError, TypeError, AttributeError)
"""The errors that PyYAML raises for ``!!int ''``, ``!!bool maybe`` and their kind."""


def _refuse_tag(_loader: yaml.SafeLoader, node: yaml.Node) -> None:
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    problem = f"JSON has no {tag}: write a text, a number, true, false, null, a list or a mapping"
    raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


class _Loader(yaml.SafeLoader):
    """Load YAML, but only what JSON has too: dates are texts, and sets or bytes are refused."""

    yaml_constructors = {
        None: _refuse_tag,
        **{tag: construct for tag, construct in yaml.SafeLoader.yaml_constructors.items() if tag in _JSON_TAGS},
    }
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Dumper(yaml.SafeDumper):
    """Write YAML with indented lists, with blocks for texts of several lines, and without aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # PyYAML's
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = '"' if _UNUSUAL_BREAKS.search(text) or _TURNS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
for _kind in (_Loader, _Dumper):  # YAML 1.2 and JSON have 1e4, which PyYAML's 1.1 takes for a text
    _kind.add_implicit_resolver("tag:yaml.org,2002:float", _WITH_EXPONENT, list("-+0123456789"))


@dataclass(frozen=True)
class Parsed:
    """The values of a file, and their places."""

    value: Any
    node: yaml.Node

    def line_of(self, path: str) -> int:
        """Return the line of *path*, such as ``$.clients[0].name``, or of the nearest value above it."""
        node = self.node
        for key, index in _STEP.findall(path):
            found = _child(node, key, index)
            if found is None:
                break
            node = found
        return int(node.start_mark.line) + 1


def parse(text: str, *, called: str, start_from: str = "rulemint config export writes one to start from") -> Parsed:
    """Parse *text*, which errors call *called*. *start_from* is the advice for an empty text.

    Raises:
        UsageError: the text is not valid YAML; the error says where.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise UsageError(f"{called} is empty: {start_from}")
        written = _written(node, called)
        if _expanded(node, {}, called) - len(written) > _MAX_ALIASED:
            raise UsageError(f"{called}: its aliases stand for more than {_MAX_ALIASED} values: write fewer of them")
        return Parsed(loader.construct_document(node), node)
    except (ScannerError, ParserError) as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        hint = "look for a wrong indentation, colon, bracket or quotation mark here or above"
        raise UsageError(f"{called}:{line}: not valid YAML: {hint}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{called}:{line}: not valid YAML: {error.problem}") from None
    except RecursionError:
        raise UsageError(f"{called}: its values are nested too deep") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(f"{called}: not valid YAML: {error}") from None
    except _TAG_DOES_NOT_FIT:
        raise UsageError(f"{called}: not valid YAML: a value does not fit its tag, such as !!int or !!bool") from None
    finally:
        loader.dispose()


def dump(value: Any) -> str:
    """Write *value* as YAML, in its own order."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_WIDTH
    )
    return _TURNS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)  # they are in double quotes


def _child(node: yaml.Node, key: str, index: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode) and key:
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and index.isdigit() and int(index) < len(node.value):
        found: yaml.Node = node.value[int(index)]
        return found
    return None


def _written(root: yaml.Node, called: str) -> dict[int, yaml.Node]:
    """Return every node below *root* once, by its identity.

    Raises:
        UsageError: a mapping has a key twice, of which PyYAML would silently take the last, or a key that is no text.
    """
    found: dict[int, yaml.Node] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in found:
            continue
        found[id(node)] = node
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, called)
        waiting += _children(node)
    return found


def _check_keys(node: yaml.MappingNode, called: str) -> None:
    seen = set()
    for name, _ in node.value:
        at = f"{called}:{name.start_mark.line + 1}"
        if not isinstance(name, yaml.ScalarNode):
            raise UsageError(f"{at}: a key must be a text; put what begins with {{ or [ between quotation marks")
        if name.value in seen:
            raise UsageError(f"{at}: the key {name.value} occurs twice")
        seen.add(name.value)


def _expanded(node: yaml.Node, known: dict[int, int | None], called: str) -> int:
    """Count the values of *node*, those behind an alias each time. *known* are the counts of nodes; None: under way."""
    if id(node) in known:
        count = known[id(node)]
        if count is None:
            raise UsageError(f"{called}:{node.start_mark.line + 1}: a value contains itself by an alias")
        return count
    known[id(node)] = None
    known[id(node)] = count = 1 + sum(_expanded(child, known, called) for child in _children(node))
    return count


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
