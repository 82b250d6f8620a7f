from __future__ import annotations

import json
from pathlib import Path

import pytest

from rulemint_cli.credentials import AdminFile, read_admin_file
from rulemint_cli.errors import CommandError

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
    assert f"{path} is no admin file" in text


def test_an_error_never_repeats_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "admin.json"
    path.write_text(json.dumps({**GOOD, "audience": None}))
    with pytest.raises(CommandError) as refused:
        read_admin_file(path)
    assert GOOD["client_secret"] not in str(refused.value)
