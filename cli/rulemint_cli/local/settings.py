"""Settings of ``rulemint dev``, from environment variables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_shared.process.settings import RedisPasswordFile, RedisUrl, SentinelPasswordFile

DataDirPath = Annotated[Path, Meta(description="Where rulemint dev keeps its state, and clients find admin.json.")]


class DevSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of ``rulemint dev``. Its gateway and runner also read their own."""

    data_dir: DataDirPath = Path(".rulemint")
    port: Annotated[int, Meta(description="The gateway's TCP port, on 127.0.0.1.", ge=1, le=65_535)] = 8080
    tls_port: Annotated[
        int, Meta(description="The gateway's TCP port for https, on 127.0.0.1; 0: no https.", ge=0, le=65_535)
    ] = 8443
    tls_cert: Annotated[
        Path | None, Meta(description="The certificate for https. Unset: rulemint dev makes one for localhost.")
    ] = None
    redis_url: Annotated[
        RedisUrl | None, Meta(description="A Valkey 8 or Redis 7 that runs already; unset: the embedded Valkey.")
    ] = None
    redis_password_file: RedisPasswordFile = None
    sentinel_password_file: SentinelPasswordFile = None
