"""Parse YAML into plain values with their lines, and write plain values as YAML, always the same way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from rulemint_cli.terminal.errors import UsageError

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_UNUSUAL_BREAKS = re.compile("[\x85\u2028\u2029]")
"""Characters at which YAML 1.1 ends a line, so that they would be lost in a block of text."""
_WIDTH = 120


class _Loader(yaml.SafeLoader):
    """Load YAML, but read dates as texts, because JSON has no dates."""

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
    style = '"' if _UNUSUAL_BREAKS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


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
        _refuse_twins(node, called)
        return Parsed(loader.construct_document(node), node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{called}:{line}: not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"{called}: not valid YAML: {error}") from None
    finally:
        loader.dispose()


def dump(value: Any) -> str:
    """Write *value* as YAML, in its own order."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_WIDTH
    )
    return text


def _child(node: yaml.Node, key: str, index: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode) and key:
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and index.isdigit() and int(index) < len(node.value):
        found: yaml.Node = node.value[int(index)]
        return found
    return None


def _refuse_twins(node: yaml.Node, called: str) -> None:
    """Refuse a mapping that has a key twice, because PyYAML would silently take the last."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _refuse_twins(each, called)
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for name, value in node.value:
        if name.value in seen and isinstance(name, yaml.ScalarNode):
            raise UsageError(f"{called}:{name.start_mark.line + 1}: the key {name.value} occurs twice")
        seen.add(str(name.value))
        _refuse_twins(value, called)
