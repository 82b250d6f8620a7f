"""Define the commands for a running system: ``logs``, ``token``, ``status``, ``quota``, ``ready`` and others."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import Work, YesOption, command
from rulemint_cli.commands.fields import ScopeOption, scopes_of
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.standard_error import say
from rulemint_shared.contract.log_records import Level
from rulemint_shared.demo_client import DEMO_CLIENT_ID


class RecordKind(StrEnum):
    """The types of records of a log."""

    LINE = "line"
    CALL = "call"
    STARTED = "invocation.started"
    ENDED = "invocation.ended"
    DIFF = "diff"


LOOK_INTERVAL_S = 0.3
WaitOption = Annotated[
    float, typer.Option(min=0, max=3_600, metavar="SECONDS", help="Wait so long for the system to be ready.")
]
AudienceOption = Annotated[str | None, typer.Option(help="The API's identifier.")]


def add_system_commands(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    command(app, watches=True)(logs)
    command(app)(token)
    command(app)(status)
    command(app)(quota)
    command(app, logs_in=True)(ready)
    command(app)(credentials)
    command(app, logs_in=True)(demo)


def logs(  # noqa: PLR0913  # each is an option of the command line
    call: Call,
    rule: Annotated[str | None, typer.Option(help="Only records of the rule with this name.")] = None,
    client: Annotated[str | None, typer.Option(help="Only records of the client with this id.")] = None,
    audience: Annotated[str | None, typer.Option(help="Only records of the API with this identifier.")] = None,
    invocation: Annotated[str | None, typer.Option(help="Only records of this token request (X-Request-Id).")] = None,
    level: Annotated[Level | None, typer.Option(help="Only records of this level or above.")] = None,
    kind: Annotated[RecordKind | None, typer.Option("--type", help="Only records of this type.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Only endings with this outcome: granted, denied, failed, failed:timeout, …")
    ] = None,
    contains: Annotated[str | None, typer.Option(help="Only messages that contain this text.")] = None,
    since: Annotated[str | None, typer.Option(help="Begin then: 10m, 2h or 1d ago, or 2026-11-25T08:00:00Z.")] = None,
    tail: Annotated[
        int | None, typer.Option(min=0, max=1_000, help="Begin with this many of the last. Default: 100, with -f none.")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> Work:
    """Show the logs of your tenant."""
    from rulemint_cli.system.log_query import question  # noqa: PLC0415  # each command loads what it needs

    filters = {
        "rule": rule,
        "client_id": client,
        "audience": audience,
        "invocation": invocation,
        "level": level,
        "type": kind,
        "outcome": outcome,
        "contains": contains,
    }
    query = question(filters, since=since, tail=tail, follow=follow)

    return _show_logs(call, query, invocation=invocation, ends_silently=follow or tail == 0)


async def _show_logs(call: Call, query: Mapping[str, str], *, invocation: str | None, ends_silently: bool) -> None:
    """Show what *query* finds. Say that it found nothing, unless it *ends silently*."""
    from rulemint_cli.system.logs import (  # noqa: PLC0415  # as above
        Counted,
        nothing_found,
        nothing_of,
        show_json,
        show_readably,
        watch,
    )

    async with call.admin() as admin:
        show = Counted(show_json(sys.stdout) if call.as_json else show_readably(call.output.console))
        await watch(admin, show, say, query=query)
    if invocation is not None and not show.count:
        raise CommandError(nothing_of(invocation))
    if not (show.count or ends_silently or call.as_json):
        say(nothing_found(query))


async def token(
    call: Call,
    client: Annotated[str | None, typer.Option(help="The client_id. Default: from the credentials.")] = None,
    audience: AudienceOption = None,
    scope: ScopeOption = None,
    *,
    decode: Annotated[bool, typer.Option("--decode", help="Print the claims, not the token.")] = False,
) -> None:
    """Ask for a token as a client does. Without options, ask for your own token for the management API.

    The client's secret comes from RULEMINT_CLIENT_SECRET, from standard input or from a prompt.
    """
    from rulemint_cli.system.token_request import Asked, ask, claims_of  # noqa: PLC0415  # as above

    own = call.credentials
    asked = Asked(
        client_id=client or own.client_id,
        client_secret=own.client_secret if client in {None, own.client_id} else call.secret(f"Secret of {client}"),
        audience=audience or own.audience,
        scope=scopes_of(scope),
    )
    async with call.admin() as admin:
        answer = await ask(admin, asked)
    if decode:
        claims = claims_of(answer)
        call.output.record(claims)
    elif call.as_json:
        call.output.json(answer)
    else:
        call.output.raw(f"{answer['access_token']}\n")


async def status(call: Call) -> None:
    """Show what is wrong, who is alive, and how many jobs wait. The exit code is 1 if no runner is alive."""
    from rulemint_cli.system.status import show_status  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        found = await admin.call("GET", "status")
    show_status(call.output, found)
    if not found["runners"]:
        raise typer.Exit(1)


async def quota(call: Call) -> None:
    """Show how much of your tenant's quotas is used, and what they refused in the last hour."""
    from rulemint_cli.system.quotas import show_quotas  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        found = await admin.call("GET", "quotas")
    show_quotas(call.output, found)


def ready(call: Call, wait: WaitOption = 0.0) -> Work:
    """Say whether the system is ready and how to go on with it. The exit code is 1 if it is not ready."""
    from rulemint_cli.system.next_steps import next_steps  # noqa: PLC0415  # as above
    from rulemint_cli.system.readiness import wait_until  # noqa: PLC0415  # as above

    left_s = _when_known(call, within_s=wait)

    async def run() -> None:
        url = call.credentials.url
        await wait_until(url, lambda found: found.is_ready, within_s=left_s, interval_s=LOOK_INTERVAL_S)
        async with call.admin() as admin:
            found = await next_steps(admin, program=call.settings.program)
        if call.as_json:
            call.output.json(found.for_programs)
        else:
            call.output.raw(found.text)

    return run()


async def credentials(call: Call) -> None:
    """Show the credentials that commands use: the URL, the client and its secret. Keep them to yourself.

    With --json they are an admin file, which --admin-file and `rulemint login` take.
    """
    found = call.stored_credentials
    call.output.record(
        {
            "issuer": found.url,
            "client_id": found.client_id,
            "client_secret": found.client_secret,
            "audience": found.audience,
        }
    )


def demo(
    call: Call,
    wait: WaitOption = 0.0,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the demo.")] = False,
    yes: YesOption = False,
) -> Work:
    """Make the demo API, client, client grant and rule in a running system, or remove them.

    The demo is for loopback only, because everybody knows its client secret.
    """
    left_s = _when_known(call, within_s=wait)
    return _remove_demo(call, yes=yes) if remove else _make_demo(call, within_s=left_s)


async def _make_demo(call: Call, *, within_s: float) -> None:
    from rulemint_cli.system import demo as demonstration  # noqa: PLC0415  # as above
    from rulemint_cli.system.readiness import wait_until  # noqa: PLC0415  # as above

    if within_s:
        url = call.credentials.url
        await wait_until(url, lambda found: found.can_get_first_records, within_s=within_s, interval_s=LOOK_INTERVAL_S)
    async with call.admin() as admin:
        await demonstration.make_demo(admin)
        curl = demonstration.curl_line(await admin.issuer())
    call.output.done({"client_id": DEMO_CLIENT_ID}, "The demo is ready. Ask for a token:")
    if not call.as_json:
        call.output.raw(f"\n{curl}\n")


async def _remove_demo(call: Call, *, yes: bool) -> None:
    from rulemint_cli.connection.nouns import called  # noqa: PLC0415  # as above
    from rulemint_cli.system import demo as demonstration  # noqa: PLC0415  # as above

    async with call.admin() as admin:
        found = await demonstration.find_demo(admin)
        if not found:
            call.output.done({"removed": []}, "nothing to remove: there is no demo here")
            return
        names = ", ".join(called(noun, record) for noun, record in found)
        call.confirm(f"Delete {names} at {admin.url}?", yes=yes)
        removed = await demonstration.remove_demo(admin, found)
    call.output.done({"removed": removed}, f"removed {', '.join(removed)}")


def _when_known(call: Call, *, within_s: float) -> float:
    """Wait for the credentials, which a new gateway writes while it starts. Return the seconds that are left.

    Raises:
        CommandError: there are none in time.
    """
    deadline = time.monotonic() + within_s
    while True:
        try:
            call.credentials  # noqa: B018  # kept from now on
        except UsageError:
            raise
        except CommandError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_INTERVAL_S)
        else:
            return max(0.0, deadline - time.monotonic())
