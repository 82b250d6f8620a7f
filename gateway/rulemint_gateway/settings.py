"""What the gateway can be told, by environment variables."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

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

MAX_PORT = 65_535
MIB = 1024 * 1024
RECORDS_AT_LEAST = 16
"""Of the largest, a stream has room for so many."""
IPV4_MAPPED_BITS = 96
"""The length of ``::ffff:0:0/96``, in which IPv6 writes IPv4 addresses."""


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one gateway process."""

    redis_url: RedisUrl
    master_key_file: Annotated[Path, Meta(description="The file with the master key that encrypts secrets at rest.")]
    redis_password_file: RedisPasswordFile = None
    sentinel_password_file: SentinelPasswordFile = None
    queue_shards: QueueShards = 1
    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="The TCP port to listen on.", ge=1, le=65_535)] = 8080
    gateway_processes: Annotated[
        int,
        Meta(
            description="Gateway processes that share the port; one uses one processor. Bounds such as "
            "RULEMINT_MAX_WAITING are each one's own.",
            ge=1,
            le=64,
        ),
    ] = 1
    metrics_port: Annotated[
        int,
        Meta(
            description="The TCP port of /metrics, for Prometheus; each further process has the next one. 0: none.",
            ge=0,
            le=65_535,
        ),
    ] = 0
    metrics_host: Annotated[
        str, Meta(description="The address of /metrics: one that clients do not reach, for nobody has to log in there.")
    ] = "127.0.0.1"
    tls_cert: Annotated[
        Path | None,
        Meta(
            description="A certificate with its chain (PEM), to serve https; read again when it changes. "
            "Goes with RULEMINT_TLS_KEY."
        ),
    ] = None
    tls_key: Annotated[Path | None, Meta(description="The certificate's private key (PEM, without a passphrase).")] = (
        None
    )
    tls_port: Annotated[
        Annotated[int, Meta(ge=1, le=65_535)] | None,
        Meta(description="The TCP port for https, beside http on RULEMINT_PORT. Unset: RULEMINT_PORT itself is https."),
    ] = None
    trusted_proxies: Annotated[
        str,
        Meta(
            description="Addresses of the proxies in front (CIDR, commas between), which say in a header from where a "
            "request came; what others say of it is ignored. Unset: a request comes from whoever connects."
        ),
    ] = ""
    proxy_header: Annotated[
        Literal["either", "forwarded", "x-forwarded-for"],
        Meta(
            description="The header that the trusted proxies write: forwarded, x-forwarded-for, or either, and then "
            "X-Forwarded-For counts if there are both."
        ),
    ] = "either"
    failures_per_client: Annotated[
        int,
        Meta(
            description="Wrong secrets of one client from one address that are looked at at once; further tries get "
            "429. 0: any number.",
            ge=0,
            le=10_000,
        ),
    ] = 10
    failures_per_client_refill: Annotated[
        int, Meta(description="Tries a minute that an address gets back of RULEMINT_FAILURES_PER_CLIENT.", ge=1, le=600)
    ] = 6
    failures_per_source: Annotated[
        int,
        Meta(
            description="Wrong secrets from one address, whatever the clients, that are looked at at once, and as many "
            "bad bearer tokens; further tries get 429. An IPv6 address counts as its /64. 0: any number.",
            ge=0,
            le=100_000,
        ),
    ] = 100
    failures_per_source_refill: Annotated[
        int,
        Meta(description="Tries a minute that an address gets back of RULEMINT_FAILURES_PER_SOURCE.", ge=1, le=6_000),
    ] = 60
    throttled_answers: Annotated[
        int,
        Meta(
            description="Throttled tries that one address is answered a second; the others wait for their turn, for a "
            "second at most. 0: any number.",
            ge=0,
            le=100_000,
        ),
    ] = 100
    issuer: Annotated[
        Annotated[str, Meta(pattern=whole(r"https?://[^\s?#@]+/"))] | None,
        Meta(
            description="The iss of the default tenant's tokens: scheme and host with a slash at the end, "
            "such as https://id.example.com/. Unset: http://localhost:<port>/, and https on the port that speaks it."
        ),
    ] = None
    clock_leeway: Annotated[
        float,
        Meta(
            description="Seconds by which the clocks of two gateways may differ when one checks the other's token.",
            ge=0,
            le=300,
        ),
    ] = 30.0
    admin_file: Annotated[
        Path | None,
        Meta(
            description="Where the administrator's credentials are kept (mode 0600). Unset: no administrator is made."
        ),
    ] = None
    bootstrap: Annotated[
        bool,
        Meta(
            description="1: begin anew on an empty server though the admin file shows that there was a configuration. "
            "Otherwise such a gateway waits for its data, and says so at /readyz."
        ),
    ] = False
    replicas_ack: Annotated[
        int,
        Meta(description="Replicas that must have a configuration change before it is acknowledged.", ge=0, le=16),
    ] = 0
    stale_config_s: Annotated[
        float,
        Meta(
            description="Seconds that a gateway answers from memory while Redis does not say whether the configuration "
            "is still what it was; after that it answers 503.",
            ge=2,
            le=86_400,
        ),
    ] = 30.0
    request_deadline: Annotated[
        float, Meta(description="Seconds after which a token request's rules must have answered.", gt=0, le=60)
    ] = 10.0
    max_waiting: Annotated[
        int,
        Meta(
            description="Token requests that may wait for rules at once; a tenant may have as many as it leaves to the "
            "others, and more are refused with 503.",
            ge=2,
        ),
    ] = 5_000
    header_deadline: Annotated[
        float,
        Meta(
            description="Seconds that a request's headers may take to arrive, and a TLS handshake; "
            "then the connection is closed.",
            gt=0,
            le=3_600,
        ),
    ] = 10.0
    body_deadline: Annotated[
        float,
        Meta(
            description="Seconds that a request's body may take to arrive after its headers; "
            "then it is refused with 408.",
            gt=0,
            le=3_600,
        ),
    ] = 15.0
    idle_deadline: Annotated[
        float,
        Meta(
            description="Seconds that a connection is kept open for the next request; "
            "more than a proxy in front keeps it.",
            gt=0,
            le=86_400,
        ),
    ] = 75.0
    max_connections: Annotated[
        Annotated[int, Meta(ge=8)] | None,
        Meta(
            description="Connections that may be open at once in each gateway process; then those that let it wait "
            "longest are closed. Unset: seven eighths of the open files that it may have (ulimit -n), and never more."
        ),
    ] = None
    max_connections_per_address: Annotated[
        int,
        Meta(
            description="Connections that one address may have open at once in each gateway process, of IPv6 one /64; "
            "more are closed at once. It does not hold for RULEMINT_TRUSTED_PROXIES.",
            ge=1,
        ),
    ] = 5_000
    exchanges_kept: Annotated[
        int, Meta(description="Exchange records kept per tenant, about; the oldest go first.", ge=100)
    ] = 10_000
    exchange_bytes: Annotated[
        int,
        Meta(
            description="Bytes of Valkey's memory for a tenant's exchange records, about; the oldest go first.",
            ge=MIB,
            le=2**40,
        ),
    ] = 64 * MIB
    exchange_record_bytes: Annotated[
        int,
        Meta(
            description="Bytes that one exchange record may have; of a larger one the last log lines are left out, "
            "then more. A sixteenth of RULEMINT_EXCHANGE_BYTES at most.",
            ge=16 * 1024,
            le=16 * MIB,
        ),
    ] = 2 * MIB
    audited_calls_kept: Annotated[
        int,
        Meta(
            description="Management calls kept per tenant, about, of those that changed something and as many of those "
            "that were refused; the oldest go first.",
            ge=100,
        ),
    ] = 10_000
    audit_bytes: Annotated[
        int,
        Meta(
            description="Bytes of Valkey's memory for a tenant's records of management calls that changed something, "
            "about; the oldest go first.",
            ge=MIB,
            le=2**40,
        ),
    ] = 32 * MIB
    refusal_bytes: Annotated[
        int,
        Meta(
            description="Bytes of Valkey's memory for a tenant's records of token requests that were refused before "
            "their client was known, about, and as many for those of refused management calls; the oldest go first.",
            ge=256 * 1024,
            le=2**40,
        ),
    ] = 4 * MIB
    refusals_per_source: Annotated[
        int,
        Meta(
            description="Refusals a minute that are kept in full: of an address, of token requests whose client is not "
            "known; of a client, of management calls. Of more, one now and then says how many it stands for.",
            ge=1,
            le=100_000,
        ),
    ] = 100
    versions_kept: Annotated[
        int,
        Meta(
            description="Versions kept of each rule; the oldest go first, but what runs and the draft stay.",
            ge=1,
            le=10_000,
        ),
    ] = 100
    max_rules: Annotated[int, Meta(description="Rules of a tenant, hooks, actions and webtasks too.", ge=1)] = 1_000
    max_clients: Annotated[int, Meta(description="Clients of a tenant.", ge=2)] = 200_000
    max_resource_servers: Annotated[int, Meta(description="APIs of a tenant.", ge=2)] = 5_000
    max_client_grants: Annotated[int, Meta(description="Client grants of a tenant.", ge=2)] = 400_000
    max_rule_secrets: Annotated[int, Meta(description="Secrets of all rules of a tenant together.", ge=0)] = 10_000
    max_scripts_mb: Annotated[
        int,
        Meta(
            description="MiB of scripts of a tenant, of all versions of all its rules together; see "
            "RULEMINT_VERSIONS_KEPT.",
            ge=1,
            le=65_536,
        ),
    ] = 64
    max_watchers: Annotated[
        int,
        Meta(
            description="Log streams that may be open at once; a tenant may have as many as it leaves to the others.",
            ge=2,
        ),
    ] = 1_000
    watcher_buffer_kb: Annotated[
        int,
        Meta(
            description="KiB of log records that wait for one watcher that reads slowly; the oldest go, and it is told "
            "how many.",
            ge=64,
            le=1_048_576,
        ),
    ] = 4_096
    watchers_buffer_mb: Annotated[
        int,
        Meta(
            description="MiB of log records that wait for all watchers of a tenant together; what several of them wait "
            "for counts once.",
            ge=1,
            le=65_536,
        ),
    ] = 32
    write_timeout: Annotated[
        float,
        Meta(
            description="Seconds after which a connection is closed whose client takes nothing, or less than 16 KiB, "
            "of an answer or stream that waits for it.",
            gt=0,
            le=3_600,
        ),
    ] = 30.0
    management_calls: Annotated[
        int,
        Meta(
            description="Management calls at once that read, and as many that change; each keeps its place until its "
            "answer is read, and holds a MiB of it at most. A tenant may have as many as it leaves to the others.",
            ge=4,
            le=10_000,
        ),
    ] = 64
    page_kb: Annotated[
        int,
        Meta(
            description="KiB of rules or hooks with their scripts in one answer of a list by checkpoints, about; its "
            "next says where to go on.",
            ge=64,
            le=65_536,
        ),
    ] = 2_048
    log_history: LogHistory = DEFAULT_HISTORY
    log_history_bytes: LogHistoryBytes = DEFAULT_HISTORY_BYTES
    log_history_age: LogHistoryAge = DEFAULT_HISTORY_AGE_S
    drain: Annotated[
        float, Meta(description="Seconds that requests under way may take after SIGTERM.", ge=0, le=60)
    ] = 3.0
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

    def trusted_networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks of the proxies in front.

        Raises:
            ValueError: an entry is none, or would trust everybody.
        """
        return tuple(_network(text.strip()) for text in self.trusted_proxies.split(",") if text.strip())

    def of_process(self, number: int) -> GatewaySettings:
        """The settings of one of several gateway processes, numbered from 0."""
        metrics_port = self.metrics_port + number if self.metrics_port else 0
        return msgspec.structs.replace(self, metrics_port=metrics_port)

    def issuer_url(self) -> str:
        """The issuer, set or made from the port."""
        scheme = "https" if self.tls_cert is not None and self.tls_port is None else "http"
        return self.issuer or f"{scheme}://localhost:{self.port}/"

    def may_bootstrap(self) -> bool:
        """Whether an empty server is to be filled: a new installation's, or one that was told so.

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
        """Where https is spoken, as clients that know https only are told: ``localhost:8443``; None if nowhere."""
        if self.tls_cert is None:
            return None
        issuer = urlsplit(self.issuer_url())
        return issuer.netloc if issuer.scheme == "https" else f"localhost:{self.tls_port or self.port}"


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"RULEMINT_TRUSTED_PROXIES: {error}: write networks as 10.0.0.0/8 or fd00::/8, with commas between them"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(
            f"RULEMINT_TRUSTED_PROXIES: {text} trusts everybody, so any client could choose its address: "
            "name the networks of the proxies"
        )
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is not None and network.prefixlen >= IPV4_MAPPED_BITS:
        return _network(f"{mapped}/{network.prefixlen - IPV4_MAPPED_BITS}")
    return network
