"""Define ``rulemint rules create``, ``deploy`` and ``watch``, which take a rule from its file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import Work, YesOption, command
from rulemint_cli.commands.rule_rollouts import roll_out
from rulemint_cli.rules import deployment_plan
from rulemint_cli.rules.check_options import CheckOptions
from rulemint_cli.rules.deployment_plan import Deployment, Wanted
from rulemint_cli.rules.rollout_options import RolloutOptions
from rulemint_cli.rules.rule_options import RuleOptions
from rulemint_cli.rules.running import if_disabled, running
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.standard_error import say

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The rule's file.")]


def add_file_commands(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    command(app)(create)
    command(app)(deploy)
    command(app, watches=True)(watch)


def _with_secrets(call: Call, options: RuleOptions) -> RuleOptions:
    """Ask for the value of each secret that is named without one, so that none need stand on a command line."""
    given = [each if "=" in each else f"{each}={call.asked_secret(each)}" for each in options.secret or []]
    return replace(options, secret=given or None)


def _wanted(file: Path, options: RuleOptions) -> Wanted:
    from rulemint_cli.cases.kept import wanted_with_cases  # noqa: PLC0415  # PyYAML, which --help does without

    return wanted_with_cases(file, options)


def create(call: Call, file: FileArgument, options: RuleOptions, *, checks: CheckOptions) -> Work:
    """Create a rule from FILE. Fail if a rule of that name exists."""
    return _create(call, file, _wanted(file, _with_secrets(call, options)), checks=checks)


async def _create(call: Call, file: Path, wanted: Wanted, *, checks: CheckOptions) -> None:
    async with call.admin(**checks.given) as admin:
        planned = await deployment_plan.plan(admin, wanted)
        if planned.existing is not None:
            raise CommandError(
                f"the rule {wanted.name} exists already: rulemint rules deploy {quote(str(file))} changes it"
            )
        await _carry_out(call, admin, planned)


def deploy(
    call: Call,
    file: FileArgument,
    options: RuleOptions,
    *,
    rollout: RolloutOptions,
    checks: CheckOptions,
    yes: YesOption = False,
) -> Work:
    """Show a diff, and create or change the rule in FILE. Options that are not given stay as they are."""
    options = _with_secrets(call, options)
    if (body := rollout.body) is not None:
        return _roll_out(call, _wanted(file, options), body, checks=checks, yes=yes)
    return _deploy(call, file, _wanted(file, options), checks=checks, yes=yes)


async def _roll_out(call: Call, wanted: Wanted, body: dict[str, Any], *, checks: CheckOptions, yes: bool) -> None:
    async with call.admin(**checks.given) as admin:
        planned = await deployment_plan.plan(admin, wanted)
        _show_diff(call, planned)
        shares = ", ".join(f"{share:g} %" for share in body["steps"])
        call.confirm(f"Begin a {body['kind']} of the rule {wanted.name} ({shares}) at {admin.url}?", yes=yes)
        await roll_out(call, admin, planned, body)


async def _deploy(call: Call, file: Path, wanted: Wanted, *, checks: CheckOptions, yes: bool) -> None:
    async with call.admin(**checks.given) as admin:
        planned = await deployment_plan.plan(admin, wanted)
        if not planned.is_needed:
            rule = planned.existing or {}
            call.output.done(rule, f"nothing changed: the rule {wanted.name} is as {file} has it{if_disabled(rule)}")
            _say_if_not_kept(planned)
            return
        _show_diff(call, planned)
        call.confirm(f"{planned.question} at {admin.url}?", yes=yes)
        await _carry_out(call, admin, planned)


def watch(call: Call, file: FileArgument, options: RuleOptions, *, yes: YesOption = False) -> Work:
    """Deploy FILE now and after each save, and show the rule's logs until Ctrl-C. A broken save changes nothing."""
    options = _with_secrets(call, options)
    return _watch(call, file, _wanted(file, options), partial(_wanted, file, options), yes=yes)


async def _watch(call: Call, file: Path, wanted: Wanted, latest: Callable[[], Wanted], *, yes: bool) -> None:
    from rulemint_cli.connection.management_api import DOES_NOT_LOAD, RED_CASES, RefusedError  # noqa: PLC0415  # HTTP
    from rulemint_cli.rules.deploying import OnlyADraftError  # noqa: PLC0415  # only watch needs it
    from rulemint_cli.rules.watching import watch_file  # noqa: PLC0415  # as above
    from rulemint_cli.system.logs import show_json, show_readably  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        first = await deployment_plan.plan(admin, wanted)
        if first.is_needed:
            _show_diff(call, first)
            call.confirm(f"{first.question} at {admin.url}, and again after each save of {file}?", yes=yes)
            try:
                await _carry_out(call, admin, first)
            except (RefusedError, OnlyADraftError) as error:
                if isinstance(error, RefusedError) and error.code not in {DOES_NOT_LOAD, RED_CASES}:
                    raise
                say(str(error))  # the next save may be better

        async def redeploy() -> None:
            planned = await deployment_plan.plan(admin, await asyncio.to_thread(latest))
            if planned.changes:
                await _carry_out(call, admin, planned)

        show = show_json(sys.stdout) if call.as_json else show_readably(call.output.console)
        await watch_file(admin, file, wanted.name, redeploy=redeploy, show=show, say=say)


def _show_diff(call: Call, planned: Deployment) -> None:
    from rulemint_cli.rules.deployment_report import deployment_rows  # noqa: PLC0415  # rich, which --help does without

    call.output.text(*deployment_rows(planned))


async def _carry_out(call: Call, admin: Admin, planned: Deployment) -> None:
    from rulemint_cli.rules.deploying import OnlyADraftError  # noqa: PLC0415  # what calls a system, as above
    from rulemint_cli.rules.deploying import deploy as carry_out  # noqa: PLC0415  # as above

    with call.bars.show(f"deploying {planned.wanted.name}", planned.step_count) as steps:
        rule = await carry_out(admin, planned, steps.done)
    _say_if_not_kept(planned)
    if admin.warnings:
        raise OnlyADraftError(admin.warnings.pop())
    call.output.done(rule, running(rule))


def _say_if_not_kept(planned: Deployment) -> None:
    for remark in planned.remarks:
        say(remark)
    if planned.wanted.message and not planned.makes_a_version:
        say("--message is not kept, because this makes no new version")
