"""``python -m rulemint_gateway``: settings in, exit code out, one line for whatever is wrong."""

from __future__ import annotations

import argparse
import sys

import uvloop

from rulemint_gateway.management.bootstrap import AdminFileError
from rulemint_gateway.server import AddressUnusableError, serve
from rulemint_gateway.settings import GatewaySettings
from rulemint_gateway.stores.config_store import StoreUnavailableError
from rulemint_gateway.tls import CertificateError
from rulemint_shared.hiding import hide_from_same_user
from rulemint_shared.redis_connection import RedisUnusableError
from rulemint_shared.service_log import set_up_logging
from rulemint_shared.settings import SettingsError, read_settings, render_help
from rulemint_shared.vault import VaultError

_CANNOT_START = (
    AddressUnusableError,
    AdminFileError,
    CertificateError,
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
    try:
        uvloop.run(serve(settings))
    except _CANNOT_START as error:
        return _fail(str(error), code=1)
    return 0


def _fail(message: str, *, code: int) -> int:
    sys.stderr.write(f"rulemint-gateway: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
