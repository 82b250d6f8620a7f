from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from rulemint_gateway.tokens import certificates, key_material
from rulemint_shared.contract.records import SigningAlgorithm

KEY_PAIR_ALGORITHMS = [algorithm for algorithm in SigningAlgorithm if algorithm is not SigningAlgorithm.HS256]


@pytest.mark.parametrize("algorithm", KEY_PAIR_ALGORITHMS, ids=str)
def test_every_kind_of_key_signs_its_own_certificate(algorithm: SigningAlgorithm) -> None:
    pem = key_material.generate(algorithm).private_pem
    text = certificates.self_signed(pem, common_name="t" * 100, now_ms=1_764_000_000_000)
    certificate = x509.load_pem_x509_certificate(text.encode())
    certificate.verify_directly_issued_by(certificate)
    assert certificate.public_key() == key_material.load_private_key(pem).public_key()
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "t" * 64


def test_a_fingerprint_is_the_thumbprint_with_colons() -> None:
    pem = key_material.generate(SigningAlgorithm.EDDSA).private_pem
    view = certificates.CertificateView(certificates.self_signed(pem, common_name="t", now_ms=1_764_000_000_000))
    assert len(view.thumbprint) == 40
    assert view.fingerprint.split(":") == [view.thumbprint[i : i + 2] for i in range(0, 40, 2)]
    assert "BEGIN PKCS7" in view.pkcs7
