"""What the gateway can be told, by environment variables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_shared.service_log import LogFormat
from rulemint_shared.settings import LogLevel, RedisPasswordFile, RedisUrl


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one gateway process."""

    redis_url: RedisUrl
    master_key_file: Annotated[Path, Meta(description="The file with the master key that encrypts secrets at rest.")]
    redis_password_file: RedisPasswordFile = None
    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="The TCP port to listen on.", ge=1, le=65_535)] = 8080
    issuer: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^\s?#]+/$")] | None,
        Meta(
            description="The iss of the default tenant's tokens: a URL that ends in a slash. "
            "Unset: http://localhost:<port>/."
        ),
    ] = None
    admin_file: Annotated[
        Path | None,
        Meta(
            description="Where the administrator's credentials are kept (mode 0600). Unset: no administrator is made."
        ),
    ] = None
    request_deadline: Annotated[
        float, Meta(description="Seconds after which a token request's rules must have answered.", gt=0, le=60)
    ] = 10.0
    max_waiting: Annotated[
        int, Meta(description="Token requests that may wait for rules at once; more are refused with 503.", ge=1)
    ] = 5_000
    exchanges_kept: Annotated[
        int, Meta(description="Exchange records kept per tenant, about; the oldest go first.", ge=100)
    ] = 10_000
    audited_calls_kept: Annotated[
        int,
        Meta(
            description="Management calls kept per tenant, about, of those that changed something and as many of those "
            "that were refused; the oldest go first.",
            ge=100,
        ),
    ] = 10_000
    drain: Annotated[
        float, Meta(description="Seconds that requests under way may take after SIGTERM.", ge=0, le=60)
    ] = 3.0
    log_format: Annotated[LogFormat, Meta(description="auto (pretty on a terminal), console or json.")] = LogFormat.AUTO
    log_level: LogLevel = "info"

    def issuer_url(self) -> str:
        """The issuer, set or made from the port."""
        return self.issuer or f"http://localhost:{self.port}/"
