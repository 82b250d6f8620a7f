"""Define ``rulemint exchanges``: the token requests of the tenant, and the reason of each failure."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import Work, YesOption, command
from rulemint_cli.commands.exchange_ids import HELP, IdArgument, given_id
from rulemint_cli.commands.help_pages import Group
from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.printable import printable_json
from rulemint_cli.terminal.standard_error import say

if TYPE_CHECKING:
    from rulemint_cli.system.exchanges import Exchange

MOST_OF_THE_PAST = 1_000


class _ListsByDefault(Group):
    """``rulemint exchanges -f`` is ``rulemint exchanges list -f``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] != "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


exchanges = typer.Typer(
    cls=_ListsByDefault,
    rich_markup_mode=None,
    help="Token requests: what became of each, and why. Without a command, list them.",
)

ClientOption = Annotated[str | None, typer.Option(help="Only requests of the client with this id.")]
RuleOption = Annotated[str | None, typer.Option(help="Only requests for which the rule with this name ran.")]
OutcomeOption = Annotated[
    str | None,
    typer.Option(help="Only this outcome: granted, denied, failed, refused, or one such as failed:timeout."),
]
JtiOption = Annotated[str | None, typer.Option(help="Only the request that got the token with this jti.")]


@command(exchanges, "list", watches=True)
def list_(  # noqa: PLR0913  # each is an option of the command line
    call: Call,
    client: ClientOption = None,
    rule: RuleOption = None,
    outcome: OutcomeOption = None,
    jti: JtiOption = None,
    since: Annotated[str | None, typer.Option(help="Since then: 10m, 2h or 1d ago, or 2026-11-25T08:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="Before then, written as for --since.")] = None,
    tail: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_OF_THE_PAST, help="This many of the last. Default: 20, with -f none."),
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> Work:
    """List token requests, the newest last, also those with a wrong secret.

    With --json -f, each is one line of JSON.
    """
    from rulemint_cli.system import exchanges as requests  # noqa: PLC0415  # each command loads what it needs

    filters = requests.filters_of(client=client, rule=rule, outcome=outcome, since=since, until=until, jti=jti)
    past = _of_the_past(tail, has_since=since is not None, follow=follow)

    async def run() -> None:
        async with call.admin() as admin:
            place = await requests.place_of_the_newest(admin) if follow else None  # what comes later is followed
            found = await requests.newest(admin, filters, count=past)
            if call.as_json and not follow:
                call.output.json(found)
                return
            show = _show_json if call.as_json else _show_row(call)
            for each in found:
                show(each)
            if not found and past and not follow:
                say(requests.NOTHING_FOUND)
            if follow:
                place = found[-1]["log_id"] if found else place
                await requests.follow(admin, filters, show, say, place=place)

    return run()


@command(exchanges)
async def show(
    call: Call,
    exchange: Annotated[
        str | None,
        typer.Argument(metavar="ID", help=HELP),
    ] = None,
    client: ClientOption = None,
    rule: RuleOption = None,
    outcome: OutcomeOption = None,
    *,
    last: Annotated[
        bool,
        typer.Option("--last", help="The newest of other clients than your own; with filters, the newest of those."),
    ] = False,
) -> None:
    """Show all about one token request: reason, rules and what they changed, log lines, calls, times."""
    from rulemint_cli.system import exchanges as requests  # noqa: PLC0415  # as above
    from rulemint_cli.system.exchange_report import report  # noqa: PLC0415  # as above

    filters = requests.filters_of(client=client, rule=rule, outcome=outcome)
    if exchange is not None:
        exchange = given_id(exchange)
    if last == (exchange is not None) or (filters and not last):
        raise UsageError("give the ID of a token request, or --last, which takes filters")
    async with call.admin() as admin:
        if exchange is None:
            found = await requests.find_last(admin, filters)
        else:
            found = await requests.find(admin, exchange)
    if call.as_json:
        call.output.json(found)
    else:
        for row in report(found):
            call.output.console.print(row, soft_wrap=True)


@command(exchanges)
async def replay(
    call: Call,
    exchange: IdArgument,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change the request first: client.metadata.plan=gold, scope+=write, request.query.trial-=, or JSON by "
            "request.body.seats:=10. Repeat it.",
        ),
    ] = None,
) -> None:
    """Replay a token request from its tape: no call leaves, nothing is kept. Exit status 1: it diverged, or unknown.

    With --set, show what the change makes different.
    """
    from rulemint_cli.system import replays  # noqa: PLC0415  # as above
    from rulemint_cli.system.replay_report import replay_rows  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        replayed = await replays.replay(admin, given_id(exchange), change or [])
    _show(call, replayed, replay_rows)
    if replayed["verdict"] in {replays.DIVERGED, replays.UNKNOWN}:
        raise typer.Exit(1)


@command(exchanges)
async def save_as_test(
    call: Call,
    exchange: IdArgument,
    name: Annotated[str | None, typer.Option(help="The case's name. Default: who asked, and how it ended.")] = None,
    rule: Annotated[
        str | None, typer.Option(help="The rule of the flow that the case is for, by its name or id.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add it to this file of cases, or begin one.")
    ] = None,
    *,
    draft: Annotated[bool, typer.Option("--draft", help="Add it to the cases of a draft of the rule.")] = False,
) -> None:
    """Make a case of a token request that left a tape, for rulemint test and the cases of a rule. It has no secret.

    Without --into and --draft it is printed, as a file of cases.
    """
    from rulemint_cli.cases import saving  # noqa: PLC0415  # as above
    from rulemint_cli.system import replays  # noqa: PLC0415  # as above

    if into is not None:
        saving.check_file(into)
    async with call.admin() as admin:
        made = await replays.case(admin, given_id(exchange), name=name or "", rule=rule or "")
        if draft:
            version = await saving.add_to_draft(admin, made)
            say(f"added the case to the draft {version} of the rule {made['rule']}")
            say(f"rulemint rules versions {quote(made['rule'])} shows it, and deploy-version tests it and has it live")
    if into is not None:
        saving.add_to_file(into, made)
        say(f"added the case to {into}, and rulemint test FILE --cases {quote(str(into))} runs it")
    for each in made["could_not_know"]:
        say(each)
    if call.as_json:
        call.output.json(made)
    elif into is None and not draft:
        sys.stdout.write(saving.file_text(made))


@command(exchanges)
async def tape(
    call: Call,
    exchange: IdArgument,
    *,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the tape; the record stays.")] = False,
    yes: YesOption = False,
) -> None:
    """Show the tape of a token request: what its rules were given, asked and were told. Secrets are masked."""
    from rulemint_cli.system import replays  # noqa: PLC0415  # as above
    from rulemint_cli.system.replay_report import tape_rows  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        if delete:
            whole = await replays.whole_id(admin, given_id(exchange))
            call.confirm(f"Delete the tape of {whole} at {admin.url}?", yes=yes)
            await replays.delete_tape(admin, whole)
            call.output.done({"deleted": whole}, f"the tape of {whole} is deleted")
            return
        found = await replays.tape(admin, given_id(exchange))
    _show(call, found, tape_rows)


@command(exchanges)
async def delete_tapes(
    call: Call,
    client: Annotated[str | None, typer.Option(help="Only tapes of the client with this id.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only tapes of flows with the rule of this id.")] = None,
    *,
    yes: YesOption = False,
) -> None:
    """Delete the tapes of a client, of a rule, or all; records and the log stay."""
    from rulemint_cli.system import replays  # noqa: PLC0415  # as above

    of = " and ".join(f"{kind} {each}" for kind, each in (("client", client), ("rule", rule)) if each)
    async with call.admin() as admin:
        call.confirm(f"Delete the tapes of {of or 'all token requests'} at {admin.url}?", yes=yes)
        deleted = await replays.delete_tapes(admin, client=client, rule=rule)
    call.output.done({"deleted": deleted}, f"deleted {deleted} tape{'s' * (deleted != 1)}")


def _show(call: Call, found: Any, rows: Any) -> None:
    if call.as_json:
        call.output.json(found)
    else:
        for row in rows(found):
            call.output.console.print(row, soft_wrap=True)


def _of_the_past(tail: int | None, *, has_since: bool, follow: bool) -> int:
    from rulemint_cli.system.exchanges import USUAL_TAIL  # noqa: PLC0415  # as above

    if tail is not None:
        return tail
    if has_since:
        return MOST_OF_THE_PAST
    return 0 if follow else USUAL_TAIL


def _show_row(call: Call) -> Any:
    from rulemint_cli.system.exchange_report import row_of  # noqa: PLC0415  # as above

    console = call.output.console
    return lambda exchange: console.print(row_of(exchange), soft_wrap=True)


def _show_json(exchange: Exchange) -> None:
    import msgspec  # noqa: PLC0415  # as above

    sys.stdout.write(printable_json(msgspec.json.encode(exchange).decode()) + "\n")
    sys.stdout.flush()
