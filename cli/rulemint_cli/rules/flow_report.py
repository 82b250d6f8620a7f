"""Print the result of ``rulemint try --flow``: each rule with what it did, then what the token would have."""

from __future__ import annotations

import msgspec
from rich.console import Console
from rich.text import Text

from rulemint_cli.rules.try_report import (
    call_row,
    error_rows,
    headline,
    labelled,
    line_rows,
    own_lines,
    result_rows,
    style_of,
)
from rulemint_cli.rules.trying import GRANTED, Tried, TriedRule
from rulemint_cli.terminal.printable import printable

NOT_RUN = "not_run"


def show_tried_flow(tried: Tried, rules: list[TriedRule], *, file: str, script: str, console: Console) -> None:
    """Print *tried* and its *rules*. *script* is the text of *file*, if one of the rules is a draft."""
    for each in flow_report(tried, rules, file=file, script=script):
        console.print(each, soft_wrap=True)


def flow_report(tried: Tried, rules: list[TriedRule], *, file: str, script: str) -> list[Text]:
    """Return the rows. Each is one printable line."""
    rows = [labelled("note", remark, style="yellow") for remark in tried.remarks]
    if not rules:
        rows.append(labelled("no rule runs", "for this client and this API"))
    for number, rule in enumerate(rules, 1):
        rows += [_head(number, rule, file), *_changes(rule)]
        ends_here = rule.outcome not in {GRANTED, NOT_RUN}
        if ends_here and tried.error is not None:
            is_draft = rule.version is None
            name = file if is_draft else tried.error.file or rule.rule
            rows += error_rows(tried.error, name, script.splitlines() if is_draft else [])
        rows += [call_row(call) for call in rule.calls]
        rows += [each for line in own_lines(rule.lines, rule.dropped, tried.error) for each in line_rows(line)]
    if tried.error is not None and not any(rule.outcome not in {GRANTED, NOT_RUN} for rule in rules):
        rows += error_rows(tried.error, file, [])
    return [*rows, headline(tried), *result_rows(tried)]


def _head(number: int, rule: TriedRule, file: str) -> Text:
    version = file if rule.version is None else f"version {rule.version}"
    head = labelled(f"{number} {rule.rule}", version)
    if rule.outcome == NOT_RUN:
        return head.append("  did not run", style="dim")
    head.append(f"  {printable(rule.outcome)}", style=style_of(rule.outcome))
    return head.append(f"  {rule.duration_ms:.1f} ms", style="dim")


def _changes(rule: TriedRule) -> list[Text]:
    rows = [labelled("  + scope", name) for name in rule.scope_added]
    rows += [labelled("  - scope", name) for name in rule.scope_removed]
    rows += [labelled(f"  + {name}", _shown(value)) for name, value in rule.claims_added.items()]
    rows += [
        labelled(f"  ~ {name}", f"{_shown(change.before)} → {_shown(change.after)}")
        for name, change in rule.claims_changed.items()
    ]
    return rows + [labelled("  left out", f"{each.name}: {each.why}", style="yellow") for each in rule.dropped]


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode()
