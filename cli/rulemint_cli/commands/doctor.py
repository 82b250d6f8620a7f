"""Define ``rulemint doctor``."""

from __future__ import annotations

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.command import command
from rulemint_cli.terminal.errors import CommandError


def add_doctor_command(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app, logs_in=True)(doctor)


async def doctor(call: Call) -> None:
    """Look for what is wrong here and in the system, and say what to do. The exit code is 1 if something is.

    On this machine these are kernel, Landlock, sandbox, ports, disk, keys and certificate. In the system they are
    gateway, Valkey, clocks, runners and signing keys.
    """
    from rulemint_cli.doctor import finding, machine, system  # noqa: PLC0415  # --help stays quick
    from rulemint_cli.local.settings import DevSettings  # noqa: PLC0415  # --help stays quick
    from rulemint_shared.process.settings import read_settings  # noqa: PLC0415  # --help stays quick

    settings = read_settings(DevSettings)
    with call.bars.show("looking at this machine"):
        findings = [machine.kernel(), *machine.sandbox(), *machine.ports(settings), machine.disk(settings.data_dir)]
    findings += machine.key_files(settings.data_dir)
    findings.append(machine.certificate(settings.tls_cert or settings.data_dir / "tls/localhost.pem"))
    try:
        async with call.admin() as admin:
            findings += await system.look_at(admin)
    except CommandError as error:
        findings.append(finding.Finding("system", finding.State.SKIPPED, str(error)))
    finding.show(call.output, findings)
    if not finding.is_well(findings):
        raise typer.Exit(1)
