"""https as clients meet it: beside http on one machine, and as the gateway's only port."""

from __future__ import annotations

import json
import ssl
import stat
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme
from bench.free_ports import free_port

from fixtures.processes import started, started_dev, until
from fixtures.system import System
from rulemint_shared.secrets.vault import create_master_key

pytestmark = pytest.mark.timeout(120)

DEMO = {
    "grant_type": "client_credentials",
    "client_id": "demo-client",
    "client_secret": "demo-secret-not-for-production",
    "audience": "https://api.example.com/",
}


def call(url: str, authority: Path, body: dict[str, str] | None = None, token: str = "") -> Any:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    context = ssl.create_default_context(cafile=str(authority))
    with urllib.request.urlopen(request, timeout=15, context=context) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def https_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, int]]:
    data_dir, port, tls_port = tmp_path_factory.mktemp("https") / "data", free_port(), free_port()
    with started_dev({"RULEMINT_TLS_PORT": str(tls_port)}, data_dir=data_dir, port=port):
        yield data_dir, port, tls_port


def test_dev_names_its_https_address_and_what_an_sdk_makes_of_it_works(https_system: tuple[Path, int, int]) -> None:
    data_dir, _port, tls_port = https_system
    admin = json.loads((data_dir / "admin.json").read_text())
    domain, authority = admin["tls_domain"], data_dir / "tls/ca.pem"
    assert domain == f"localhost:{tls_port}"
    asked = {
        "grant_type": "client_credentials",
        "client_id": admin["client_id"],
        "client_secret": admin["client_secret"],
        "audience": f"https://{domain}/api/v2/",
    }
    token = call(f"https://{domain}/oauth/token", authority, asked)["access_token"]
    clients = call(f"https://{domain}/api/v2/clients", authority, token=token)
    assert "demo-client" in {client["client_id"] for client in clients}


def test_each_port_has_an_issuer_of_its_own_in_metadata_and_tokens(https_system: tuple[Path, int, int]) -> None:
    """RFC 8414 §3.3: who discovers an address finds that address."""
    data_dir, port, tls_port = https_system
    authority = data_dir / "tls/ca.pem"
    for issuer in (f"http://localhost:{port}/", f"https://localhost:{tls_port}/"):
        names = ("openid-configuration", "oauth-authorization-server")
        documents = [call(f"{issuer}.well-known/{name}", authority) for name in names]
        assert [document["issuer"] for document in documents] == [issuer, issuer]
        assert documents[0]["jwks_uri"] == f"{issuer}.well-known/jwks.json"
        token = call(documents[0]["token_endpoint"], authority, DEMO)["access_token"]
        assert jwt.decode(token, options={"verify_signature": False})["iss"] == issuer


def test_a_management_token_of_either_port_is_good_at_both(https_system: tuple[Path, int, int]) -> None:
    data_dir, port, tls_port = https_system
    admin = json.loads((data_dir / "admin.json").read_text())
    asked = {
        "grant_type": "client_credentials",
        "client_id": admin["client_id"],
        "client_secret": admin["client_secret"],
        "audience": admin["audience"],
    }
    addresses = (f"http://localhost:{port}/", f"https://localhost:{tls_port}/")
    for here, there in (addresses, reversed(addresses)):
        token = call(f"{here}oauth/token", data_dir / "tls/ca.pem", asked)["access_token"]
        assert call(f"{there}api/v2/clients", data_dir / "tls/ca.pem", token=token)


def test_the_authority_is_for_its_owner_only(https_system: tuple[Path, int, int]) -> None:
    folder = https_system[0] / "tls"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_without_https_no_domain_is_named(bare_system: System) -> None:
    assert "tls_domain" not in bare_system.admin
    assert not (bare_system.data_dir / "tls").exists()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


def gateway(tmp_path: Path, redis_url: str, port: int) -> tuple[list[str], dict[str, str]]:
    create_master_key(tmp_path / "master.key")
    return [sys.executable, "-m", "rulemint_gateway"], {
        "RULEMINT_REDIS_URL": redis_url,
        "RULEMINT_MASTER_KEY_FILE": str(tmp_path / "master.key"),
        "RULEMINT_PORT": str(port),
        "RULEMINT_TLS_CERT": str(tmp_path / "cert.pem"),
        "RULEMINT_TLS_KEY": str(tmp_path / "key.pem"),
    }


def write_certificate(tmp_path: Path, authority: trustme.CA, serial: int = 0) -> None:
    issued = authority.issue_cert("localhost", common_name=f"certificate {serial}")
    (tmp_path / "key.pem").write_bytes(issued.private_key_pem.bytes())
    (tmp_path / "cert.pem").write_bytes(issued.cert_chain_pems[0].bytes())


def shown_at(port: int) -> str:
    return ssl.get_server_certificate(("localhost", port))


def test_a_gateway_with_a_certificate_speaks_https_alone_and_takes_a_new_one(
    tmp_path: Path, empty_redis_url: str, authority: trustme.CA
) -> None:
    port = free_port()
    write_certificate(tmp_path, authority)
    with started(*gateway(tmp_path, empty_redis_url, port)) as process:
        until(lambda: f"https://127.0.0.1:{port}" in process.output, failing=process)
        discovery = call(f"https://localhost:{port}/.well-known/openid-configuration", tmp_path / "ca.pem")
        assert discovery["issuer"] == f"https://localhost:{port}/"
        before = shown_at(port)
        (tmp_path / "cert.pem").write_text("half a certificate")
        until(lambda: "is not taken" in process.output, failing=process)
        assert shown_at(port) == before
        write_certificate(tmp_path, authority, 1)
        until(lambda: shown_at(port) != before, failing=process)


def test_a_bad_certificate_is_one_clear_line_at_the_start(tmp_path: Path, empty_redis_url: str) -> None:
    (tmp_path / "cert.pem").write_text("x")
    (tmp_path / "key.pem").write_text("x")
    with started(*gateway(tmp_path, empty_redis_url, free_port())) as process:
        assert process.wait() == 1
    assert process.lines[-1] == (
        f"rulemint-gateway: RULEMINT_TLS_CERT {tmp_path / 'cert.pem'}: holds no certificate in PEM"
    )
    assert "Traceback" not in process.output
