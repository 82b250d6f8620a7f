"""Define ``rulemint rules backtest``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.connection.nouns import RULES, called, find
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.standard_error import say

if TYPE_CHECKING:
    from rulemint_cli.rules.backtesting import Backtest


@dataclass(frozen=True, kw_only=True)
class DraftOptions:
    """The parts of a draft that its file does not say."""

    dep: Annotated[list[str] | None, typer.Option(help="A package of the draft, such as axios@1.")] = None
    allow_host: Annotated[list[str] | None, typer.Option(help="A host that the draft may call.")] = None
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=NUMBER", help="A limit of the draft, such as timeout_s=2.")
    ] = None


class FailOn(StrEnum):
    """The kinds of change that ``--fail-on`` takes."""

    NEWLY_DENIED = "newly-denied"
    NEWLY_FAILED = "newly-failed"
    NEWLY_GRANTED = "newly-granted"
    REFUSAL_CHANGED = "refusal-changed"
    SCOPE_GAINED = "scope-gained"
    SCOPE_LOST = "scope-lost"
    CLAIM_CHANGED = "claim-changed"
    SLOWER = "slower"
    ANYTHING = "anything"


class ChangesFoundError(CommandError):
    """The draft changes what it must not."""


def add_backtest(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app)(backtest)


async def backtest(
    call: Call,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The file of the draft; or a rule, whose draft it is.")],
    name: Annotated[
        str | None, typer.Option(help="The rule that FILE is a draft of. Default: the file's name.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="A version of the rule, in place of its draft.")] = None,
    since: Annotated[str, typer.Option(help="Since then: 10m, 2h or 7d ago, or 2026-11-25T08:00:00Z.")] = "7d",
    take: Annotated[int, typer.Option(min=1, max=10_000, help="Replay at most so many token requests.")] = 1_000,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option(metavar="KIND", help=f"Exit with status 1 if the draft does that: {', '.join(FailOn)}."),
    ] = None,
    *,
    draft: DraftOptions,
) -> None:
    """Replay recorded token requests with a draft, and show what it would have changed. Nothing is deployed."""
    from rulemint_cli.rules.backtest_report import backtest_rows  # noqa: PLC0415  # each command loads what it needs
    from rulemint_cli.rules.backtesting import AT_ONCE, since_ms_of  # noqa: PLC0415  # as above
    from rulemint_cli.rules.backtesting import backtest as carry_out  # noqa: PLC0415  # as above

    stored, wanted = _draft(rule, name, version)
    wanted |= _chosen(draft) | {"since_ms": since_ms_of(since)}
    async with call.admin() as admin:
        found = await find(admin, RULES, stored)
        with call.bars.show(f"replaying token requests of {called(RULES, found)}", -(-take // AT_ONCE)) as steps:
            result = await carry_out(admin, {"rule_id": found["id"], **wanted}, take=take, done=steps.done)
    if call.as_json:
        call.output.json(result)
    else:
        call.output.text(*backtest_rows(result))
    _check(result, fail_on or [])


def _draft(rule: str, name: str | None, version: int | None) -> tuple[str, dict[str, Any]]:
    """Return the name of the stored rule, and what takes its place."""
    from rulemint_cli.rules.rule_file import read_script, rule_name_of  # noqa: PLC0415  # as above

    file = Path(rule)
    if not file.is_file():
        if name is not None:
            raise UsageError(f"--name: there is no file {rule} that it could be for")
        if file.suffix or len(file.parts) > 1:  # no name of a rule has a dot or a slash
            raise UsageError(f"cannot read {rule}: it is not a file. Name a file, or a rule that has a draft")
        return rule, {} if version is None else {"version": version}
    if version is not None:
        raise UsageError(f"--version: it takes the place of a file. Name the rule and not {rule}")
    return name or rule_name_of(file), {"script": read_script(file)}


def _chosen(draft: DraftOptions) -> dict[str, Any]:
    from rulemint_cli.rules.rule_file import dependencies_of, limits_of  # noqa: PLC0415  # as above

    chosen: dict[str, Any] = {}
    if draft.dep:
        chosen["dependencies"] = dependencies_of(draft.dep)
    if draft.allow_host:
        chosen["allow_hosts"] = draft.allow_host
    if draft.limit:
        chosen["limits"] = limits_of(draft.limit)
    return chosen


def _check(result: Backtest, fail_on: list[FailOn]) -> None:
    from rulemint_cli.rules.backtesting import kinds_of  # noqa: PLC0415  # as above

    if fail_on and not result["coverage"]["replayed"]:
        say("nothing was replayed, so --fail-on has nothing to judge: rulemint tenants settings shows what is recorded")
    kinds = kinds_of(result)
    wrong = [each for each in fail_on if each.replace("-", "_") in kinds or (each is FailOn.ANYTHING and kinds)]
    if wrong:
        raise ChangesFoundError(f"the draft has what --fail-on names: {', '.join(wrong)}")
