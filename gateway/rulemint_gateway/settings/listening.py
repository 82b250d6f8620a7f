"""Types of the settings of where the gateway listens, and of the proxies in front."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from rulemint_shared.whole_text import whole

IPV4_MAPPED_BITS = 96
"""The length of ``::ffff:0:0/96``, in which IPv6 writes IPv4 addresses."""

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")

Host = Annotated[str, Meta(description="The address to listen on.")]
Port = Annotated[int, Meta(description="The TCP port to listen on.", ge=1, le=65_535)]
GatewayProcesses = Annotated[
    int,
    Meta(
        description="Gateway processes that share the port; one uses one processor. Bounds such as "
        "RULEMINT_MAX_WAITING are each one's own.",
        ge=1,
        le=64,
    ),
]
MetricsPort = Annotated[
    int,
    Meta(
        description="The TCP port of /metrics, for Prometheus; each further process has the next one. 0: none.",
        ge=0,
        le=65_535,
    ),
]
MetricsHost = Annotated[
    str, Meta(description="The address of /metrics: one that clients do not reach, for nobody has to log in there.")
]
TlsCert = Annotated[
    Path | None,
    Meta(
        description="A certificate with its chain (PEM), to serve https; read again when it changes. "
        "Goes with RULEMINT_TLS_KEY."
    ),
]
TlsKey = Annotated[Path | None, Meta(description="The certificate's private key (PEM, without a passphrase).")]
TlsPort = Annotated[
    Annotated[int, Meta(ge=1, le=65_535)] | None,
    Meta(description="The TCP port for https, with http on RULEMINT_PORT. Unset: RULEMINT_PORT itself is https."),
]
TrustedProxies = Annotated[
    str,
    Meta(
        description="Addresses of the proxies in front (CIDR, commas between), and of nobody else. They say in a "
        "header from where a request came; what others say of it is ignored. Unset: a request comes from its TCP peer."
    ),
]
ProxyNames = Annotated[
    str,
    Meta(
        description="Host names of proxies in front (commas between), looked up every second and trusted like "
        "RULEMINT_TRUSTED_PROXIES. They are for proxies whose address changes, as in containers."
    ),
]
ProxyHeader = Annotated[
    Literal["either", "forwarded", "x-forwarded-for"],
    Meta(
        description="The header that the trusted proxies write: forwarded, x-forwarded-for, or either, and then "
        "X-Forwarded-For counts if there are both."
    ),
]
Issuer = Annotated[
    Annotated[
        str, Meta(pattern=whole(r"https?://[^\s?#@]+/", means="a URL with a slash at its end: https://id.example.com/"))
    ]
    | None,
    Meta(
        description="The iss of the default tenant's tokens: scheme and host with a slash at the end, "
        "such as https://id.example.com/. Unset: http://localhost:<port>/, and https on the port that speaks it."
    ),
]


def host_names(text: str) -> tuple[str, ...]:
    """Read host names with commas between them.

    Raises:
        ValueError: an entry is not a host name.
    """
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(
                f"RULEMINT_TRUSTED_PROXY_NAMES: {name!r} is not a host name: write names as proxy or "
                "proxy.example.com, with commas between them, and networks into RULEMINT_TRUSTED_PROXIES"
            )
    return names


def networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Read networks with commas between them.

    Raises:
        ValueError: an entry is not a network, or would trust everybody.
    """
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"RULEMINT_TRUSTED_PROXIES: {error}: write networks as 10.0.0.5/32 or fd00::5/128, with commas between them"
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
