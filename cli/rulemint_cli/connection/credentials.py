"""Find the credentials that a command uses, and with them the system that it calls.

The first of these that exists counts: ``--admin-file``; ``--profile``; ``RULEMINT_CLIENT_ID`` and
``RULEMINT_CLIENT_SECRET`` (with ``RULEMINT_URL``); ``RULEMINT_PROFILE``; ``RULEMINT_DATA_DIR``; the profile in use;
``.rulemint/admin.json`` in the current folder or a folder above it. ``--url`` changes the address alone, and
``RULEMINT_URL`` does the same for ``RULEMINT_DATA_DIR``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from rulemint_cli.connection.profiles import Profile, Profiles
from rulemint_cli.connection.settings import ClientSettings
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.program import if_local
from rulemint_cli.terminal.text_files import read_bytes

ADMIN_FILE = Path(".rulemint/admin.json")
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Choice:
    """The options that choose a system."""

    profile: str | None = None
    admin_file: Path | None = None
    url: str | None = None


class AdminFile(msgspec.Struct, frozen=True, kw_only=True):
    """The content of admin.json, as the gateway writes it."""

    issuer: str
    client_id: str
    client_secret: str
    audience: str
    tls_domain: str | None = None
    """The host and port that speak https."""

    @property
    def profile(self) -> Profile:
        """Return these credentials as a profile."""
        return Profile(
            url=self.issuer, client_id=self.client_id, client_secret=self.client_secret, audience=self.audience
        )


def find_credentials(
    choice: Choice, settings: ClientSettings, profiles: Callable[[], Profiles], *, folder: Path
) -> Profile:
    """Return the credentials for *choice*, for a command that runs in *folder*.

    Raises:
        CommandError: there are none, or they cannot be read.
    """
    found = stored_credentials(choice, settings, profiles, folder=folder)
    url = choice.url
    if url is None and _is_data_dir_chosen(choice, settings):
        url = settings.url
    return msgspec.structs.replace(found, url=with_slash(found.url if url is None else url))


def stored_credentials(
    choice: Choice, settings: ClientSettings, profiles: Callable[[], Profiles], *, folder: Path
) -> Profile:
    """Return the credentials as `find_credentials`, with the URL that is stored with them.

    Raises:
        CommandError: as `find_credentials`.
    """
    if choice.admin_file is not None:
        return read_admin_file(choice.admin_file).profile
    if choice.profile is not None:
        return profiles().find(choice.profile)
    if settings.client_id is not None and settings.client_secret is not None:
        return _from_environment(settings.client_id, settings.client_secret, choice.url or settings.url)
    if settings.profile is not None:
        return profiles().find(settings.profile)
    if settings.data_dir is not None and settings.client_id is None:
        return read_admin_file(settings.data_dir / ADMIN_FILE.name).profile
    _check_whole(settings)
    return profiles().in_use or _from_folder(folder)


def _is_data_dir_chosen(choice: Choice, settings: ClientSettings) -> bool:
    """Return true if nothing counts that comes before RULEMINT_DATA_DIR."""
    before = (choice.admin_file, choice.profile, settings.client_id, settings.profile)
    return settings.data_dir is not None and all(each is None for each in before)


def _from_folder(folder: Path) -> Profile:
    for place in (folder, *folder.parents):
        if (place / ADMIN_FILE).is_file():
            return read_admin_file(place / ADMIN_FILE).profile
    raise CommandError(
        f"there is no {ADMIN_FILE} in this folder or above, and no profile is in use: start a system here "
        "(rulemint dev), or log in to one (rulemint login --url https://…)"
    )


def _check_whole(settings: ClientSettings) -> None:
    """Refuse half of what names a system, because another system would be used in its place.

    Raises:
        UsageError: a variable is missing; the text names it. RULEMINT_CLIENT_SECRET alone is a client's, for a token.
    """
    given = {
        "RULEMINT_URL": settings.url,
        "RULEMINT_CLIENT_ID": settings.client_id,
        "RULEMINT_CLIENT_SECRET": settings.client_secret,
    }
    missing = " and ".join(name for name, value in given.items() if value is None)
    for name in ("RULEMINT_URL", "RULEMINT_CLIENT_ID"):
        if given[name] is not None:
            raise UsageError(f"{name} is set without {missing}: set all three, or give --profile or --admin-file")


def _from_environment(client_id: str, client_secret: str, url: str | None) -> Profile:
    if url is None:
        raise UsageError("RULEMINT_CLIENT_ID is set without RULEMINT_URL: set it too, or give --url")
    url = with_slash(url)
    return Profile(url=url, client_id=client_id, client_secret=client_secret, audience=management_audience(url))


def management_audience(url: str) -> str:
    """Return the audience of the management API at *url*."""
    return f"{url}api/v2/"


def with_slash(url: str) -> str:
    """Return *url* with a slash at its end, as issuers have it.

    Raises:
        UsageError: it is not the address of a system.
    """
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in {"http", "https"}:
        raise UsageError(f"{url} is not a URL: write it as https://…")
    wrong = _wrong_with(url)
    if wrong is not None:
        raise UsageError(f"{wrong}: write the address of the system, such as https://id.example.com:8443/")
    return f"{scheme.lower()}://{rest}" if rest.endswith("/") else f"{scheme.lower()}://{rest}/"


def _wrong_with(url: str) -> str | None:
    """Return what makes *url* no address of a system. It repeats no password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the URL has a port or an address that is none"
    if parts.username is not None or parts.password is not None:
        return "the URL has a user or a password in it"
    if port == 0 or not parts.hostname or any(char.isspace() for char in url):
        return f"{url} has no host that can be reached"
    if parts.query or parts.fragment:
        return f"{url} has more than an address"
    return None


def read_admin_file(path: Path) -> AdminFile:
    """Read the credentials in *path*.

    Raises:
        CommandError: the file cannot be read, or is not an admin file.
    """
    try:
        return msgspec.json.decode(
            read_bytes(path, most_bytes=MOST_BYTES, otherwise="it is no admin file"), type=AdminFile
        )
    except UsageError as error:
        raise CommandError(
            f"{error}; start the system{if_local('make run')}, or name the file with --admin-file"
        ) from error
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is not an admin file: name another with --admin-file") from error
