"""Define the runner's settings, which are environment variables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_shared.contract.records import MAX_LOG_BYTES, MAX_MEMORY_MB, MAX_RESULT_BYTES, MAX_TIMEOUT_S
from rulemint_shared.process.service_log import LogFormat
from rulemint_shared.process.settings import LogLevel, QueueShards, RedisPasswordFile, RedisUrl, SentinelPasswordFile
from rulemint_shared.streams.log_stream import (
    DEFAULT_HISTORY,
    DEFAULT_HISTORY_AGE_S,
    DEFAULT_HISTORY_BYTES,
    LogHistory,
    LogHistoryAge,
    LogHistoryBytes,
)
from rulemint_shared.whole_text import whole

HttpUrl = Annotated[str, Meta(pattern=whole(r"https?://\S+", means="a URL that begins with http:// or https://"))]


class RunnerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one runner process."""

    redis_url: RedisUrl
    runner_key_file: Annotated[
        Path,
        Meta(
            description="The file with the keys that open rule secrets. `rulemint init FOLDER` makes it, runner.key, "
            "from the master.key in FOLDER, and again when that has changed; only the gateway has the master key."
        ),
    ]
    redis_password_file: RedisPasswordFile = None
    sentinel_password_file: SentinelPasswordFile = None
    queue_shards: QueueShards = 1
    rule_timeout: Annotated[
        float, Meta(description="Seconds that a rule may take if it does not say itself.", gt=0, le=MAX_TIMEOUT_S)
    ] = 5.0
    max_rule_timeout: Annotated[
        float, Meta(description="Seconds that a rule may ask for at most.", gt=0, le=MAX_TIMEOUT_S)
    ] = MAX_TIMEOUT_S
    rule_memory_mb: Annotated[
        int, Meta(description="MiB of heap that a rule may take if it does not say itself.", ge=16, le=MAX_MEMORY_MB)
    ] = 64
    max_rule_memory_mb: Annotated[
        int, Meta(description="MiB of heap that a rule may ask for at most.", ge=16, le=MAX_MEMORY_MB)
    ] = MAX_MEMORY_MB
    rule_log_bytes: Annotated[
        int, Meta(description="Bytes of log that are kept of one rule in one invocation.", ge=0, le=MAX_LOG_BYTES)
    ] = MAX_LOG_BYTES
    rule_result_bytes: Annotated[
        int, Meta(description="Bytes of JSON that a rule may return.", ge=2, le=MAX_RESULT_BYTES)
    ] = MAX_RESULT_BYTES
    max_hosts: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            description="Rule hosts at once; the one idle for longest makes room. Unset: one for each 16 MiB of "
            "RULEMINT_HOSTS_MEMORY_MB, 512 at most."
        ),
    ] = None
    max_hosts_per_rule: Annotated[
        int,
        Meta(
            description="Hosts of one rule at once: so many of its invocations run side by side. A rule that computes "
            "rather than waits has as many as there are processors.",
            ge=1,
        ),
    ] = 48
    hosts_memory_mb: Annotated[
        Annotated[int, Meta(ge=64)] | None,
        Meta(
            description="MiB that all rule hosts may have together; beyond it idle ones make room. Unset: half of the "
            "memory of the machine or of the control group; set it where several runners share a machine."
        ),
    ] = None
    host_invocations: Annotated[
        int, Meta(description="Invocations after which a host is replaced.", ge=1, le=1_000_000)
    ] = 10_000
    host_age: Annotated[
        float, Meta(description="Seconds after which a host is replaced, or up to a quarter sooner.", ge=1, le=86_400)
    ] = 600.0
    spare_hosts: Annotated[
        int, Meta(description="Blank hosts of each language kept ready for a rule's first invocation.", ge=0, le=16)
    ] = 2
    host_idle: Annotated[float, Meta(description="Seconds after which an idle host is ended.", ge=1, le=86_400)] = 300.0
    egress_allow_private: Annotated[
        str,
        Meta(
            description="Networks that are not public but that rules may call, as CIDR with commas between.",
            pattern=whole(r"[0-9A-Fa-f.:/, ]*", means="IP addresses and networks, with commas between them"),
        ),
    ] = ""
    egress_hosts_file: Annotated[
        Path | None, Meta(description="A hosts(5) file of names that rules may call, asked before DNS.")
    ] = None
    egress_ca_file: Annotated[
        Path | None,
        Meta(description="A PEM file of certificate authorities that rules' calls trust besides the usual ones."),
    ] = None
    npm_registry: Annotated[
        HttpUrl | None, Meta(description="The URL of the npm registry that rules' packages come from.")
    ] = None
    pypi_index: Annotated[
        HttpUrl | None, Meta(description="The URL of the Python index that rules' packages come from.")
    ] = None
    max_installations: Annotated[
        int,
        Meta(
            description="Installations of packages at once; a tenant may have as many as it leaves to the others, and "
            "tenants take turns.",
            ge=2,
            le=64,
        ),
    ] = 4
    install_mb: Annotated[
        int,
        Meta(
            description="MiB that one installation of packages may have on disk; it is ended before it has more.",
            ge=16,
            le=16_384,
        ),
    ] = 256
    install_files: Annotated[
        int, Meta(description="Files and folders that one installation of packages may make.", ge=100, le=1_000_000)
    ] = 20_000
    install_memory_mb: Annotated[
        int,
        Meta(
            description="MiB of memory that each of the two processes of an installation may take.", ge=256, le=16_384
        ),
    ] = 1_024
    install_folder: Annotated[
        Path | None,
        Meta(
            description="The folder in which packages are unpacked; what an installation unpacked is removed with it. "
            "Unset: where the system keeps what is temporary."
        ),
    ] = None
    packages_mb: Annotated[
        int,
        Meta(
            description="MiB that packages of all tenants' rules may have in Redis, compressed; a tenant's may have "
            "as much as they leave to those of others. What no rule uses makes room.",
            ge=16,
            le=1_048_576,
        ),
    ] = 256
    geoip_database: Annotated[
        Path | None,
        Meta(
            description="A file in MaxMind's format (.mmdb) of cities or countries: actions see in "
            "event.request.geoip where the caller is. Read at the start; put a newer one in its place by renaming."
        ),
    ] = None
    self_check_interval: Annotated[
        float, Meta(description="Seconds between two attacks of the runner on its own sandbox.", ge=1, le=86_400)
    ] = 600.0
    insecure_sandbox: Annotated[
        bool,
        Meta(description="1: run rules although this machine does not contain them. Never where rules are not yours."),
    ] = False
    landlock_abi: Annotated[
        Annotated[int, Meta(ge=3, le=99)] | None,
        Meta(
            description="The newest Landlock ABI to use, to see what an older kernel would hold: Linux 6.2 has 3, 6.7 "
            "has 4, 6.10 has 5, 6.12 has 6. Unset: the kernel's own, which is what to run with."
        ),
    ] = None
    max_invocations: Annotated[
        int,
        Meta(
            description="Invocations under way at once; a tenant may have as many as it leaves to the others.",
            ge=2,
            le=100_000,
        ),
    ] = 4_000
    log_history: LogHistory = DEFAULT_HISTORY
    log_history_bytes: LogHistoryBytes = DEFAULT_HISTORY_BYTES
    log_history_age: LogHistoryAge = DEFAULT_HISTORY_AGE_S
    tape_history: Annotated[
        int, Meta(description="Tapes of token requests kept per tenant; the oldest go first.", ge=1, le=1_000_000)
    ] = 1_000
    tape_history_bytes: Annotated[
        int,
        Meta(
            description="Bytes of Valkey's memory for a tenant's tapes, about; the oldest go first.",
            ge=1024 * 1024,
            le=2**40,
        ),
    ] = 64 * 1024 * 1024
    tape_history_age: Annotated[
        int, Meta(description="Seconds after which a tape is deleted in any case.", ge=60, le=31_536_000)
    ] = 604_800
    drain: Annotated[
        float, Meta(description="Seconds that invocations under way may take after SIGTERM.", ge=0, le=60)
    ] = 3.0
    heartbeat_file: Annotated[
        Path | None, Meta(description="A file to touch while the runner is alive, for a container's health check.")
    ] = None
    log_format: Annotated[LogFormat, Meta(description="auto (pretty on a terminal), console or json.")] = LogFormat.AUTO
    log_level: LogLevel = "info"
