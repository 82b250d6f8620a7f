"""``rulemint``: arguments in, exit code out, one sentence for whatever is wrong.

0 is done, 1 failed, 2 used wrongly, 78 a machine that does not contain rules.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from rulemint_cli.errors import CommandError
from rulemint_cli.settings import ClientSettings, DevSettings
from rulemint_shared.records import Language
from rulemint_shared.settings import SettingsError, read_settings, render_help

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=True, rich_markup_mode=None)
sandbox = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What holds rules on this machine.")
app.add_typer(sandbox, name="sandbox")

AdminFileOption = Annotated[Path | None, typer.Option(help="The admin file; by default the one that dev wrote.")]
UrlOption = Annotated[str | None, typer.Option(help="Where the gateway is; by default the admin file's issuer.")]


@app.callback()
def _rulemint() -> None:
    """Rulemint: a self-hosted token service for machines."""


@app.command(epilog=render_help(DevSettings).replace("\n\n", "\n\n\b\n"))  # \b: click leaves the lines alone
def dev() -> None:
    """Run the whole system on this machine, with an embedded Valkey, until Ctrl-C."""
    from rulemint_cli.console import Console  # noqa: PLC0415  # each command loads what it needs: --help stays quick

    try:
        from rulemint_cli.dev import run_dev  # noqa: PLC0415  # as above
    except ModuleNotFoundError as error:
        _fail(f"this installation has no {error.name}, which dev needs: run it from a checkout (make run)")

    _run(lambda: run_dev(read_settings(DevSettings), Console()))


@app.command()
def logs(
    admin_file: AdminFileOption = None,
    url: UrlOption = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON record a line.")] = False,
) -> None:
    """Watch the live logs of the default tenant until Ctrl-C."""
    from rich.console import Console  # noqa: PLC0415  # as above

    from rulemint_cli.admin import AdminFile, open_admin, read_admin_file  # noqa: PLC0415  # as above
    from rulemint_cli.logs import show_readably, watch  # noqa: PLC0415  # as above

    def show_json(data: bytes) -> None:
        sys.stdout.write(data.decode() + "\n")
        sys.stdout.flush()

    async def run(file: AdminFile) -> None:
        async with open_admin(file, url) as admin:
            show = show_json if json else show_readably(Console())
            await watch(admin, show, _say)

    _run(lambda: run(read_admin_file(_admin_file(admin_file))))


@app.command("try")
def try_(  # noqa: PLR0913  # each is an option of the command line
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The rule.")],
    client: Annotated[str, typer.Option(help="The client_id of the client that asks.")],
    audience: Annotated[str | None, typer.Option(help="The API; by default the client's first.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="The scopes; by default all of the client grant.")] = None,
    secret: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, for the rule.")] = None,
    dep: Annotated[list[str] | None, typer.Option(help="A package, such as axios@1.")] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="A host that it may call.")] = None,
    limit: Annotated[list[str] | None, typer.Option(help="NAME=NUMBER, such as timeout_s=2 or memory_mb=128.")] = None,
    ip: Annotated[str | None, typer.Option(help="Where the token request comes from.")] = None,
    user_agent: Annotated[str | None, typer.Option(help="What sends it.")] = None,
    body: Annotated[str | None, typer.Option(help="Its parameters as JSON, instead of what the client sends.")] = None,
    language: Annotated[Language | None, typer.Option(help="By default what the file's suffix says.")] = None,
    admin_file: AdminFileOption = None,
    url: UrlOption = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Run the rule in FILE as for a token, without one: 0 if it grants, 1 if it denies or fails."""
    from rich.console import Console  # noqa: PLC0415  # as above

    from rulemint_cli.admin import AdminFile, open_admin, read_admin_file  # noqa: PLC0415  # as above
    from rulemint_cli.try_report import show_tried  # noqa: PLC0415  # as above
    from rulemint_cli.trying import GRANTED, TRY_TIMEOUT_S, Options, UsageError, body_of, read_script, try_rule  # noqa: PLC0415  # as above

    options = Options(
        client=client,
        audience=audience,
        scope=scope or [],
        secrets=secret or [],
        dependencies=dep or [],
        allow_hosts=allow_host or [],
        limits=limit or [],
        ip=ip,
        user_agent=user_agent,
        body=body,
        language=language,
    )
    try:
        script = read_script(file)
        wanted = body_of(file, script, options)
    except UsageError as error:
        _fail(str(error), code=2)

    async def run(credentials: AdminFile) -> None:
        async with open_admin(credentials, url, timeout_s=TRY_TIMEOUT_S) as admin:
            tried, as_json = await try_rule(admin, wanted)
        if json:
            sys.stdout.write(as_json + "\n")
        else:
            show_tried(tried, file=str(file), script=script, console=Console())
        if tried.outcome != GRANTED:
            raise typer.Exit(1)

    _run(lambda: run(read_admin_file(_admin_file(admin_file))))


@app.command()
def demo(admin_file: AdminFileOption = None, url: UrlOption = None) -> None:
    """Make the demo API, client, client grant and rule in a running system. Its secret is known: loopback only."""
    from rulemint_cli.admin import AdminFile, open_admin, read_admin_file  # noqa: PLC0415  # as above
    from rulemint_cli.demo import curl_line, make_demo  # noqa: PLC0415  # as above

    async def run(file: AdminFile) -> None:
        async with open_admin(file, url) as admin:
            await make_demo(admin)
        sys.stdout.write(f"The demo is ready. Ask for a token:\n\n{curl_line(file.issuer)}\n")

    _run(lambda: run(read_admin_file(_admin_file(admin_file))))


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where the files go.")]) -> None:
    """Make a master key and a Valkey password as files in FOLDER; what exists stays as it is."""
    from rulemint_cli.data_dir import create_password  # noqa: PLC0415  # as above
    from rulemint_shared.vault import create_master_key  # noqa: PLC0415  # as above

    try:
        create_master_key(folder / "master.key")
        create_password(folder / "valkey.password")
    except OSError as error:
        _fail(f"cannot write to {folder}: {error.strerror}")


@app.command()
def types(folder: Annotated[Path, typer.Argument(help="Where the files go.")] = Path()) -> None:
    """Write what editors need to know of rules into FOLDER: rulemint.pyi and rulemint.d.ts."""
    from rulemint_cli.type_files import write_type_files  # noqa: PLC0415  # as above

    try:
        written = write_type_files(folder)
    except CommandError as error:
        _fail(str(error))
    sys.stdout.write("".join(f"{path}\n" for path in written))


@sandbox.command("check")
def sandbox_check(*, json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False) -> None:
    """Attack this machine's sandbox and show what holds; 0 if rules are contained, 78 if not."""
    from rich.console import Console  # noqa: PLC0415  # as above

    from rulemint_cli.sandbox import NO_SANDBOX, check_sandbox, show_report  # noqa: PLC0415  # as above

    try:
        report, as_json = check_sandbox()
    except CommandError as error:
        _fail(str(error))
    if json:
        sys.stdout.write(as_json.decode())
    else:
        show_report(report, Console())
    if report.problems:
        raise typer.Exit(NO_SANDBOX)


def _admin_file(given: Path | None) -> Path:
    return given or read_settings(ClientSettings).data_dir / "admin.json"


def _run(command: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        asyncio.run(command())
    except CommandError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        pass  # Ctrl-C is how a watcher ends


def _say(message: str) -> None:
    sys.stderr.write(f"rulemint: {message}\n")


def _fail(message: str, *, code: int = 1) -> NoReturn:
    _say(message)
    raise typer.Exit(code)


def main() -> None:
    """The ``rulemint`` program."""
    try:
        app()
    except SettingsError as error:
        _say(str(error))
        sys.exit(2)


if __name__ == "__main__":
    main()
