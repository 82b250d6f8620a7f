"""Keep a case that was made of a token request: in a file of cases, or with a draft of its rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rulemint_cli.cases.reading import read_cases, read_cases_in
from rulemint_cli.configuration.yaml_text import dump, parse
from rulemint_cli.connection.management_api import RefusedError
from rulemint_cli.connection.nouns import RULES
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.text_files import check_can_be_written, read_text, write_text
from rulemint_shared.cases.format import MAX_CASES, MAX_KEPT_CASES

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

PRECONDITION_FAILED = 412

Made = dict[str, Any]
"""The answer of ``POST /api/v2/exchanges/{id}/case``."""


def file_text(made: Made) -> str:
    """Write a file of cases that has this one."""
    rule = {"rule": made["needs"]} if made["needs"] else {}
    return dump({**rule, "cases": [made["case"]]})


def check_file(file: Path) -> None:
    """Refuse a *file* that a case cannot be added to.

    Raises:
        UsageError: it cannot be read or written, or has as many cases as it may.
    """
    check_can_be_written(file, option="--into")
    if file.exists() and len(read_cases(file).content.cases) >= MAX_CASES:
        raise UsageError(f"{file} has {MAX_CASES} cases, and may have no more: begin another file")


def add_to_file(file: Path, made: Made) -> None:
    """Add the case to *file*, whose lines stay as they are; or begin it.

    Raises:
        UsageError: it has a case of that name, or is written in a way that nothing can be added to.
        CommandError: it cannot be written.
    """
    if not file.exists():
        write_text(file, file_text(made), option="--into")
        return
    read = read_cases(file)
    case = made["case"]
    if any(each.name == case["name"] for each in read.content.cases):
        raise UsageError(f"{file} has a case with the name {case['name']}: give this one another with --name")
    text = read_text(file)
    added = _with_item(text, dump([case]), called=str(file))
    cannot = f"{file} is written in a way that no case can be added to: put each case on lines of its own, after a dash"
    try:
        now = None if added is None else read_cases_in(added, file)
    except UsageError:
        now = None
    if added is None or now is None or now.content.cases[:-1] != read.content.cases:
        raise UsageError(cannot)
    write_text(file, added, option="--into")


async def add_to_draft(admin: Admin, made: Made) -> int:
    """Add the case to those of the rule, in a draft; the number of the draft.

    Raises:
        CommandError: the rule has as many cases as are kept; or the system refuses, or does not answer.
    """
    path, case = f"{RULES.path}/{made['rule_id']}", made["case"]
    rule, etag = await admin.call_matching("GET", path)
    shown = rule
    if rule["draft_version"]:
        shown = await admin.call("GET", f"{path}/versions/{rule['draft_version']}")
    if any(each["name"] == case["name"] for each in shown["cases"]):
        raise CommandError(f"the rule {rule['name']} has a case with this name: give this one another with --name")
    if len(shown["cases"]) >= MAX_KEPT_CASES:
        raise CommandError(f"the rule {rule['name']} has {MAX_KEPT_CASES} cases, and may have no more")
    body = {"cases": [*shown["cases"], case], "draft": True, "message": f"a test of {made['exchange_id']}"}
    try:
        changed, _ = await admin.call_matching("PATCH", path, body, etag=etag)
    except RefusedError as error:
        if error.status != PRECONDITION_FAILED:
            raise
        why = f"somebody else has just changed the rule {rule['name']}"
        raise CommandError(f"{why}, so the case was not added: run this again") from error
    return int(changed["draft_version"] or changed["version"])


def _with_item(text: str, item: str, *, called: str) -> str | None:
    """*text* with one more item at the end of its list ``cases``; None if that list does not stand in lines."""
    root = parse(text, called=called).node
    cases = next(
        (value for name, value in root.value if isinstance(root, yaml.MappingNode) and name.value == "cases"), None
    )
    if not isinstance(cases, yaml.SequenceNode) or cases.flow_style:
        return None
    lines = text.splitlines(keepends=True)
    line_end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    end = _end_of(cases)
    place = end.line if end.column == 0 else end.line + 1
    if lines and place >= len(lines) and not lines[-1].endswith("\n"):
        lines[-1] += line_end
    column = cases.start_mark.column
    new = [f"{' ' * column}{line}{line_end}" if line.strip() else line_end for line in item.splitlines()]
    return "".join([*lines[:place], *new, *lines[place:]])


def _end_of(node: yaml.Node) -> yaml.Mark:
    """The end of what *node* has last: that of a block is where the next thing begins, behind comments."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return node.end_mark
    last = node.value[-1]
    return _end_of(last[1] if isinstance(node, yaml.MappingNode) else last)
