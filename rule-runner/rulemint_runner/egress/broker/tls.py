"""Prove the identity of servers: TLS 1.2 or newer, the name and the chain verified, always."""

from __future__ import annotations

import ssl
from pathlib import Path

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def client_context(ca_file: str | None) -> ssl.SSLContext:
    """A context that trusts the system's authorities, and those of *ca_file* besides.

    Everything is read now: a folder of certificates, which OpenSSL would look into at each handshake, is out of reach
    once the broker is contained.

    Raises:
        OSError: *ca_file* cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not context.cert_store_stats()["x509_ca"]:
        _load_system_bundle(context)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _load_system_bundle(context: ssl.SSLContext) -> None:
    for bundle in _BUNDLES:
        if Path(bundle).is_file():
            context.load_verify_locations(cafile=bundle)
            return
