from __future__ import annotations

from pathlib import Path

import pytest

from rulemint_runner.egress.broker.hosts_file import MAX_FILE_BYTES, read_hosts_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hosts"


def test_a_name_has_the_addresses_of_all_its_lines(file: Path) -> None:
    file.write_text(
        "# ours\n\n10.0.0.1 Orders.Example orders  # with an alias\n10.0.0.2\torders\n::1 localhost\n10.0.0.2 orders\n"
    )
    found = read_hosts_file(file)
    assert found["orders.example"] == ("10.0.0.1",)
    assert found["orders"] == ("10.0.0.1", "10.0.0.2")
    assert "localhost" not in found


def test_a_line_without_an_address_is_named(file: Path) -> None:
    file.write_text("10.0.0.1 orders\norders 10.0.0.1\n")
    with pytest.raises(ValueError, match="line 2"):
        read_hosts_file(file)


def test_a_file_that_is_none_is_refused(file: Path) -> None:
    file.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(ValueError, match="larger"):
        read_hosts_file(file)
    file.write_bytes(b"10.0.0.1 \xff\n")
    with pytest.raises(ValueError, match="utf-8"):
        read_hosts_file(file)
    with pytest.raises(FileNotFoundError):
        read_hosts_file(file.with_name("other"))
