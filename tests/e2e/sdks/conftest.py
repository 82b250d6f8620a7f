"""A system that speaks https, which is all that the SDKs speak."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.free_ports import free_port

from fixtures.processes import started_dev


@dataclass(frozen=True)
class HttpsSystem:
    """A running ``rulemint dev``, as an SDK is told of it."""

    domain: str
    client_id: str
    client_secret: str
    authority: Path
    """The certificate of whoever signed the system's."""


@pytest.fixture(scope="session")
def https_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsSystem]:
    data_dir = tmp_path_factory.mktemp("https") / "data"
    data_dir.mkdir()
    (data_dir / "demo.made").touch()  # so that no demo is made
    with started_dev({"RULEMINT_TLS_PORT": str(free_port())}, data_dir=data_dir, port=free_port()):
        admin = json.loads((data_dir / "admin.json").read_text())
        yield HttpsSystem(admin["tls_domain"], admin["client_id"], admin["client_secret"], data_dir / "tls" / "ca.pem")
