"""Ask the proxy in this container whether it lives (``alive.py on``: over https). Any answer of HTTP will do.

A gateway that is away is no reason to start the proxy again.
"""

from __future__ import annotations

import http.client
import ssl
import sys

PORT = 8080
TIMEOUT_S = 4.0


def main() -> int:
    """Return 0 if it lives; else say why not, and return 1."""
    try:
        status = ask(over_https=sys.argv[1:] == ["on"])
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"port {PORT}: {error}\n")
        return 1
    sys.stdout.write(f"port {PORT}: {status}\n")
    return 0


def ask(*, over_https: bool) -> int:
    """Return the status of an answer.

    Raises:
        OSError, HTTPException: there is none.
    """
    if over_https:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the certificate is for the public name
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", PORT, timeout=TIMEOUT_S, context=context
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
