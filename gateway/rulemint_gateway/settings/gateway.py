"""All settings of a gateway process, and which of them go together."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from rulemint_gateway.settings.configuration import (
    AdminFile,
    Bootstrap,
    ClockLeeway,
    MasterKeyFile,
    ReadyFile,
    ReplicasAck,
    RequestDeadline,
    StaleConfigS,
)
from rulemint_gateway.settings.connections import (
    BodyDeadline,
    Drain,
    DrainDelay,
    HeaderDeadline,
    IdleDeadline,
    MaxConnections,
    MaxConnectionsPerAddress,
    WriteTimeout,
)
from rulemint_gateway.settings.console import ConsoleIdle, ConsoleLifetime, ConsolePrivateProviders, origins
from rulemint_gateway.settings.fairness import (
    FailuresPerClient,
    FailuresPerClientRefill,
    FailuresPerSource,
    FailuresPerSourceRefill,
    ManagementCalls,
    MaxWaiting,
    MaxWatchers,
    PageKb,
    ThrottledAnswers,
    WatcherBufferKb,
    WatchersBufferMb,
)
from rulemint_gateway.settings.kept_records import (
    MIB,
    AuditBytes,
    AuditedCallsKept,
    ExchangeAge,
    ExchangeBytes,
    ExchangeRecordBytes,
    ExchangesKept,
    RefusalBytes,
    RefusalsPerSource,
    TapeFailures,
    TapeOneIn,
)
from rulemint_gateway.settings.listening import (
    GatewayProcesses,
    Host,
    Issuer,
    MetricsHost,
    MetricsPort,
    Port,
    ProxyHeader,
    ProxyNames,
    TlsCert,
    TlsKey,
    TlsPort,
    TrustedProxies,
    host_names,
    networks,
)
from rulemint_gateway.settings.record_quotas import (
    MaxClientGrants,
    MaxClients,
    MaxResourceServers,
    MaxRules,
    MaxRuleSecrets,
    MaxScriptsMb,
    VersionsKept,
)
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

MAX_PORT = 65_535
RECORDS_AT_LEAST = 16
"""Of the largest, a stream has room for so many."""


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one gateway process."""

    redis_url: RedisUrl
    master_key_file: MasterKeyFile
    redis_password_file: RedisPasswordFile = None
    sentinel_password_file: SentinelPasswordFile = None
    queue_shards: QueueShards = 1
    host: Host = "127.0.0.1"
    port: Port = 8080
    gateway_processes: GatewayProcesses = 1
    metrics_port: MetricsPort = 0
    metrics_host: MetricsHost = "127.0.0.1"
    tls_cert: TlsCert = None
    tls_key: TlsKey = None
    tls_port: TlsPort = None
    trusted_proxies: TrustedProxies = ""
    trusted_proxy_names: ProxyNames = ""
    proxy_header: ProxyHeader = "either"
    failures_per_client: FailuresPerClient = 10
    failures_per_client_refill: FailuresPerClientRefill = 6
    failures_per_source: FailuresPerSource = 100
    failures_per_source_refill: FailuresPerSourceRefill = 60
    throttled_answers: ThrottledAnswers = 100
    issuer: Issuer = None
    clock_leeway: ClockLeeway = 30.0
    admin_file: AdminFile = None
    bootstrap: Bootstrap = False
    ready_file: ReadyFile = None
    replicas_ack: ReplicasAck = 0
    stale_config_s: StaleConfigS = 30.0
    request_deadline: RequestDeadline = 10.0
    max_waiting: MaxWaiting = 5_000
    header_deadline: HeaderDeadline = 10.0
    body_deadline: BodyDeadline = 15.0
    idle_deadline: IdleDeadline = 75.0
    max_connections: MaxConnections = None
    max_connections_per_address: MaxConnectionsPerAddress = 5_000
    exchanges_kept: ExchangesKept = 10_000
    exchange_age: ExchangeAge = 90 * 86_400
    exchange_bytes: ExchangeBytes = 64 * MIB
    exchange_record_bytes: ExchangeRecordBytes = 2 * MIB
    tape_failures: TapeFailures = True
    tape_one_in: TapeOneIn = 100
    audited_calls_kept: AuditedCallsKept = 10_000
    audit_bytes: AuditBytes = 32 * MIB
    refusal_bytes: RefusalBytes = 4 * MIB
    refusals_per_source: RefusalsPerSource = 100
    versions_kept: VersionsKept = 100
    max_rules: MaxRules = 1_000
    max_clients: MaxClients = 200_000
    max_resource_servers: MaxResourceServers = 5_000
    max_client_grants: MaxClientGrants = 400_000
    max_rule_secrets: MaxRuleSecrets = 10_000
    max_scripts_mb: MaxScriptsMb = 64
    max_watchers: MaxWatchers = 1_000
    watcher_buffer_kb: WatcherBufferKb = 4_096
    watchers_buffer_mb: WatchersBufferMb = 32
    write_timeout: WriteTimeout = 30.0
    management_calls: ManagementCalls = 64
    page_kb: PageKb = 2_048
    log_history: LogHistory = DEFAULT_HISTORY
    log_history_bytes: LogHistoryBytes = DEFAULT_HISTORY_BYTES
    log_history_age: LogHistoryAge = DEFAULT_HISTORY_AGE_S
    console_idle: ConsoleIdle = 3_600
    console_lifetime: ConsoleLifetime = 43_200
    console_private_providers: ConsolePrivateProviders = ""
    drain_delay: DrainDelay = 0.0
    drain: Drain = 3.0
    log_format: Annotated[LogFormat, Meta(description="auto (pretty on a terminal), console or json.")] = LogFormat.AUTO
    log_level: LogLevel = "info"

    def __post_init__(self) -> None:
        """Refuse settings that do not go together."""
        if self.issuer is not None and urlsplit(self.issuer).path != "/":
            raise ValueError(
                "RULEMINT_ISSUER has a path, and the gateway answers at the root of its host only: "
                "give it a host of its own, such as https://id.example.com/"
            )
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("RULEMINT_TLS_CERT and RULEMINT_TLS_KEY go together: set both or neither")
        if self.tls_port is not None and self.tls_cert is None:
            raise ValueError("RULEMINT_TLS_PORT needs a certificate: set RULEMINT_TLS_CERT and RULEMINT_TLS_KEY")
        if self.metrics_port and self.metrics_port + self.gateway_processes > MAX_PORT:
            raise ValueError(
                "RULEMINT_METRICS_PORT leaves no port for the last of RULEMINT_GATEWAY_PROCESSES: lower it"
            )
        if self.exchange_record_bytes * RECORDS_AT_LEAST > self.exchange_bytes:
            raise ValueError(
                f"RULEMINT_EXCHANGE_RECORD_BYTES is more than 1/{RECORDS_AT_LEAST} of RULEMINT_EXCHANGE_BYTES: "
                "lower it, or raise the other"
            )
        if self.tls_port == self.port:
            raise ValueError("RULEMINT_TLS_PORT and RULEMINT_PORT are the same: one is for https, the other for http")

        self.trusted_networks()
        self.proxy_names()
        self.private_origins()

    def trusted_networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks of the proxies in front.

        Raises:
            ValueError: an entry is none, or would trust everybody.
        """
        return networks(self.trusted_proxies)

    def proxy_names(self) -> tuple[str, ...]:
        """The host names of the proxies in front.

        Raises:
            ValueError: an entry is none.
        """
        return host_names(self.trusted_proxy_names)

    def private_origins(self) -> list[str]:
        """The origins of providers of OpenID Connect that may be private.

        Raises:
            ValueError: an entry is none.
        """
        return origins(self.console_private_providers)

    def of_process(self, number: int) -> GatewaySettings:
        """The settings of one of several gateway processes, numbered from 0."""
        metrics_port = self.metrics_port + number if self.metrics_port else 0
        return msgspec.structs.replace(self, metrics_port=metrics_port)

    def issuer_url(self) -> str:
        """The issuer, set or made from the port."""
        scheme = "https" if self.tls_cert is not None and self.tls_port is None else "http"
        return self.issuer or f"{scheme}://localhost:{self.port}/"

    def may_bootstrap(self) -> bool:
        """True if an empty server is to be filled: a new installation's, or one that was told so.

        An admin file that cannot be looked at is no reason to wait: reading it says what is wrong with it.
        """
        try:
            return self.bootstrap or self.admin_file is None or not self.admin_file.exists()
        except OSError:
            return True

    def twin_ports(self) -> tuple[int, int] | None:
        """The ports of http and https, if the issuer is made from them and so has a twin; else None."""
        return None if self.issuer is not None or self.tls_port is None else (self.port, self.tls_port)

    def tls_domain(self) -> str | None:
        """The host and port that speak https, for clients that know https only: ``localhost:8443``; None if nowhere."""
        if self.tls_cert is None:
            return None
        issuer = urlsplit(self.issuer_url())
        return issuer.netloc if issuer.scheme == "https" else f"localhost:{self.tls_port or self.port}"
