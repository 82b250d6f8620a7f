"""``python -m rulemint_runner``: settings in, exit code out, one line for whatever is wrong."""

from __future__ import annotations

import argparse
import sys

import uvloop

from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.self_check import SandboxMissingError
from rulemint_runner.sandbox.privileges import hide_from_same_user
from rulemint_runner.sandbox.sandbox import SpawnerProcess
from rulemint_runner.sandbox.spawner_messages import Setup
from rulemint_runner.service import serve
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.redis_connection import RedisUnusableError
from rulemint_shared.service_log import set_up_logging
from rulemint_shared.settings import SettingsError, read_settings, render_help
from rulemint_shared.vault import VaultError

NO_SANDBOX = 78
"""EX_CONFIG of sysexits(3): this machine must be set up differently."""


def main() -> int:
    """Run the runner; 0 after a clean stop, 1 if it could not start, 2 for a bad setting, 78 without a sandbox."""
    parser = argparse.ArgumentParser(
        prog="rulemint-runner",
        description="Rulemint's rule runner: runs rules in isolated, timed processes.",
        epilog=render_help(RunnerSettings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    try:
        settings = read_settings(RunnerSettings)
    except SettingsError as error:
        return _fail(str(error), code=2)
    set_up_logging(service="runner", log_format=settings.log_format, level=settings.log_level)
    hide_from_same_user()  # a host of our own user could otherwise read our memory
    languages = Languages()
    setup = Setup(visible=languages.visible_files())
    spawner = SpawnerProcess(setup)  # before the master key is read, so that no host can inherit it
    try:
        uvloop.run(serve(settings, spawner, languages))
    except (RedisUnusableError, VaultError) as error:
        return _fail(str(error), code=1)
    except SandboxMissingError as error:
        return _fail(str(error), code=NO_SANDBOX)
    return 0


def _fail(message: str, *, code: int) -> int:
    sys.stderr.write(f"rulemint-runner: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
