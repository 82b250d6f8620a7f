from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rulemint_cli.local.data_dir import create_password, open_data_dir
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.secrets.vault import Vault

SOCKET_PATH_BYTES = 107
"""The most that unix(7) takes, without the null at its end."""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def one_sentence(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    return text


def test_everything_in_a_new_data_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    with open_data_dir(tmp_path / "data") as data_dir:
        folders = [data_dir.path, data_dir.run_dir, data_dir.valkey_dir]
        files = [data_dir.master_key, data_dir.runner_key, data_dir.valkey_password, data_dir.path / "lock"]
        assert [mode_of(folder) for folder in folders] == [0o700] * 3
        assert [mode_of(file) for file in files] == [0o600] * 4
        Vault.from_file(data_dir.master_key)


def test_the_folders_above_are_made_too(tmp_path: Path) -> None:
    with open_data_dir(tmp_path / "a" / "b" / "data") as data_dir:
        assert data_dir.path.is_dir()


def test_a_relative_path_names_the_same_place_wherever_we_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_data_dir(Path("data")) as data_dir:
        assert data_dir.path == tmp_path / "data"


def test_keys_and_passwords_outlive_a_run(tmp_path: Path) -> None:
    kept = []
    for _ in range(2):
        with open_data_dir(tmp_path) as data_dir:
            kept.append((data_dir.master_key.read_bytes(), data_dir.valkey_password.read_text()))
    assert kept[0] == kept[1]


def test_a_second_opener_is_refused_until_the_first_has_left(tmp_path: Path) -> None:
    with open_data_dir(tmp_path):
        with pytest.raises(CommandError) as refused, open_data_dir(tmp_path):
            pass
        assert "another rulemint dev uses" in one_sentence(refused.value)
        assert str(tmp_path) in str(refused.value)
    with open_data_dir(tmp_path) as data_dir:
        assert data_dir.path == tmp_path


def test_an_opener_that_fails_leaves_the_directory_free(tmp_path: Path) -> None:
    with pytest.raises(LookupError), open_data_dir(tmp_path):
        raise LookupError
    with open_data_dir(tmp_path):
        pass


@pytest.mark.parametrize("in_the_way", ["", "run", "valkey"], ids=["of it all", "of its sockets", "of its data"])
def test_a_file_in_place_of_a_folder_is_one_clear_sentence(tmp_path: Path, in_the_way: str) -> None:
    path = tmp_path / "d"
    file = path / in_the_way
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    with pytest.raises(CommandError) as refused, open_data_dir(path):
        pass
    text = one_sentence(refused.value)
    assert str(path) in text
    assert "File exists" in text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"not a key", "32 bytes|base64", id="no key"),
    ],
)
def test_an_unusable_master_key_is_named_and_left_as_it_is(tmp_path: Path, content: bytes, why: str) -> None:
    key = tmp_path / "master.key"
    key.write_bytes(content)
    with pytest.raises(CommandError) as refused, open_data_dir(tmp_path):
        pass
    text = one_sentence(refused.value)
    assert str(key) in text
    assert any(part in text for part in why.split("|"))
    assert key.read_bytes() == content


def test_a_folder_in_place_of_the_master_key_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "master.key").mkdir()
    with pytest.raises(CommandError) as refused, open_data_dir(tmp_path):
        pass
    assert "master.key" in one_sentence(refused.value)


def test_sockets_are_in_the_data_directory_where_its_path_allows_it(tmp_path: Path) -> None:
    with open_data_dir(tmp_path) as data_dir:
        assert data_dir.run_dir == tmp_path / "run"


@pytest.mark.parametrize("letter", ["d", "ü"], ids=["many letters", "letters of many bytes"])
def test_a_long_path_gets_a_short_folder_for_its_sockets(tmp_path: Path, letter: str) -> None:
    """What counts is bytes: a path may be short in letters and long in bytes."""
    letters = 150 if letter == "d" else max(1, 80 - len(str(tmp_path)))
    with open_data_dir(tmp_path / (letter * letters)) as data_dir:
        run_dir = data_dir.run_dir
        assert len(os.fsencode(run_dir / "valkey.sock")) <= SOCKET_PATH_BYTES
        assert run_dir.is_dir()
        assert mode_of(run_dir) == 0o700
    assert run_dir.is_relative_to(tmp_path) or not run_dir.exists()


def test_a_new_password_is_for_its_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "password"
    create_password(path)
    first = path.read_text()
    create_password(path)
    assert path.read_text() == first
    assert len(first.strip()) >= 32
    assert mode_of(path) == 0o600
