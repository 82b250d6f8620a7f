from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import maxminddb
import pytest

from fixtures.geoip import SEEN_IN_BERN, write_database
from rulemint_runner.flow.geoip import GeoIp, GeoIpDatabaseError


@pytest.fixture(params=["in C", "in Python"])
def places(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GeoIp]:
    """By both readers of the library: a machine without the compiled one has the other."""
    if request.param == "in Python":
        reader = maxminddb.reader.Reader
        monkeypatch.setattr(maxminddb, "open_database", lambda path: reader(path, maxminddb.MODE_MMAP))
    with closing(GeoIp(write_database(tmp_path / "places.mmdb"))) as opened:
        yield opened


def test_an_address_has_every_field_that_auth0_documents(places: GeoIp) -> None:
    assert places.find("127.0.0.1") == SEEN_IN_BERN


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        pytest.param("::ffff:127.0.0.1", SEEN_IN_BERN, id="IPv4 as IPv6 shows it"),
        pytest.param("192.0.2.1", {"countryCode": "ZZ", "countryName": "Nowhere"}, id="a code that ISO does not have"),
        pytest.param("2001:db8::1", {"countryCode": "JP", "countryCode3": "JPN"}, id="no English name"),
        pytest.param("192.0.2.200", {}, id="a record of another shape"),
        pytest.param("198.51.100.1", {}, id="an address that is not in it"),
        pytest.param("", {}, id="nothing"),
        pytest.param("localhost", {}, id="no address"),
        pytest.param("fe80::1%eth0", {}, id="an address with a zone"),
    ],
)
def test_only_what_is_known_is_there(places: GeoIp, address: str, seen: dict[str, Any]) -> None:
    assert places.find(address) == seen


def test_a_database_of_ipv4_knows_no_address_of_ipv6(tmp_path: Path) -> None:
    with closing(GeoIp(write_database(tmp_path / "places.mmdb", ip_version=4))) as places:
        assert places.find("2001:db8::1") == {}
        assert places.find("127.0.0.1") == SEEN_IN_BERN


def test_without_a_database_no_address_is_anywhere() -> None:
    with closing(GeoIp(None)) as places:
        assert places.find("127.0.0.1") == {}


@pytest.mark.parametrize("content", [None, b"", b"this is no database", b"\xab\xcd\xefMaxMind.com\xe0"])
def test_a_file_that_is_no_database_is_an_error_that_names_the_setting_and_the_file(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "places.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GeoIpDatabaseError) as raised:
        GeoIp(path)
    assert str(raised.value).startswith(f"RULEMINT_GEOIP_DATABASE: {path} is no database")
    assert "\n" not in str(raised.value)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(GeoIpDatabaseError):
        GeoIp(tmp_path)
