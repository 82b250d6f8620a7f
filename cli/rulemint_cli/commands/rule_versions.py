"""Define ``rulemint rules versions``, ``rollback``, ``deploy-version``, ``diff`` and ``power``."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import YesOption, command
from rulemint_cli.connection.nouns import RULES, Record, called, find, path_of
from rulemint_cli.rules.check_options import CheckOptions
from rulemint_cli.rules.running import running
from rulemint_cli.terminal.errors import CommandError

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

RuleArgument = Annotated[str, typer.Argument(metavar="ID", help="The rule's name or id.")]
VersionArgument = Annotated[int, typer.Argument(min=1, help="The version's number.")]


def add_version_commands(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    command(app)(versions)
    command(app)(rollback)
    command(app, "deploy-version")(deploy_version)
    command(app)(diff)
    command(app)(power)


async def versions(call: Call, rule: RuleArgument) -> None:
    """List the versions of a rule, newest first."""
    async with call.admin() as admin:
        found = await admin.list(f"{path_of(RULES, await find(admin, RULES, rule))}/versions")
    call.output.fields_table(("number", "deployed", "draft", "created_at", "language", "case_count", "message"), found)


async def deploy_version(
    call: Call,
    rule: RuleArgument,
    version: VersionArgument,
    *,
    checks: CheckOptions,
    yes: YesOption = False,
) -> None:
    """Run another version of a rule, with the secrets that the rule has now."""
    async with call.admin(**checks.given) as admin:
        record = await find(admin, RULES, rule)
        call.confirm(f"Run version {version} of {called(RULES, record)} at {admin.url}?", yes=yes)
        await _deploy(call, admin, record, version)


async def rollback(
    call: Call,
    rule: RuleArgument,
    to: Annotated[
        int | None, typer.Option("--to", metavar="VERSION", min=1, help="Default: the version that ran before.")
    ] = None,
    *,
    checks: CheckOptions,
    yes: YesOption = False,
) -> None:
    """Go back to the version of a rule that ran before, or to an older one. Secrets stay as they are now."""
    async with call.admin(**checks.given) as admin:
        record = await find(admin, RULES, rule)
        version = await _before(admin, record) if to is None else to
        if version == record["version"]:
            raise CommandError(f"version {version} of {called(RULES, record)} runs already: {_shown_by(record)}")
        found = await admin.call("GET", f"{path_of(RULES, record)}/versions/{version}")
        message = f" “{found['message']}”" if found["message"] else ""
        call.confirm(
            f"Run version {version}{message} of {called(RULES, record)} in place of version {record['version']} "
            f"at {admin.url}?",
            yes=yes,
        )
        await _deploy(call, admin, record, version)


async def _before(admin: Admin, rule: Record) -> int:
    """Return the version that ran before, or the newest older one where nobody noted it.

    Raises:
        CommandError: there is none.
    """
    if previous := rule.get("previous_version"):
        return int(previous)
    versions = await admin.list(f"{path_of(RULES, rule)}/versions")
    older = [each["number"] for each in versions if each["number"] < rule["version"] and not each["draft"]]
    if not older:
        raise CommandError(f"{called(RULES, rule)} has no earlier version: {_shown_by(rule)}, --to takes one of them")
    return int(max(older))


def _shown_by(rule: Record) -> str:
    return f"rulemint rules versions {quote(str(rule['name']))} shows all"


async def _deploy(call: Call, admin: Admin, rule: Record, version: int) -> None:
    deployed = await admin.call("POST", f"{path_of(RULES, rule)}/versions/{version}/deploy")
    call.output.done(deployed, running(deployed))


async def diff(
    call: Call,
    rule: RuleArgument,
    old: Annotated[int | None, typer.Option("--from", min=1, help="Default: the version that runs.")] = None,
    new: Annotated[int | None, typer.Option("--to", min=1, help="Default: the draft, or else the newest.")] = None,
) -> None:
    """Show the difference between two versions of a rule."""
    from rulemint_cli.terminal.differences import change_rows, diff_rows  # noqa: PLC0415  # rich, as --help does without

    query = {name: number for name, number in (("from", old), ("to", new)) if number is not None}
    async with call.admin() as admin:
        found = await admin.call("GET", f"{path_of(RULES, await find(admin, RULES, rule))}/diff", query=query)
    if call.as_json:
        call.output.json(found)
        return
    rows = diff_rows(found["script"].splitlines())
    rows += change_rows({name: (change["from"], change["to"]) for name, change in found["changed"].items()})
    if rows:
        call.output.text(*rows)
    else:
        call.output.text(f"versions {found['from']} and {found['to']} are the same")


async def power(
    call: Call,
    rule: RuleArgument,
    version: Annotated[int | None, typer.Option("--version", min=1, help="Default: the version that runs.")] = None,
) -> None:
    """Show what a version was seen to use over its cases and tapes: claims, scopes, hosts, APIs.

    Of a version that does not run it shows what the one that runs was not seen to use.
    """
    from rulemint_cli.rules.power_report import power_rows  # noqa: PLC0415  # rich, as --help does without

    async with call.admin() as admin:
        record = await find(admin, RULES, rule)
        path, runs = f"{path_of(RULES, record)}/versions", record["version"]
        shown = await admin.call("GET", f"{path}/{version or runs or record['draft_version']}")
        running_one = await admin.call("GET", f"{path}/{runs}") if runs and runs != shown["number"] else None
    if call.as_json:
        call.output.json({"power": shown["power"], "seen_power": shown.get("seen_power")})
    else:
        call.output.text(*power_rows(shown, running_one))
