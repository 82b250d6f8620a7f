"""``python -m rulemint_gateway.alive``: the health check of a container. It asks the gateway in it whether it lives.

It reads the settings that the gateway listens by, so it follows when the gateway speaks https or has another port.
"""

from __future__ import annotations

import http.client
import ssl
import sys

import msgspec

from rulemint_gateway.settings.listening import Host, Port, TlsCert, TlsPort
from rulemint_shared.process.settings import SettingsError, read_settings

TIMEOUT_S = 4.0
PATH = "/healthz"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nothing is bound: the value of a setting is read


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the gateway that say where it answers."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    tls_cert: TlsCert = None
    tls_port: TlsPort = None

    @property
    def speaks_https(self) -> bool:
        """True if `port` speaks https: with a port of its own for https, it speaks http."""
        return self.tls_cert is not None and self.tls_port is None


def main() -> int:
    """Return 0 if the gateway lives; else say why not, and return 1."""
    try:
        status = ask(read_settings(Listening))
    except (OSError, http.client.HTTPException, SettingsError) as error:
        sys.stderr.write(f"{PATH}: {error!s:.200}\n")
        return 1
    sys.stdout.write(f"{PATH}: {status}\n")
    return 0 if status == http.HTTPStatus.OK else 1


def ask(listening: Listening) -> int:
    """Return the status of the gateway's answer.

    Raises:
        OSError, HTTPException: it does not answer.
    """
    host = _EVERYWHERE.get(listening.host, listening.host)
    if listening.speaks_https:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, listening.port, timeout=TIMEOUT_S, context=_any_certificate()
        )
    else:
        connection = http.client.HTTPConnection(host, listening.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", PATH)
        return connection.getresponse().status
    finally:
        connection.close()


def _any_certificate() -> ssl.SSLContext:
    """Return a context that takes any certificate, because the gateway's is for its public name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


if __name__ == "__main__":
    sys.exit(main())
