"""Types of the settings of clients' connections: deadlines, and how many there may be."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

HeaderDeadline = Annotated[
    float,
    Meta(
        description="Seconds that a request's headers may take to arrive, and a TLS handshake; "
        "then the connection is closed.",
        gt=0,
        le=3_600,
    ),
]
BodyDeadline = Annotated[
    float,
    Meta(
        description="Seconds that a request's body may take to arrive after its headers; then it is refused with 408.",
        gt=0,
        le=3_600,
    ),
]
IdleDeadline = Annotated[
    float,
    Meta(
        description="Seconds that a connection is kept open for the next request; more than a proxy in front keeps it.",
        gt=0,
        le=86_400,
    ),
]
WriteTimeout = Annotated[
    float,
    Meta(
        description="Seconds after which a connection is closed whose client takes nothing, or less than 16 KiB, "
        "of an answer or stream that waits for it.",
        gt=0,
        le=3_600,
    ),
]
MaxConnections = Annotated[
    Annotated[int, Meta(ge=8)] | None,
    Meta(
        description="Connections that may be open at once in each gateway process; then those that let it wait "
        "longest are closed. Unset: seven eighths of the open files that it may have (ulimit -n), and never more."
    ),
]
MaxConnectionsPerAddress = Annotated[
    int,
    Meta(
        description="Connections that one address may have open at once in each gateway process, of IPv6 one /64; "
        "more are closed at once. It does not hold for RULEMINT_TRUSTED_PROXIES.",
        ge=1,
    ),
]
DrainDelay = Annotated[
    float,
    Meta(
        description="Seconds after SIGTERM in which new requests are still answered, while /healthz and /readyz say "
        "draining; more than a proxy in front needs to notice.",
        ge=0,
        le=60,
    ),
]
Drain = Annotated[
    float,
    Meta(description="Seconds that requests under way may take after SIGTERM and RULEMINT_DRAIN_DELAY.", ge=0, le=60),
]
