"""Print the results of cases as a table, and write them as JSON or in JUnit's format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET  # XML is written here, never read

import msgspec
from rich.text import Text

from rulemint_cli.cases.running import CaseResult
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.output import Columns, Output
from rulemint_cli.terminal.printable import printable


class RuleResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The results of the cases of one rule."""

    rule: str
    """The rule's file, as text that any format can hold."""
    cases_file: str
    cases: list[CaseResult]
    stopped: str | None = None
    """The reason for which its cases could not be run; None: they were."""


def show_results(output: Output, results: Sequence[RuleResult]) -> None:
    """Print one row for each case, and how many hold."""
    cases = [case for result in results for case in result.cases]
    held = sum(case.holds for case in cases)
    if output.as_json:
        output.json({"results": results, "held": held, "failed": len(cases) - held})
        return
    rows = [{"rule": result.rule, "case": case} for result in results for case in result.cases]
    output.table(_columns(several=len(results) > 1), rows)
    style = "bold green" if held == len(cases) else "bold red"
    output.text(Text(f"{held} of {len(cases)} cases hold", style=style))


def _columns(*, several: bool) -> Columns:
    columns: Columns = {
        "case": lambda row: str(row["case"].case),
        "result": lambda row: Text("holds", style="green") if row["case"].holds else Text("differs", style="bold red"),
        "time": lambda row: f"{row['case'].duration_ms:.1f} ms",
        "first difference": lambda row: _first(row["case"]),
    }
    return {"rule": lambda row: str(row["rule"]), **columns} if several else columns


def _first(case: CaseResult) -> str:
    if not case.differences:
        return ""
    more = len(case.differences) - 1
    return case.differences[0] + (f" (and {more} more)" if more else "")


def write_junit(file: Path, results: Sequence[RuleResult]) -> None:
    """Write *results* to *file* in JUnit's format.

    Raises:
        CommandError: the file cannot be written.
    """
    root = ET.Element("testsuites", _counts(results), name="rulemint test")
    for result in results:
        suite = ET.SubElement(root, "testsuite", _counts([result]), name=result.rule, file=result.cases_file)
        for case in result.cases:
            _add_case(suite, result.rule, case)
        if result.stopped is not None:
            stopped = ET.SubElement(suite, "testcase", name="all cases", classname=result.rule)
            ET.SubElement(stopped, "error", message=result.stopped)
    ET.indent(root)
    try:
        ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}; name another file with --junit") from error


def _add_case(suite: ET.Element, rule: str, case: CaseResult) -> None:
    name, time = printable(case.case), f"{case.duration_ms / 1000:.4f}"
    element = ET.SubElement(suite, "testcase", name=name, classname=rule, time=time)
    if case.differences:
        texts = [printable(difference) for difference in case.differences]
        ET.SubElement(element, "failure", message=texts[0]).text = "\n".join(texts)


def _counts(results: Sequence[RuleResult]) -> dict[str, str]:
    cases = [case for result in results for case in result.cases]
    errors = sum(result.stopped is not None for result in results)
    counted: dict[str, Any] = {
        "tests": len(cases) + errors,
        "failures": sum(not case.holds for case in cases),
        "errors": errors,
        "time": f"{sum(case.duration_ms for case in cases) / 1000:.4f}",
    }
    return {name: str(value) for name, value in counted.items()}
