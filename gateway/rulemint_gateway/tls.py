"""The gateway's certificate: read at the start, and again whenever its files change.

New handshakes use the new certificate, connections that are open go on. asyncio makes each connection's TLS from the
one context that the socket listens with, so that is the context which is loaded again.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import NoReturn

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

log = structlog.get_logger(__name__)

LOOK_INTERVAL_S = 2.0

Stamp = tuple[tuple[int, int, int], ...]


class CertificateError(Exception):
    """The files cannot be used. The text names the setting, the file, and what is wrong with it."""


class Certificate:
    """A certificate with its chain, and its private key, both PEM."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Load them.

        Raises:
            CertificateError: a file cannot be read, or they do not belong together.
        """
        self._files = (certificate, key)
        self._seen = self._stamp()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.set_alpn_protocols(["http/1.1"])
        _check_pair(*self._files)
        self._take()

    async def keep_fresh(self) -> None:
        """Look at the files every two seconds, until cancelled; what cannot be used is logged and not taken."""
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            try:
                if await self.reload_if_changed():
                    log.info("certificate loaded", file=str(self._files[0]))
            except CertificateError as error:
                log.warning("the changed certificate is not taken, the old one stays", error=str(error))

    async def reload_if_changed(self) -> bool:
        """Take the files if they are others than at the last look; returns whether they were.

        Raises:
            CertificateError: they cannot be used; the old certificate stays, and they are not looked at again until
                they have changed again.
        """
        if not await asyncio.to_thread(self._has_changed):
            return False
        self._take()  # here, where handshakes are: none may see the new certificate with the old key
        return True

    def _has_changed(self) -> bool:
        """True if the files are others than at the last look; they are checked, and not taken yet."""
        stamp = self._stamp()  # before they are read, so that the next look sees a change of now
        if stamp == self._seen:
            return False
        self._seen = stamp
        _check_pair(*self._files)
        return True

    def _take(self) -> None:
        """Take the files that were checked: a context whose key does not fit keeps neither certificate."""
        try:
            self.context.load_cert_chain(*self._files, password=_refuse_to_ask)
        except (OSError, ValueError) as error:
            raise CertificateError(f"RULEMINT_TLS_CERT {self._files[0]}: cannot be used: {error}") from error

    def _stamp(self) -> Stamp:
        """A mark of the files, which differs when one of them, or what its link points to, was replaced or written."""
        try:
            found = [file.stat() for file in self._files]
        except OSError:
            return ()
        return tuple((stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in found)


def _check_pair(certificate: Path, key: Path) -> None:
    """Read both, and see that the key is the certificate's.

    Raises:
        CertificateError: one cannot be read, or they do not belong together.
    """
    chain_pem = _read("RULEMINT_TLS_CERT", certificate)
    key_pem = _read("RULEMINT_TLS_KEY", key)
    try:
        leaf = x509.load_pem_x509_certificates(chain_pem)[0].public_key()
    except ValueError:
        raise CertificateError(f"RULEMINT_TLS_CERT {certificate}: holds no certificate in PEM") from None
    try:
        private = load_pem_private_key(key_pem, password=None)
    except TypeError:
        raise CertificateError(f"RULEMINT_TLS_KEY {key}: is encrypted; give a key without a passphrase") from None
    except ValueError:
        raise CertificateError(f"RULEMINT_TLS_KEY {key}: holds no private key in PEM") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_bytes(*form) != private.public_key().public_bytes(*form):
        raise CertificateError(f"RULEMINT_TLS_KEY {key}: is not the key of the certificate in {certificate}")


def _read(setting: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CertificateError(f"{setting} {file}: {error.strerror}") from error


def _refuse_to_ask() -> NoReturn:
    raise ValueError("the key is encrypted")
