"""Read ``RULEMINT_REDIS_URL`` into values, and check them before anything connects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.asyncio.connection import parse_url

SENTINEL_PORT = 26379
SENTINEL_FORM = "redis+sentinel://[user:password@]host:port,host:port,…/MASTER[/DB], or rediss+sentinel:// for TLS"
CLUSTER_PORT = 6379
CLUSTER_FORM = "redis+cluster://[user:password@]host:port,host:port,…, or rediss+cluster:// for TLS"
SERVER_FORM = "redis://[[user]:password@]host:port[/DB], rediss://… or unix://path"

Address = tuple[str, int]
"""Host and TCP port."""


class RedisUrlError(Exception):
    """``RULEMINT_REDIS_URL`` has no form that can be used. The text says which could, and nothing of what it holds."""


@dataclass(frozen=True)
class OneServer:
    """``redis://``, ``rediss://`` or ``unix://``."""

    options: dict[str, Any]
    """Options of redis-py's connections."""


@dataclass(frozen=True)
class Sentinels:
    """``redis+sentinel://`` or ``rediss+sentinel://``: they say which server is the master."""

    sentinels: tuple[Address, ...]
    master: str
    """The name that the sentinels give it, such as ``mymaster``."""
    options: dict[str, Any]
    """Options of redis-py's connections to the data servers, without host and port."""
    tls_options: dict[str, Any]
    """Of those, what a sentinel's connection takes too; empty without TLS."""


@dataclass(frozen=True)
class Cluster:
    """``redis+cluster://`` or ``rediss+cluster://``: some of the nodes, which know the others."""

    nodes: tuple[Address, ...]
    options: dict[str, Any]
    """Options of redis-py's connections to each node, without host and port."""
    with_tls: bool


def read_address(url: str) -> OneServer | Sentinels | Cluster:
    """Read *url*.

    Raises:
        RedisUrlError: it has another form.
    """
    scheme, _, rest = url.partition("://")
    if scheme.endswith("+sentinel"):
        return _sentinels(scheme.removesuffix("+sentinel"), rest)
    if scheme.endswith("+cluster"):
        return _cluster(scheme.removesuffix("+cluster"), rest)
    try:
        return OneServer(_options(url))
    except ValueError:  # its text may have a part of the password
        raise RedisUrlError(f"RULEMINT_REDIS_URL cannot be read: use {SERVER_FORM}") from None


def _sentinels(scheme: str, rest: str) -> Sentinels:
    place, _, query = rest.partition("?")
    authority, _, path = place.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    master, _, database = path.partition("/")
    if not master or not (database.isdecimal() or not database):
        raise RedisUrlError(f"RULEMINT_REDIS_URL names no master, or no database after it: use {SENTINEL_FORM}")
    try:
        sentinels = tuple(_address(host, SENTINEL_PORT) for host in hosts.split(","))
        options = _options(f"{scheme}://{credentials}{at}unused/{database}" + (f"?{query}" if query else ""))
    except ValueError:
        raise RedisUrlError(f"RULEMINT_REDIS_URL cannot be read: use {SENTINEL_FORM}") from None
    del options["host"]
    tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
    return Sentinels(sentinels, unquote(master), options, {"ssl": True, **tls} if scheme == "rediss" else {})


def _cluster(scheme: str, rest: str) -> Cluster:
    place, _, query = rest.partition("?")
    authority, _, database = place.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    if database not in {"", "0"}:
        raise RedisUrlError(f"RULEMINT_REDIS_URL names a database, and a cluster has only 0: use {CLUSTER_FORM}")
    try:
        nodes = tuple(_address(host, CLUSTER_PORT) for host in hosts.split(","))
        options = _options(f"{scheme}://{credentials}{at}unused" + (f"?{query}" if query else ""))
    except ValueError:
        raise RedisUrlError(f"RULEMINT_REDIS_URL cannot be read: use {CLUSTER_FORM}") from None
    del options["host"]
    return Cluster(nodes, options, with_tls=scheme == "rediss")


def _address(text: str, usual_port: int) -> Address:
    """``host:port``, ``host`` or ``[IPv6]:port``.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.netloc != text:
        raise ValueError(text)
    return parts.hostname, parts.port or usual_port


def _options(url: str) -> dict[str, Any]:
    """redis-py's own reading of a URL.

    Raises:
        ValueError: a part of it cannot be used.
    """
    options: dict[str, Any] = dict(parse_url(url))
    options.pop("connection_class", None)
    return options
