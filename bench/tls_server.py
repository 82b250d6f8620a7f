"""A TLS server for benches, as a process of its own: it answers everything alike, and keeps connections open."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rulemint_shared.process.tether import die_with_parent

NAME = "api.example.com"
ANSWER = b'{"plan": "gold"}'


@contextmanager
def started_server(folder: Path) -> Iterator[int]:
    """The port of a server of `NAME`; ``certificate.pem`` in *folder* is what its clients trust."""
    write_certificate(folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.tls_server", str(folder), str(os.getpid())],
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the bench
    )
    with process:
        assert process.stdout is not None  # noqa: S101  # as it was started
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def write_certificate(folder: Path, name: str = NAME) -> None:
    """For the host *name*, signed by itself: ``certificate.pem`` in *folder*, and with its key ``server.pem``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now, public = datetime.now(UTC), key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "certificate.pem").write_bytes(certificate)
    (folder / "server.pem").write_bytes(certificate + private)


async def _answer(request: web.Request) -> web.Response:
    """After as many milliseconds as the request asks for."""
    await asyncio.sleep(float(request.query.get("wait_ms", 0)) / 1000)
    return web.Response(body=ANSWER, content_type="application/json")


async def _serve(folder: Path) -> None:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", _answer)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "server.pem")
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    die_with_parent(int(sys.argv[2]))
    asyncio.run(_serve(Path(sys.argv[1])))
