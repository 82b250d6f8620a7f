from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from rulemint_cli.connection.credentials import (
    AdminFile,
    Choice,
    find_credentials,
    read_admin_file,
    stored_credentials,
)
from rulemint_cli.connection.profiles import Profile, Profiles
from rulemint_cli.connection.settings import ClientSettings
from rulemint_cli.terminal.errors import CommandError, UsageError

GOOD = {
    "issuer": "http://localhost:8080/",
    "client_id": "admin",
    "client_secret": "s3cret",
    "audience": "http://localhost:8080/api/v2/",
}


def test_the_credentials_are_read_and_what_a_later_version_added_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "admin.json"
    path.write_text(json.dumps({**GOOD, "added_later": [1]}))
    assert read_admin_file(path) == AdminFile(**GOOD)


def test_a_missing_file_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "admin.json"
    with pytest.raises(CommandError) as refused:
        read_admin_file(path)
    text = str(refused.value)
    assert "\n" not in text
    assert str(path) in text
    assert "--admin-file" in text


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Is a directory"):
        read_admin_file(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"issuer: x", id="no JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{}", id="fields missing"),
        pytest.param(json.dumps({**GOOD, "client_id": 7}).encode(), id="field of another type"),
        pytest.param(b'{"issuer":"\xff"}', id="no UTF-8"),
        pytest.param(b'{"x":' + b"[" * 100_000, id="nested too deep"),
    ],
)
def test_a_file_that_is_no_admin_file_is_one_sentence_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "admin.json"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        read_admin_file(path)
    text = str(refused.value)
    assert "\n" not in text
    assert f"{path} is not an admin file" in text


def test_an_error_never_repeats_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "admin.json"
    path.write_text(json.dumps({**GOOD, "audience": None}))
    with pytest.raises(CommandError) as refused:
        read_admin_file(path)
    assert GOOD["client_secret"] not in str(refused.value)


# ---- which of several ----


ADMIN = AdminFile(**GOOD).profile
PROD = Profile(url="https://prod.example.com/", client_id="p", client_secret="s", audience="https://prod/api/v2/")
ENVIRONMENT = ClientSettings(url="https://ci.example.com", client_id="ci", client_secret="s")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout with a system in it, and the place below it where a command is given."""
    (tmp_path / ".rulemint").mkdir()
    (tmp_path / ".rulemint/admin.json").write_text(json.dumps(GOOD))
    below = tmp_path / "some/where"
    below.mkdir(parents=True)
    return below


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    profiles = Profiles(tmp_path / "config/profiles.json")
    profiles.put("prod", PROD)
    profiles.put("other", msgspec.structs.replace(PROD, url="https://other.example.com/"))
    return profiles


def found(folder: Path, profiles: Profiles, choice: Choice, settings: ClientSettings | None = None) -> str:
    return find_credentials(choice, settings or ClientSettings(), lambda: profiles, folder=folder).url


def test_the_command_line_wins_then_the_environment_then_the_profile_in_use(folder: Path, profiles: Profiles) -> None:
    admin_file = folder.parents[1] / ".rulemint/admin.json"
    assert found(folder, profiles, Choice(admin_file=admin_file, profile="prod"), ENVIRONMENT) == ADMIN.url
    assert found(folder, profiles, Choice(profile="prod"), ENVIRONMENT) == PROD.url
    assert found(folder, profiles, Choice(), ENVIRONMENT) == "https://ci.example.com/"
    assert found(folder, profiles, Choice(), ClientSettings(profile="prod")) == PROD.url
    assert found(folder, profiles, Choice(), ClientSettings(data_dir=admin_file.parent)) == ADMIN.url
    assert found(folder, profiles, Choice()) == "https://other.example.com/"


def test_without_a_profile_in_use_the_folder_s_own_system_is_found_from_below(folder: Path, tmp_path: Path) -> None:
    assert found(folder, Profiles(tmp_path / "none.json"), Choice()) == ADMIN.url


def test_the_address_may_be_another_than_the_credentials_say(folder: Path, profiles: Profiles) -> None:
    assert found(folder, profiles, Choice(profile="prod", url="http://localhost:1")) == "http://localhost:1/"


def test_a_container_calls_its_system_at_an_address_of_its_own(folder: Path, profiles: Profiles) -> None:
    settings = ClientSettings(url="http://127.0.0.1:8080/", data_dir=folder.parents[1] / ".rulemint")
    assert found(folder, profiles, Choice(), settings) == "http://127.0.0.1:8080/"
    assert found(folder, profiles, Choice(url="http://localhost:1"), settings) == "http://localhost:1/"
    assert found(folder, profiles, Choice(profile="prod"), settings) == PROD.url
    stored = stored_credentials(Choice(), settings, lambda: profiles, folder=folder)
    assert stored.url == ADMIN.url


def test_credentials_of_the_environment_need_an_address(folder: Path, profiles: Profiles) -> None:
    with pytest.raises(UsageError, match="RULEMINT_URL"):
        found(folder, profiles, Choice(), ClientSettings(client_id="ci", client_secret="s"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            ClientSettings(url="https://ci.example.com"),
            "RULEMINT_URL is set without RULEMINT_CLIENT_ID and RULEMINT_CLIENT_SECRET: set all three",
        ),
        (
            ClientSettings(url="https://ci.example.com", client_id="ci"),
            "RULEMINT_URL is set without RULEMINT_CLIENT_SECRET: set all three",
        ),
        (
            ClientSettings(client_id="ci"),
            "RULEMINT_CLIENT_ID is set without RULEMINT_URL and RULEMINT_CLIENT_SECRET: set all three",
        ),
    ],
)
def test_half_of_what_names_a_system_never_means_another_one(
    folder: Path, profiles: Profiles, settings: ClientSettings, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        found(folder, profiles, Choice(), settings)
    assert found(folder, profiles, Choice(profile="prod"), settings) == PROD.url


def test_a_client_s_secret_alone_is_for_its_token(folder: Path, profiles: Profiles) -> None:
    assert found(folder, profiles, Choice(), ClientSettings(client_secret="s")) == "https://other.example.com/"


def test_what_is_no_address_is_a_wrong_use(folder: Path, profiles: Profiles) -> None:
    with pytest.raises(UsageError, match="https://"):
        found(folder, profiles, Choice(url="localhost:8080"))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://id.example.com/", "write it as https://"),
        ("http://", "has no host"),
        ("http://exa mple.com/", "has no host"),
        ("http://localhost:99999/", "a port or an address that is none"),
        ("http://localhost:abc/", "a port or an address that is none"),
        ("http://[::1/", "a port or an address that is none"),
        ("http://localhost:0/", "has no host"),
        ("http://localhost/?q=1", "has more than an address"),
        ("http://localhost/#a", "has more than an address"),
    ],
)
def test_an_address_that_reaches_no_system_is_said_before_it_is_called(
    folder: Path, profiles: Profiles, url: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        found(folder, profiles, Choice(url=url))


def test_an_address_with_a_password_is_refused_without_being_repeated(folder: Path, profiles: Profiles) -> None:
    with pytest.raises(UsageError) as refused:
        found(folder, profiles, Choice(url="http://user:s3cret@localhost/"))
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://localhost:8080", "HTTP://localhost:8080/"])
def test_an_address_is_taken_with_or_without_its_slash(folder: Path, profiles: Profiles, url: str) -> None:
    assert found(folder, profiles, Choice(url=url)) == "http://localhost:8080/"


def test_an_admin_file_may_leave_the_slash_out_and_begin_with_a_byte_order_mark(
    tmp_path: Path, profiles: Profiles
) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({**GOOD, "issuer": "http://localhost:8080"}).encode())
    assert found(tmp_path, profiles, Choice(admin_file=path)) == "http://localhost:8080/"
