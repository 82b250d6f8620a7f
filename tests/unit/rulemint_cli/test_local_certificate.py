from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from rulemint_cli.errors import CommandError
from rulemint_cli.local_certificate import LocalCertificate, local_certificate


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
    authority = trustme.CA.from_pem(authority_pem, (tmp_path / "ca.key").read_bytes())
    old = authority.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=20))
    files.certificate.write_bytes(old.cert_chain_pems[0].bytes())
    files.key.write_bytes(old.private_key_pem.bytes())
    local_certificate(tmp_path)
    assert files.authority.read_bytes() == authority_pem
    assert read(files.certificate).not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)


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
    with pytest.raises(CommandError, match="RULEMINT_TLS_PORT=0 does without https"):
        local_certificate(tmp_path / "tls")
