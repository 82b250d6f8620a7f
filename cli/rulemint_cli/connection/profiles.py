"""Store the systems that a user logged in to, in one file of their configuration folder that only they can read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_shared.process.private_file import write_private_file
from rulemint_shared.whole_text import whole

ProfileName = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=whole(r"[A-Za-z0-9._-]+", means="letters, digits, ., _ and -"))
]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One system, and the client whose token the commands use there."""

    url: str
    client_id: str
    client_secret: str
    audience: str
    """The audience of the system's management API."""

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"Profile({self.url}, {self.client_id})"


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    current: str | None = None
    profiles: dict[ProfileName, Profile] = {}


class Profiles:
    """The stored profiles. Every change is written at once."""

    def __init__(self, path: Path) -> None:
        """Read *path*. Without a file there are no profiles.

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
                f"cannot read the profiles in {path}: {error.strerror}; with --admin-file, none is needed"
            ) from error
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} is not a file of profiles: delete it, and log in again") from error

    @property
    def all(self) -> dict[str, Profile]:
        """Return all profiles by name, sorted."""
        return dict(sorted(self._stored.profiles.items()))

    @property
    def current(self) -> str | None:
        """Return the name of the profile in use."""
        return self._stored.current

    @property
    def in_use(self) -> Profile | None:
        """Return the profile that commands use unless they name another."""
        return None if self.current is None else self._stored.profiles.get(self.current)

    def find(self, name: str) -> Profile:
        """Return the profile *name*.

        Raises:
            CommandError: there is none.
        """
        found = self._stored.profiles.get(name)
        if found is None:
            raise CommandError(
                f"there is no profile {name}: rulemint profiles list shows all, rulemint login makes one"
            )
        return found

    def put(self, name: str, profile: Profile) -> None:
        """Store *profile* as *name*, and use it from now on.

        Raises:
            UsageError: the name is not valid.
            CommandError: the file cannot be written.
        """
        try:
            msgspec.convert(name, ProfileName)
        except msgspec.ValidationError:
            raise UsageError(f"--profile {name}: use letters, digits, ., _ and -, 100 at most") from None
        self._write(_Stored(current=name, profiles={**self._stored.profiles, name: profile}))

    def use(self, name: str) -> None:
        """Use the profile *name* for commands that name none.

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
                f"cannot write the profiles to {self._path}: {error.strerror}; set XDG_CONFIG_HOME to another folder"
            ) from error
        self._stored = stored


def open_profiles() -> Profiles:
    """Open the profiles of the user who runs this program.

    Raises:
        CommandError: they cannot be read.
    """
    import platformdirs  # noqa: PLC0415  # only commands that read profiles need it

    return Profiles(platformdirs.user_config_path("rulemint") / "profiles.json")
