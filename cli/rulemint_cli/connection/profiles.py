"""The systems that a user logged in to, by name: one file for its owner only, in the user's configuration folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.private_file import write_private_file

ProfileName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+$")]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One system, and the client whose token the commands use there."""

    url: str
    client_id: str
    client_secret: str
    audience: str
    """The system's management API."""

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Profile({self.url}, {self.client_id})"


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    current: str | None = None
    profiles: dict[ProfileName, Profile] = {}


class Profiles:
    """What is stored; every change is written at once."""

    def __init__(self, path: Path) -> None:
        """Read *path*; a file that is not there has no profiles.

        Raises:
            CommandError: the file cannot be read.
        """
        self._path = path
        try:
            self._stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
        except FileNotFoundError:
            self._stored = _Stored()
        except OSError as error:
            raise CommandError(
                f"cannot read the profiles in {path}: {error.strerror}; --admin-file does without them"
            ) from error
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} holds no profiles; delete it and log in again: {error}") from error

    @property
    def all(self) -> dict[str, Profile]:
        """By name, sorted."""
        return dict(sorted(self._stored.profiles.items()))

    @property
    def current(self) -> str | None:
        """The name of the one in use."""
        return self._stored.current

    @property
    def in_use(self) -> Profile | None:
        """The one that is used where none is named."""
        return None if self.current is None else self._stored.profiles.get(self.current)

    def find(self, name: str) -> Profile:
        """The profile of this name.

        Raises:
            CommandError: there is none.
        """
        found = self._stored.profiles.get(name)
        if found is None:
            raise CommandError(
                f"there is no profile {name}: rulemint profiles list shows them, rulemint login makes one"
            )
        return found

    def put(self, name: str, profile: Profile) -> None:
        """Store *profile* as *name*, and use it from now on.

        Raises:
            CommandError: the name cannot be one, or the file cannot be written.
        """
        try:
            msgspec.convert(name, ProfileName)
        except msgspec.ValidationError:
            raise CommandError(f"{name} cannot be a profile's name: use letters, digits, dots and dashes") from None
        self._write(_Stored(current=name, profiles={**self._stored.profiles, name: profile}))

    def use(self, name: str) -> None:
        """Use the profile *name* where none is named.

        Raises:
            CommandError: there is none, or the file cannot be written.
        """
        self.find(name)
        self._write(msgspec.structs.replace(self._stored, current=name))

    def remove(self, name: str) -> None:
        """Forget the profile *name*.

        Raises:
            CommandError: there is none, or the file cannot be written.
        """
        self.find(name)
        others = {other: profile for other, profile in self._stored.profiles.items() if other != name}
        self._write(_Stored(current=None if self.current == name else self.current, profiles=others))

    def _write(self, stored: _Stored) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private_file(self._path, msgspec.json.format(msgspec.json.encode(stored), indent=2) + b"\n")
        except OSError as error:
            raise CommandError(
                f"cannot write the profiles to {self._path}: {error.strerror}; XDG_CONFIG_HOME says where they go"
            ) from error
        self._stored = stored


def open_profiles() -> Profiles:
    """Those of the user who runs this.

    Raises:
        CommandError: they cannot be read.
    """
    import platformdirs  # noqa: PLC0415  # only needed when somebody logged in or asks who did

    return Profiles(platformdirs.user_config_path("rulemint") / "profiles.json")
