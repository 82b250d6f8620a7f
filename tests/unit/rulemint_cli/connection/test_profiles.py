from __future__ import annotations

import stat
from pathlib import Path

import pytest

from rulemint_cli.connection.profiles import Profile, Profiles
from rulemint_cli.terminal.errors import CommandError, UsageError

PROD = Profile(
    url="https://prod.example.com/", client_id="p", client_secret="hunter22", audience="https://prod/api/v2/"
)


def test_what_was_stored_is_there_the_next_time_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "rulemint/profiles.json"
    Profiles(path).put("prod", PROD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    again = Profiles(path)
    assert (again.current, again.in_use, again.all) == ("prod", PROD, {"prod": PROD})


def test_the_last_login_is_in_use_until_another_is_chosen(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path / "profiles.json")
    profiles.put("prod", PROD)
    profiles.put("test", PROD)
    assert profiles.current == "test"
    profiles.use("prod")
    assert Profiles(tmp_path / "profiles.json").current == "prod"


def test_the_profile_in_use_is_in_use_no_longer_when_it_is_removed(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path / "profiles.json")
    profiles.put("test", PROD)
    profiles.put("prod", PROD)
    profiles.remove("test")
    assert profiles.current == "prod"
    profiles.remove("prod")
    left = Profiles(tmp_path / "profiles.json")
    assert (left.current, left.in_use) == (None, None)
    assert left.all == {}


@pytest.mark.parametrize("act", [Profiles.find, Profiles.use, Profiles.remove])
def test_an_unknown_profile_is_a_sentence_with_the_next_command(tmp_path: Path, act: object) -> None:
    assert callable(act)
    with pytest.raises(CommandError, match="rulemint profiles list"):
        act(Profiles(tmp_path / "profiles.json"), "none")


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 101])
def test_a_name_that_could_be_something_else_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"use letters, digits, \., _ and -, 100 at most"):
        Profiles(tmp_path / "profiles.json").put(name, PROD)
    assert not (tmp_path / "profiles.json").exists()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"profiles":{"p":{}}}', b"\xff"])
def test_a_damaged_file_is_named_and_never_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "profiles.json"
    path.write_bytes(content)
    with pytest.raises(CommandError, match="is not a file of profiles"):
        Profiles(path)
    assert path.read_bytes() == content


def test_a_profile_never_shows_its_secret() -> None:
    assert "hunter22" not in repr(PROD)
