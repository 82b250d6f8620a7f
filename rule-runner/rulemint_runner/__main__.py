"""``python -m rulemint_runner``: settings in, exit code out, one line for each thing that is wrong."""

from __future__ import annotations

import rulemint_shared.process.without_rich  # noqa: F401  # before what imports structlog

import argparse
import sys

import structlog
import uvloop

from rulemint_runner.egress.broker_process import BrokerNotStartedError
from rulemint_runner.flow.geoip import GeoIpDatabaseError
from rulemint_runner.hosts.host_budget import SPARE_THREADS, host_budget
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.machine import allow_open_files, this_machine
from rulemint_runner.sandbox.cgroup import GroupLimits, group_limits
from rulemint_runner.sandbox.landlock import MINIMUM_ABI
from rulemint_runner.sandbox.preflight import missing_kernel_layers
from rulemint_runner.sandbox.sandbox import SpawnerProcess, open_sandbox
from rulemint_runner.sandbox.spawner_messages import Setup
from rulemint_runner.self_check.self_check import SandboxMissingError, inspect
from rulemint_runner.service import serve
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.contract.sandbox_report import SandboxReport, encode_report
from rulemint_shared.process.background import PartFailedError
from rulemint_shared.process.hiding import hide_from_same_user
from rulemint_shared.process.service_log import LogFormat, set_up_logging
from rulemint_shared.process.settings import SettingsError, read_settings, render_help, variable_name
from rulemint_shared.redis.connection import RedisUnusableError
from rulemint_shared.secrets.runner_key import RunnerKeyError

log = structlog.get_logger(__name__)

NO_SANDBOX = 78
"""EX_CONFIG of sysexits(3): this machine must be set up differently."""
_NEWEST_ABI = 9


def main() -> int:
    """Run the runner; 0 after a clean stop, 1 if it could not start, 2 for a bad setting, 78 without a sandbox."""
    parser = argparse.ArgumentParser(
        prog="rulemint-runner",
        description="Rulemint's rule runner: runs rules in isolated, timed processes.",
        epilog=render_help(RunnerSettings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--check-sandbox",
        action="store_true",
        help="attack this machine's sandbox, report in JSON what holds, and end: 0 if rules are contained, else 78",
    )
    parser.add_argument(
        "--landlock-abi",
        type=int,
        choices=range(MINIMUM_ABI, _NEWEST_ABI + 1),
        metavar=f"{MINIMUM_ABI}…{_NEWEST_ABI}",
        help="with --check-sandbox: use no newer Landlock, to see what an older kernel would hold",
    )
    arguments = parser.parse_args()
    if arguments.check_sandbox:
        return _check_sandbox(arguments.landlock_abi)
    if arguments.landlock_abi is not None:
        parser.error(f"--landlock-abi goes with --check-sandbox; a runner has {variable_name('landlock_abi')}")
    try:
        settings = read_settings(RunnerSettings)
    except SettingsError as error:
        return _fail(str(error), code=2)
    set_up_logging(service="runner", log_format=settings.log_format, level=settings.log_level)
    machine = this_machine()
    budget = host_budget(machine, hosts=settings.max_hosts, memory_mib=settings.hosts_memory_mb)
    allow_open_files(machine.open_files)
    log.info("open files", allowed=machine.open_files, hosts=budget.open_files)
    limits = group_limits(memory_mib=budget.group_memory_mib, processes=budget.threads)
    languages, spawner = _start_spawner(limits, insecure=settings.insecure_sandbox, landlock_abi=settings.landlock_abi)
    try:
        uvloop.run(serve(settings, spawner, languages, budget))
    except (BrokerNotStartedError, GeoIpDatabaseError, PartFailedError, RedisUnusableError, RunnerKeyError) as error:
        return _fail(str(error), code=1)
    except SandboxMissingError as error:
        return _fail(str(error), code=NO_SANDBOX)
    return 0


def _check_sandbox(landlock_abi: int | None) -> int:
    set_up_logging(service="runner", log_format=LogFormat.AUTO, level="error")
    languages, spawner = _start_spawner(
        group_limits(memory_mib=1_024, processes=SPARE_THREADS), insecure=True, landlock_abi=landlock_abi
    )  # what can be attacked is attacked

    async def inspected() -> SandboxReport:
        async with open_sandbox(spawner) as sandbox:
            return await inspect(sandbox, languages, landlock_abi)

    try:
        report = uvloop.run(inspected())
    except SandboxMissingError as error:
        return _fail(str(error), code=NO_SANDBOX)
    sys.stdout.write(encode_report(report).decode() + "\n")
    return NO_SANDBOX if report.problems else 0


def _start_spawner(
    limits: GroupLimits, *, insecure: bool, landlock_abi: int | None
) -> tuple[Languages, SpawnerProcess]:
    """Before any secret is read, so that no host can inherit it."""
    hide_from_same_user()  # a host of our own user could otherwise read our memory
    languages = Languages()
    without = missing_kernel_layers() if insecure else ()
    setup = Setup(visible=languages.visible_files(), group=limits, without=without, landlock_abi=landlock_abi)
    return languages, SpawnerProcess(setup)


def _fail(message: str, *, code: int) -> int:
    sys.stderr.write(f"rulemint-runner: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
