"""YAML: text → plain values with the line of each, and plain values → the same text every time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from rulemint_cli.terminal.errors import UsageError

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_UNUSUAL_BREAKS = re.compile("[\x85\u2028\u2029]")
"""YAML 1.1 ends a line there, and would not give them back."""
_WIDTH = 120


class _Loader(yaml.SafeLoader):
    """YAML as JSON has it: what looks like a date is a text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Dumper(yaml.SafeDumper):
    """Lists stand indented, texts of several lines as they are, and nothing is an alias of something else."""

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
    """A file's values, and where they stand."""

    value: Any
    node: yaml.Node

    def line_of(self, path: str) -> int:
        """The line of *path* as msgspec spells it (``$.clients[0].name``), or of the nearest thing above it."""
        node = self.node
        for key, index in _STEP.findall(path):
            found = _child(node, key, index)
            if found is None:
                break
            node = found
        return int(node.start_mark.line) + 1


def parse(text: str, *, called: str) -> Parsed:
    """Read *text*, which errors call *called*.

    Raises:
        UsageError: it is no YAML; the text says where.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise UsageError(f"{called} is empty: rulemint config export writes one to begin with")
        _refuse_twins(node, called)
        return Parsed(loader.construct_document(node), node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{called}:{line}: this is no YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"{called} is no YAML: {error}") from None
    finally:
        loader.dispose()


def dump(value: Any) -> str:
    """*value* as YAML, in the order that it has."""
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
    """PyYAML lets the last of two equal keys win; a file that says two things is refused instead."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _refuse_twins(each, called)
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for name, value in node.value:
        if name.value in seen and isinstance(name, yaml.ScalarNode):
            raise UsageError(f"{called}:{name.start_mark.line + 1}: {name.value} is there twice")
        seen.add(str(name.value))
        _refuse_twins(value, called)
