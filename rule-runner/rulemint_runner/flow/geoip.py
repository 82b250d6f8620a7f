"""Find where an address is, in a database in MaxMind's format, for an action's ``event.request.geoip``.

The file is mapped into memory and searched there, a few microseconds an address, so no thread is needed for it. It is
opened once: a newer one is put in its place by renaming, and found after a restart.
"""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Annotated, Any

import iso3166
import maxminddb
import msgspec
import structlog
from msgspec import Meta

log = structlog.get_logger(__name__)

Text = Annotated[str, Meta(max_length=256)]


class GeoIpDatabaseError(Exception):
    """The file is no database; the text names it and the setting."""


class _Names(msgspec.Struct, frozen=True):
    en: Text | None = None


class _Area(msgspec.Struct, frozen=True):
    code: Text | None = None
    iso_code: Text | None = None
    names: _Names = _Names()


class _Location(msgspec.Struct, frozen=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    time_zone: Text | None = None


class _Record(msgspec.Struct, frozen=True):
    """The part that we read of a record of a database of cities or countries."""

    city: _Area = _Area()
    continent: _Area = _Area()
    country: _Area = _Area()
    location: _Location = _Location()
    subdivisions: Annotated[list[_Area], Meta(max_length=16)] = []
    """The largest first."""


class GeoIp:
    """Finds addresses in the database at *path*; without one it finds none.

    Raises:
        GeoIpDatabaseError: there is no such file, or it is something else.
    """

    def __init__(self, path: Path | None) -> None:
        self._reader = None if path is None else _open(path)

    def find(self, address: str) -> dict[str, Any]:
        """The fields of ``event.request.geoip`` that are known of *address*; it may be no address at all."""
        if self._reader is None:
            return {}
        try:
            found = self._reader.get(_parse(address))
            return {} if found is None else _fields(msgspec.convert(found, _Record))
        except ValueError:  # no address, one of IPv6 in a database of IPv4, or a record of another shape
            return {}
        except maxminddb.InvalidDatabaseError as error:
            log.warning("the GeoIP database has an unreadable record", error=str(error))
            return {}

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()


def _open(path: Path) -> maxminddb.Reader:
    try:
        reader = maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise GeoIpDatabaseError(
            f"RULEMINT_GEOIP_DATABASE: {path} is no database in MaxMind's format (.mmdb): {error}"
        ) from error
    about = reader.metadata()
    built = datetime.fromtimestamp(about.build_epoch, UTC).date().isoformat()
    log.info("opened the GeoIP database", type=about.database_type, built=built)
    return reader


def _parse(address: str) -> IPv4Address | IPv6Address:
    """*address*; one of IPv4 that a socket of both kinds shows as IPv6 is one of IPv4."""
    parsed = ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _fields(record: _Record) -> dict[str, Any]:
    country = record.country
    subdivision = record.subdivisions[0] if record.subdivisions else _Area()
    known = iso3166.countries_by_alpha2.get(country.iso_code or "")
    fields = {
        "cityName": record.city.names.en,
        "continentCode": record.continent.code,
        "countryCode": country.iso_code,
        "countryCode3": None if known is None else known.alpha3,
        "countryName": country.names.en,
        "latitude": record.location.latitude,
        "longitude": record.location.longitude,
        "subdivisionCode": subdivision.iso_code,
        "subdivisionName": subdivision.names.en,
        "timeZone": record.location.time_zone,
    }
    return {name: value for name, value in fields.items() if value is not None}
