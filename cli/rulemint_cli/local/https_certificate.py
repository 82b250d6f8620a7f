"""Keep a certificate for ``localhost`` in the data directory, so that the system speaks https on this machine.

The authority that issues it stays too, so a user has to trust it once only. Certificate and authority are made again if
they are damaged, or end within a month.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from rulemint_cli.local.certificate_authority import Authority
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.process.private_file import write_private_file

RENEWED_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class LocalCertificate:
    """The paths of the files, all PEM."""

    certificate: Path
    key: Path
    authority: Path
    """The file that clients have to trust."""


def local_certificate(folder: Path) -> LocalCertificate:
    """Return the certificate in *folder*. Make or renew it first if needed.

    Raises:
        CommandError: the folder cannot be used.
    """
    files = LocalCertificate(folder / "localhost.pem", folder / "localhost.key", folder / "ca.pem")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        authority = _authority(files.authority, folder / "ca.key")
        if not _is_good(files, authority):
            issued = authority.issue()
            write_private_file(files.key, issued.private_key)
            write_private_file(files.certificate, issued.certificate)
    except OSError as error:
        raise CommandError(
            f"cannot keep a certificate in {folder}: {error.strerror}; RULEMINT_TLS_PORT=0 turns https off"
        ) from error
    return files


def _authority(certificate: Path, key: Path) -> Authority:
    """Return the stored authority. Make a new one if there is none, or if it is damaged, unconstrained or ends soon."""
    with suppress(FileNotFoundError, ValueError, TypeError):
        kept = Authority.from_pem(certificate.read_bytes(), key.read_bytes())
        if kept.is_constrained() and not _ends_soon(kept.certificate):
            return kept
    made = Authority.make()
    pem = made.pem
    write_private_file(key, pem.private_key)
    write_private_file(certificate, pem.certificate)
    return made


def _is_good(files: LocalCertificate, authority: Authority) -> bool:
    """Tell whether *authority* issued the certificate in *files*, its key fits, and it does not end soon."""
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        certificate.verify_directly_issued_by(authority.certificate)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
    except (FileNotFoundError, ValueError, TypeError, InvalidSignature, ssl.SSLError):
        return False
    return not _ends_soon(certificate)


def _ends_soon(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc < datetime.now(UTC) + RENEWED_BEFORE
