"""Issue certificates for ``localhost`` from a certificate authority of our own (RFC 5280).

Clients that trust it trust it for this machine's own names only, because its name constraints allow no others.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
AUTHORITY_LIVES_FOR = timedelta(days=825)
CERTIFICATE_LIVES_FOR = timedelta(days=397)
"""Apple's systems and browsers accept no longer life."""
CLOCKS_DIFFER_BY = timedelta(hours=1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    private_key: bytes


class Authority:
    """A certificate authority: its certificate and its private key."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._key = key

    @classmethod
    def make(cls) -> Authority:
        """Make a new authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Rulemint on this machine")
        certificate = (
            _begun(name, name, key.public_key(), AUTHORITY_LIVES_FOR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.NameConstraints(permitted_subtrees=_permitted(), excluded_subtrees=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def from_pem(cls, certificate: bytes, private_key: bytes) -> Authority:
        """Read an authority that was stored.

        Raises:
            ValueError, TypeError: the texts are not those of an authority.
        """
        key = load_pem_private_key(private_key, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the key of the authority is not an elliptic curve key")
        return cls(x509.load_pem_x509_certificate(certificate), key)

    @property
    def pem(self) -> Issued:
        """Return the certificate and the key for storage."""
        return Issued(self.certificate.public_bytes(Encoding.PEM), _key_pem(self._key))

    def is_constrained(self) -> bool:
        """Tell whether the authority is for this machine's names only, and lives no longer than allowed."""
        try:
            found = self.certificate.extensions.get_extension_for_class(x509.NameConstraints)
        except x509.ExtensionNotFound:
            return False
        lives_for = self.certificate.not_valid_after_utc - self.certificate.not_valid_before_utc
        return found.critical and found.value.permitted_subtrees == _permitted() and lives_for <= AUTHORITY_LIVES_FOR

    def issue(self, names: Sequence[str] = NAMES, *, lives_for: timedelta = CERTIFICATE_LIVES_FOR) -> Issued:
        """Issue a certificate for a server on this machine."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [*map(x509.DNSName, names), *(x509.IPAddress(ipaddress.ip_address(each)) for each in ADDRESSES)]
        certificate = (
            _begun(_name(names[0]), self.certificate.subject, key.public_key(), lives_for)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Issued(certificate.public_bytes(Encoding.PEM), _key_pem(key))


def _begun(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, lives_for: timedelta
) -> x509.CertificateBuilder:
    begins = datetime.now(UTC) - CLOCKS_DIFFER_BY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lives_for)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _permitted() -> list[x509.GeneralName]:
    return [*map(x509.DNSName, NAMES), *(x509.IPAddress(ipaddress.ip_network(each)) for each in ADDRESSES)]


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
