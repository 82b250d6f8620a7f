"""The gateway's certificate on real connections."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from rulemint_gateway.tls import Certificate, CertificateError

AUTHORITY = trustme.CA()


def issue(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    issued = AUTHORITY.issue_cert(name, "localhost", common_name=name)
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(issued.cert_chain_pems[0].bytes())
    key.write_bytes(issued.private_key_pem.bytes())
    return certificate, key


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
    writer.close()


class Connection:
    """One connection to the echo, with the name on the certificate that it was shown."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        subject = writer.get_extra_info("peercert")["subject"]
        self.shown = {key: value for part in subject for key, value in part}["commonName"]

    async def says(self, line: bytes) -> bytes:
        self._writer.write(line)
        return await asyncio.wait_for(self._reader.readline(), 5)

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def connect(server: asyncio.Server) -> Connection:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    port = server.sockets[0].getsockname()[1]
    return Connection(*await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost"))


async def test_new_connections_get_the_changed_certificate_and_open_ones_go_on(tmp_path: Path) -> None:
    certificate = Certificate(*issue(tmp_path, "before.example.com"))
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=certificate.context)
    async with server:
        old = await connect(server)
        assert old.shown == "before.example.com"
        assert not await certificate.reload_if_changed()
        issue(tmp_path, "after.example.com")
        assert await certificate.reload_if_changed()
        new = await connect(server)
        assert new.shown == "after.example.com"
        assert await old.says(b"still here\n") == b"still here\n"
        await old.close()
        await new.close()


async def test_a_changed_file_that_is_bad_keeps_the_old_certificate_and_is_tried_again_when_it_changes(
    tmp_path: Path,
) -> None:
    certificate = Certificate(*issue(tmp_path, "before.example.com"))
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=certificate.context)
    async with server:
        other = tmp_path / "other"
        other.mkdir()
        shutil.copy(issue(other, "after.example.com")[0], tmp_path / "cert.pem")  # its key is not there yet
        with pytest.raises(CertificateError, match="is not the key of the certificate"):
            await certificate.reload_if_changed()
        assert not await certificate.reload_if_changed()
        kept = await connect(server)
        assert kept.shown == "before.example.com"
        shutil.copy(other / "key.pem", tmp_path / "key.pem")
        assert await certificate.reload_if_changed()
        taken = await connect(server)
        assert taken.shown == "after.example.com"
        await kept.close()
        await taken.close()


def encrypted(key: Path) -> None:
    private = load_pem_private_key(key.read_bytes(), password=None)
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    key.write_bytes(private.private_bytes(*form))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        pytest.param(lambda cert, _key: cert.unlink(), "RULEMINT_TLS_CERT .*No such file", id="no certificate"),
        pytest.param(lambda _cert, key: key.unlink(), "RULEMINT_TLS_KEY .*No such file", id="no key"),
        pytest.param(lambda cert, _key: cert.write_text("x"), "holds no certificate", id="not a certificate"),
        pytest.param(lambda _cert, key: key.write_text("x"), "holds no private key", id="not a key"),
        pytest.param(lambda _cert, key: encrypted(key), "without a passphrase", id="an encrypted key"),
    ],
)
def test_files_that_cannot_be_used_are_named_with_what_is_wrong(tmp_path: Path, spoil: object, complaint: str) -> None:
    certificate, key = issue(tmp_path)
    assert callable(spoil)
    spoil(certificate, key)
    with pytest.raises(CertificateError, match=complaint) as refused:
        Certificate(certificate, key)
    assert "\n" not in str(refused.value)
