"""Define ``rulemint test``, which runs the cases of rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import Work, command
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.printable import printable
from rulemint_cli.terminal.text_files import check_can_be_written
from rulemint_shared.contract.records import Language

if TYPE_CHECKING:
    from rulemint_cli.cases.report import RuleResult
    from rulemint_cli.cases.running import CaseResult, RuleToTest

TEST_TIMEOUT_S = 120.0
"""Of one case. Long, because packages may have to be installed first."""


def add_test_command(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app, "test")(run_tests)


def run_tests(  # noqa: PLR0913  # each is an option of the command line
    call: Call,
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, metavar="RULE...", help="Files of rules.")
    ],
    cases: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The cases, for each rule. Default: RULE.cases.yaml."),
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(help='The client of cases that name none: an id, a name, or JSON like {"metadata": {…}}.'),
    ] = None,
    secret: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A secret of the rule, in place of the cases' own.")
    ] = None,
    dep: Annotated[
        list[str] | None, typer.Option(help="A package, such as axios@1. Replaces the list of the file.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host that the rule may call. Replaces the list of the file.")
    ] = None,
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=NUMBER", help="A limit of the rule, such as timeout_s=2.")
    ] = None,
    language: Annotated[Language | None, typer.Option(help="The language. Default: from the file's suffix.")] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results there in JUnit's format.")
    ] = None,
) -> Work:
    """Run the cases of rules in the sandbox of a running system. Nothing is deployed, and no token is issued.

    The exit code is 0 if all cases hold, 1 if one does not or the system does not answer, and 2 if a file or an
    option is wrong.
    """
    from rulemint_cli.rules.given_client import given_client  # noqa: PLC0415  # each command loads what it needs
    from rulemint_cli.rules.rule_file import secret_pairs  # noqa: PLC0415  # as above

    chosen = _chosen(dep, allow_host, limit)
    secrets = secret_pairs(secret or [])
    others: dict[str, Any] = {} if client is None else {"client": given_client(client)}
    return _test(call, [_to_test(file, cases, language, chosen, secrets=secrets, **others) for file in files], junit)


def _chosen(dep: list[str] | None, allow_host: list[str] | None, limit: list[str] | None) -> dict[str, Any]:
    """Return the parts of a rule that the command line replaces."""
    from rulemint_cli.rules.rule_file import dependencies_of, limits_of  # noqa: PLC0415  # as above

    chosen: dict[str, Any] = {}
    if dep:
        chosen["dependencies"] = dependencies_of(dep)
    if allow_host:
        chosen["allow_hosts"] = allow_host
    if limit:
        chosen["limits"] = limits_of(limit)
    return chosen


def _to_test(
    file: Path, cases: Path | None, language: Language | None, chosen: dict[str, Any], **others: Any
) -> RuleToTest:
    """Read the rule in *file* and its cases; what was *chosen* goes before what they say of the rule."""
    from rulemint_cli.cases.reading import file_of_cases, read_cases  # noqa: PLC0415  # as above
    from rulemint_cli.cases.running import RuleToTest  # noqa: PLC0415  # as above
    from rulemint_cli.rules.rule_file import language_of, read_script, rule_name_of  # noqa: PLC0415  # as above

    found = read_cases(cases or file_of_cases(file))
    rule = {
        "name": rule_name_of(file),
        "script": read_script(file),
        "language": language_of(file, language),
        **msgspec.to_builtins(found.content.rule),
        **chosen,
    }
    return RuleToTest(file=file, rule=rule, cases=found, **others)


async def _test(call: Call, wanted: list[RuleToTest], junit: Path | None) -> None:
    from rulemint_cli.cases.report import show_results, write_junit  # noqa: PLC0415  # as above
    from rulemint_cli.cases.running import run_cases  # noqa: PLC0415  # as above

    results: list[RuleResult] = []
    if junit is not None:
        check_can_be_written(junit, option="--junit")
    try:
        async with call.admin(timeout_s=TEST_TIMEOUT_S) as admin:
            with call.bars.show("running cases", sum(len(each.cases.content.cases) for each in wanted)) as steps:
                for each in wanted:
                    ran = await run_cases(admin, each, steps.done)
                    results.append(_result(each, ran))
    except CommandError as error:
        if junit is not None:  # what ran before is not lost, and a report says why there is no more
            write_junit(junit, [*results, _result(wanted[len(results)], [], stopped=str(error))])
        raise
    show_results(call.output, results)
    if junit is not None:
        write_junit(junit, results)
    if not all(case.holds for result in results for case in result.cases):
        raise typer.Exit(1)


def _result(tested: RuleToTest, ran: list[CaseResult], *, stopped: str | None = None) -> RuleResult:
    from rulemint_cli.cases.report import RuleResult  # noqa: PLC0415  # as above

    return RuleResult(
        rule=printable(str(tested.file)), cases_file=printable(str(tested.cases.file)), cases=ran, stopped=stopped
    )
