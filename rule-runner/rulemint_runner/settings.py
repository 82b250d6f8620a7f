"""What the runner can be told, by environment variables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_shared.service_log import LogFormat
from rulemint_shared.settings import LogLevel, RedisPasswordFile, RedisUrl


class RunnerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one runner process."""

    redis_url: RedisUrl
    master_key_file: Annotated[Path, Meta(description="The file with the master key that encrypts secrets at rest.")]
    redis_password_file: RedisPasswordFile = None
    rule_timeout: Annotated[float, Meta(description="Seconds that one rule may take.", gt=0, le=20)] = 5.0
    max_hosts: Annotated[
        int, Meta(description="Rule hosts at once, each about 25 MB; the one idle for longest makes room.", ge=1)
    ] = 64
    max_hosts_per_rule: Annotated[
        int, Meta(description="Hosts of one rule at once: so many of its invocations run side by side.", ge=1)
    ] = 16
    spare_hosts: Annotated[
        int, Meta(description="Blank hosts of each language kept ready for a rule's first invocation.", ge=0, le=16)
    ] = 2
    host_idle: Annotated[float, Meta(description="Seconds after which an idle host is ended.", ge=1, le=86_400)] = 300.0
    max_jobs: Annotated[int, Meta(description="Batches of invocations that run at once.", ge=1, le=1_000)] = 64
    drain: Annotated[
        float, Meta(description="Seconds that invocations under way may take after SIGTERM.", ge=0, le=60)
    ] = 3.0
    heartbeat_file: Annotated[
        Path | None, Meta(description="A file to touch while the runner is alive, for a container's health check.")
    ] = None
    log_format: Annotated[LogFormat, Meta(description="auto (pretty on a terminal), console or json.")] = LogFormat.AUTO
    log_level: LogLevel = "info"
    self_check_interval: Annotated[
        float, Meta(description="Seconds between two attacks of the runner on its own sandbox.", ge=1, le=86_400)
    ] = 600.0
    insecure_sandbox: Annotated[
        bool,
        Meta(description="1: run rules although this machine does not contain them. Never where rules are not yours."),
    ] = False
    hosts_memory_mib: Annotated[
        int | None,
        Meta(description="MiB that all hosts may use together, where control groups can be used. Unset: no bound."),
    ] = None
