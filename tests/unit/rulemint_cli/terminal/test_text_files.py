"""Files that people name are read with bounds, and what is wrong with one is said in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.text_files import check_can_be_written, read_text, write_text


def test_a_text_keeps_its_line_ends_and_loses_the_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "plan.js"
    file.write_bytes(b"\xef\xbb\xbfa\r\nb\n")
    assert read_text(file) == "a\r\nb\n"


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    wrong = {tmp_path: "Is a directory", tmp_path / "none": "No such file", tmp_path / "latin": "save it as UTF-8"}
    for file, reason in wrong.items():
        with pytest.raises(UsageError, match=reason) as refused:
            read_text(file)
        assert str(refused.value).startswith(f"cannot read {file}: ")
        assert "Errno" not in str(refused.value)
        assert "codec" not in str(refused.value)


def test_no_more_is_read_than_may_be_used() -> None:
    with pytest.raises(UsageError, match="/dev/zero is larger than 10 bytes: split it"):
        read_text(Path("/dev/zero"), most_bytes=10, otherwise="split it")


def test_a_file_that_cannot_be_written_is_one_sentence_with_the_option(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"No such file or directory; name another file with --into"):
        write_text(tmp_path / "none" / "x.yaml", "a", option="--into")
    with pytest.raises(UsageError, match="make it, or name another file with --into"):
        check_can_be_written(tmp_path / "none" / "x.yaml", option="--into")
    with pytest.raises(UsageError, match="is a folder: name a file in it"):
        check_can_be_written(tmp_path, option="--into")
