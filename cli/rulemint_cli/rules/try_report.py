"""Print the result of ``rulemint try``: outcome, scopes, claims, the error and its place, calls, log lines."""

from __future__ import annotations

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from rulemint_cli.rules.trying import DENIED, GRANTED, Call, Dropped, Error, Line, Tried
from rulemint_cli.terminal.printable import printable
from rulemint_shared.contract.messages import FailureReason

_STYLES = {"debug": "dim", "info": "", "warn": "yellow", "error": "red"}
MAX_SHOWN = 160
"""Characters of a source line. A longer one would wrap, and the caret would stand under the wrong column."""


def show_tried(tried: Tried, *, file: str, script: str, console: Console) -> None:
    """Print *tried*, the result for *script*, whose name is *file*."""
    for row in report(tried, file=file, script=script):
        console.print(row, soft_wrap=True)


def report(tried: Tried, *, file: str, script: str) -> list[Text]:
    """Return the rows. Each is one printable line."""
    rows = [headline(tried)]
    rows += result_rows(tried)
    rows += [labelled("  left out", f"{each.name}: {each.why}", style="yellow") for each in tried.dropped]
    if tried.error is not None:
        rows += error_rows(tried.error, file, script.splitlines())
    rows += [call_row(call) for call in tried.calls]
    rows += [row for line in own_lines(tried.lines, tried.dropped, tried.error) for row in line_rows(line)]
    if tried.lines_left_out:
        rows.append(labelled("  log", f"{tried.lines_left_out} more lines were left out", style="yellow"))
    return rows


def headline(tried: Tried) -> Text:
    """Return the outcome, and how long it took."""
    row = Text()
    row.append(f"■ {printable(tried.outcome)}", style=f"bold {style_of(tried.outcome)}")
    row.append(f"  {tried.duration_ms:.1f} ms", style="dim")
    return row


def style_of(outcome: str) -> str:
    """Return the style of an outcome."""
    return "green" if outcome == GRANTED else "yellow" if outcome == DENIED else "red"


def result_rows(tried: Tried) -> list[Text]:
    """Return the scopes and claims that a token would have. Without a token there are none."""
    if tried.outcome != GRANTED:
        return []
    claims = [labelled(f"  {name}", msgspec.json.encode(value).decode()) for name, value in tried.claims.items()]
    return [labelled("  scope", " ".join(tried.scope) or "(none)"), *claims]


def error_rows(error: Error, file: str, source: list[str]) -> list[Text]:
    """Return the error, its line of the file with a caret under the column if known, and the rule's stack."""
    if error.line is None:
        return [labelled(f"  {error.code}", error.message, style="red")]
    at = f"{file}:{error.line}" + (f":{error.column}" if error.column else "")
    rows = [labelled(f"  {at}", error.message, style="red")]
    if 0 < error.line <= len(source):
        rows += _source_rows(error.line, source[error.line - 1].expandtabs(1), error.column)
    stack = [] if error.code == FailureReason.SYNTAX else error.detail.splitlines()[1:]
    return rows + [labelled("   ", text.strip(), style="dim") for text in stack]


def _source_rows(number: int, code: str, column: int | None) -> list[Text]:
    """Return one line of the file and a caret. Of a very long line, the part around *column*."""
    column = min(column or 0, len(code) + 1)
    start = max(0, column - MAX_SHOWN // 2) if len(code) > MAX_SHOWN else 0
    shown = "".join(char if char.isprintable() else "?" for char in code[start : start + MAX_SHOWN])
    rows = [Text(f"  {number:>4} │ {shown}")]
    if column:
        before = cell_len(shown[: column - start - 1])
        rows.append(Text(f"  {'':>4} │ {'':{before}}").append("^", style="bold red"))
    return rows


def call_row(call: Call) -> Text:
    """Return a row on *call*."""
    ended = call.error if call.status is None else str(call.status)
    row = labelled("  ↗", f"{call.method} {call.host} → {ended}", style="red" if call.status is None else "")
    return row.append(f"  {call.duration_ms:.1f} ms, {call.bytes_received} bytes", style="dim")


def own_lines(lines: list[Line], dropped: list[Dropped], error: Error | None) -> list[Line]:
    """Return *lines* without those in which the runner says what was *dropped*, and the *error*."""
    shown = {f"left out {each.name}: {each.why}" for each in dropped}
    if error is not None:
        shown |= {error.detail, error.code}
    return [line for line in lines if line.message not in shown]


def line_rows(line: Line) -> list[Text]:
    """Return one row for each line of a log line's text."""
    style = _STYLES.get(line.level, "")
    first, *others = line.message.split("\n")
    return [
        labelled(f"  {line.level:<5}", first, style=style),
        *(labelled("       ", text, style=style) for text in others),
    ]


def labelled(label: str, text: str, *, style: str = "") -> Text:
    """Return a row of *label* and *text*, both printable."""
    row = Text()
    row.append(printable(label), style="cyan")
    row.append("  ")
    row.append(printable(text), style=style)
    return row
