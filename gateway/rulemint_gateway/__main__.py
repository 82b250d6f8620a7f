"""``python -m rulemint_gateway``: reads the settings and returns an exit code; one line tells what is wrong."""

from __future__ import annotations

import rulemint_shared.process.without_rich  # noqa: F401  # before what imports structlog

import argparse
import sys

import uvloop

from rulemint_gateway.management.admin_file import AdminFileError
from rulemint_gateway.processes import Serving, run_processes
from rulemint_gateway.server import AddressUnusableError, check_free, serve
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.stores.layout.renaming import LayoutError
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_gateway.tls import CertificateError
from rulemint_shared.process.background import PartFailedError
from rulemint_shared.process.hiding import hide_from_same_user
from rulemint_shared.process.service_log import set_up_logging
from rulemint_shared.process.settings import SettingsError, read_settings, render_help
from rulemint_shared.redis.connection import RedisUnusableError
from rulemint_shared.secrets.vault import VaultError

_ENDS_WITH_A_LINE = (
    AddressUnusableError,
    AdminFileError,
    CertificateError,
    LayoutError,
    PartFailedError,
    RedisUnusableError,
    StoreUnavailableError,
    VaultError,
)


def main() -> int:
    """Run the gateway; 0 after a clean stop, 1 if it could not start, 2 for a bad setting."""
    parser = argparse.ArgumentParser(
        prog="rulemint-gateway",
        description="Rulemint's gateway: tokens, management, live logs, discovery.",
        epilog=render_help(GatewaySettings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    try:
        settings = read_settings(GatewaySettings)
    except SettingsError as error:
        return _fail(str(error), code=2)
    set_up_logging(service="gateway", log_format=settings.log_format, level=settings.log_level)
    hide_from_same_user()  # it will hold the master key, and signs
    if settings.gateway_processes == 1:
        return _serve(settings)
    try:
        check_free(settings)
    except AddressUnusableError as error:
        return _fail(str(error), code=1)
    return run_processes(
        settings.gateway_processes, lambda number, on_serving: _serve(settings.of_process(number), on_serving)
    )


def _serve(settings: GatewaySettings, on_serving: Serving = lambda: None) -> int:
    """One gateway process, from start to end."""
    try:
        uvloop.run(serve(settings, on_serving=on_serving))
    except _ENDS_WITH_A_LINE as error:
        return _fail(str(error), code=1)
    return 0


def _fail(message: str, *, code: int) -> int:
    sys.stderr.write(f"rulemint-gateway: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
