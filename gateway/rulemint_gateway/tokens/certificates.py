"""A self-signed certificate of each signing key, for those who expect one (RFC 5280); tokens need none."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
from cryptography.x509.oid import NameOID

from rulemint_shared.base64url import base64url

VALID_DAYS = 3_650
MAX_COMMON_NAME = 64


class CertificateView:
    """The parts of a certificate that are shown; *pem* as `self_signed` made it."""

    def __init__(self, pem: str) -> None:
        self._certificate = x509.load_pem_x509_certificate(pem.encode())
        self.pem = pem

    @property
    def pkcs7(self) -> str:
        """The certificate alone in a PKCS 7 container, PEM."""
        return pkcs7.serialize_certificates([self._certificate], Encoding.PEM).decode()

    @property
    def jwk_members(self) -> dict[str, str | list[str]]:
        """The members of its key's JWK that show the certificate: ``x5c`` and ``x5t`` (RFC 7517 §4.7, §4.8)."""
        der = self._certificate.public_bytes(Encoding.DER)
        thumbprint = self._certificate.fingerprint(hashes.SHA1())  # noqa: S303  # what the field means
        return {
            "x5c": [base64.b64encode(der).decode()],
            "x5t": base64url(thumbprint).decode(),
        }

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the certificate in hex: a name, no protection."""
        return self._certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  # what the field means

    @property
    def fingerprint(self) -> str:
        """The thumbprint with a colon between its bytes."""
        return ":".join(self.thumbprint[i : i + 2] for i in range(0, len(self.thumbprint), 2))


def self_signed(private_pem: bytes, *, common_name: str, now_ms: int) -> str:
    """A certificate of the key in *private_pem*, signed with it, good for ten years; PEM.

    Raises:
        ValueError: it is no RSA, EC or Ed25519 key.
    """
    key = load_pem_private_key(private_pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise ValueError("this kind of key signs no certificate here")  # noqa: TRY004  # a value from our own store
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:MAX_COMMON_NAME])])
    begins = datetime.fromtimestamp(now_ms // 1_000, tz=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=VALID_DAYS))
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()
