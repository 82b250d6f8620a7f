"""Define ``rulemint rules``. The commands for files and versions are in modules of their own."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.commands.fields import SetOption, assigned, changes_of, given
from rulemint_cli.commands.noun_commands import add_delete, noun_app
from rulemint_cli.commands.rule_backtest import add_backtest
from rulemint_cli.commands.rule_deploy import add_file_commands
from rulemint_cli.commands.rule_rollouts import add_rollout
from rulemint_cli.commands.rule_versions import add_version_commands
from rulemint_cli.connection.nouns import CLIENTS, RULES, called, find, found, path_of
from rulemint_cli.rules.check_options import CheckOptions
from rulemint_cli.rules.pause import pause_in_words
from rulemint_cli.rules.rule_options import RuleFields, fields_of
from rulemint_cli.terminal.standard_error import say

rules = noun_app(RULES, "Rules: your code, which decides what is in a token.")

RuleArgument = Annotated[str, typer.Argument(metavar="ID", help="The rule's name or id.")]


@command(rules)
async def show(call: Call, rule: RuleArgument) -> None:
    """Show one rule with its script, and the names of its cases."""
    async with call.admin() as admin:
        record = await admin.call("GET", path_of(RULES, await find(admin, RULES, rule)))
    if pause := record.get("pause"):
        call.output.text(f"it pauses {pause_in_words(pause)}", "")
    call.output.record(record, but=("script", "cases", "pause"))
    if cases := record.get("cases"):
        call.output.text("", f"{len(cases)} cases:", *(f"  {case['name']}" for case in cases))
    call.output.text("", *str(record["script"]).expandtabs(4).splitlines())


@command(rules)
async def update(
    call: Call,
    rule: RuleArgument,
    name: Annotated[str | None, typer.Option(help="The rule's name, for people.")] = None,
    order: Annotated[int | None, typer.Option(help="The rule's place in the flow.")] = None,
    fields: SetOption = None,
    *,
    options: RuleFields,
    checks: CheckOptions,
) -> None:
    """Change a rule: the fields that are given. Use deploy for its script, and secrets set for its secrets."""
    from rulemint_cli.cases.kept import cases_to_keep, kept_cases  # noqa: PLC0415  # heavy, and --help does without
    from rulemint_cli.rules.bound_to import bound_to  # noqa: PLC0415  # as above
    from rulemint_cli.rules.deploying import OnlyADraftError  # noqa: PLC0415  # what calls a system, as above

    cases = cases_to_keep(None, options.cases, leave_out=False)
    kept: dict[str, Any] = {} if cases is None else {"cases": []}
    changes = changes_of(given(name=name, order=order) | fields_of(options) | assigned(fields) | kept)
    body = changes | given(message=options.message)
    async with call.admin(**checks.given) as admin:
        if cases is not None:
            body["cases"] = await kept_cases(admin, cases)
        body, remarks = await bound_to(admin, body)
        changed = await admin.call("PATCH", path_of(RULES, await find(admin, RULES, rule)), body)
        for remark in remarks:
            say(remark)
        if admin.warnings:
            raise OnlyADraftError(admin.warnings.pop())
    call.output.record(changed, but=("script", "cases"))


async def _switch(call: Call, rule: str, *, enabled: bool) -> None:
    async with call.admin() as admin:
        record = await find(admin, RULES, rule)
        changed = await admin.call("PATCH", path_of(RULES, record), {"enabled": enabled})
    call.output.done(changed, f"{'enabled' if enabled else 'disabled'} {called(RULES, record)}")


@command(rules)
async def enable(call: Call, rule: RuleArgument) -> None:
    """Enable a rule: it runs for its clients and APIs."""
    await _switch(call, rule, enabled=True)


@command(rules)
async def disable(call: Call, rule: RuleArgument) -> None:
    """Disable a rule: it is not in the flow."""
    await _switch(call, rule, enabled=False)


@command(rules)
async def resume(
    call: Call,
    rule: RuleArgument,
    client: Annotated[str | None, typer.Option(help="End the pause for this client only: its name or id.")] = None,
) -> None:
    """End the pause of a rule that kept failing, for all clients or for one."""
    async with call.admin() as admin:
        record = await find(admin, RULES, rule)
        body = {} if client is None else {"client_id": (await find(admin, CLIENTS, client))["client_id"]}
        resumed = await admin.call("POST", f"{path_of(RULES, record)}/resume", body)
    clients = "all clients" if client is None else f"the client {resumed['client_id']}"
    call.output.done(resumed, f"{called(RULES, record)} runs again for {clients}")


@command(rules)
async def order(
    call: Call,
    wanted: Annotated[list[str], typer.Argument(metavar="ID…", help="The names or ids of rules, in their new order.")],
) -> None:
    """Put rules into an order, first to last. Rules that are not named come after them, in the order that they have."""
    async with call.admin() as admin:
        flow, etag = await admin.call_matching("GET", "flow")
        records = await admin.list(RULES.path)
        named = [str(found(records, RULES, each)["id"]) for each in wanted]
        ids = [*named, *(rule_id for rule_id in flow["rules"] if rule_id not in named)]
        ordered, _ = await admin.call_matching("PUT", "flow", {"rules": ids}, etag=etag)
    names = {record["id"]: str(record["name"]) for record in records}
    call.output.done(ordered, f"the flow is now {', '.join(names.get(each, each) for each in ordered['rules'])}")


add_file_commands(rules)
add_version_commands(rules)
add_backtest(rules)
add_rollout(rules)
add_delete(rules, RULES, what=" with its versions and secrets")
