from __future__ import annotations

from collections.abc import Iterator

import pytest
from bench.free_ports import free_port

from fixtures.processes import started_dev
from fixtures.workplace import Workplace


@pytest.fixture(scope="session")
def other_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A second system, with nothing in it: each test leaves it so."""
    place = Workplace(tmp_path_factory.mktemp("other"), free_port(), free_port())
    data_dir = place.folder / ".rulemint"
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    with started_dev({"RULEMINT_TLS_PORT": "0"}, data_dir=data_dir, port=place.port):
        yield place
