from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from rulemint_cli.local.certificate_authority import Authority
from rulemint_cli.local.https_certificate import LocalCertificate, local_certificate
from rulemint_cli.terminal.errors import CommandError


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_it_is_for_this_machine_and_issued_by_the_authority_beside_it(tmp_path: Path) -> None:
    files = local_certificate(tmp_path / "tls")
    certificate = read(files.certificate)
    certificate.verify_directly_issued_by(read(files.authority))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)


def test_what_it_keeps_is_for_its_owner_only(tmp_path: Path) -> None:
    local_certificate(tmp_path / "tls")
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "tls").iterdir()} == {0o600}


def test_a_second_start_uses_the_same_authority_and_certificate(tmp_path: Path) -> None:
    first = contents(local_certificate(tmp_path))
    assert contents(local_certificate(tmp_path)) == first


def contents(files: LocalCertificate) -> list[bytes]:
    return [path.read_bytes() for path in (files.authority, files.certificate, files.key)]


def test_a_certificate_that_ends_soon_is_renewed_by_the_same_authority(tmp_path: Path) -> None:
    files = local_certificate(tmp_path)
    authority_pem = files.authority.read_bytes()
    authority = Authority.from_pem(authority_pem, (tmp_path / "ca.key").read_bytes())
    old = authority.issue(lives_for=timedelta(days=20))
    files.certificate.write_bytes(old.certificate)
    files.key.write_bytes(old.private_key)
    local_certificate(tmp_path)
    assert files.authority.read_bytes() == authority_pem
    assert read(files.certificate).not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)


def test_the_authority_is_for_this_machine_s_names_and_for_825_days_at_most(tmp_path: Path) -> None:
    """RFC 5280 §4.2.1.10: who reads its key can pass for this machine to those who trust it, and for nobody else."""
    authority = read(local_certificate(tmp_path).authority)
    assert authority.not_valid_after_utc - authority.not_valid_before_utc <= timedelta(days=825)
    found = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert found.critical
    permitted = found.value.permitted_subtrees or []
    assert [str(name.value) for name in permitted] == ["localhost", "127.0.0.1/32", "::1/128"]
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)


def test_the_certificate_is_for_servers_only(tmp_path: Path) -> None:
    certificate = read(local_certificate(tmp_path).certificate)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_an_authority_of_an_older_version_is_replaced_by_a_constrained_one(tmp_path: Path) -> None:
    old = trustme.CA()
    (tmp_path / "ca.pem").write_bytes(old.cert_pem.bytes())
    (tmp_path / "ca.key").write_bytes(old.private_key_pem.bytes())
    files = local_certificate(tmp_path)
    read(files.authority).extensions.get_extension_for_class(x509.NameConstraints)
    read(files.certificate).verify_directly_issued_by(read(files.authority))


def test_a_certificate_of_the_authority_for_another_name_is_refused(tmp_path: Path) -> None:
    files = local_certificate(tmp_path)
    authority = Authority.from_pem(files.authority.read_bytes(), (tmp_path / "ca.key").read_bytes())
    anchor = Store([read(files.authority)])
    good, evil = (
        x509.load_pem_x509_certificate(issued)
        for issued in (authority.issue().certificate, authority.issue(names=("bank.example",)).certificate)
    )
    for name, certificate, is_good in (("localhost", good, True), ("bank.example", evil, False)):
        verifier = PolicyBuilder().store(anchor).build_server_verifier(x509.DNSName(name))
        if is_good:
            assert verifier.verify(certificate, [])
        else:
            with pytest.raises(VerificationError):
                verifier.verify(certificate, [])


@pytest.mark.parametrize("damaged", ["ca.pem", "ca.key", "localhost.pem", "localhost.key"])
@pytest.mark.parametrize("content", [None, b"nonsense"], ids=["missing", "damaged"])
def test_what_is_missing_or_damaged_is_made_again(tmp_path: Path, damaged: str, content: bytes | None) -> None:
    files = local_certificate(tmp_path)
    if content is None:
        (tmp_path / damaged).unlink()
    else:
        (tmp_path / damaged).write_bytes(content)
    local_certificate(tmp_path)
    read(files.certificate).verify_directly_issued_by(read(files.authority))


def test_a_folder_that_cannot_be_used_is_one_sentence_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("a file")
    with pytest.raises(CommandError, match="RULEMINT_TLS_PORT=0 turns https off"):
        local_certificate(tmp_path / "tls")
