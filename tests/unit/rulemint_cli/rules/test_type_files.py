from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rulemint_cli import __main__ as cli
from rulemint_cli.rules.type_files import NAMES, write_type_files
from rulemint_cli.terminal.errors import CommandError


def test_types_writes_both_files_and_says_where(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["types", str(tmp_path)])
    assert result.exit_code == 0
    assert result.output.split() == [str(tmp_path / name) for name in NAMES]
    assert "class AccessDenied" in (tmp_path / "rulemint.pyi").read_text()
    assert "declare namespace Rulemint" in (tmp_path / "rulemint.d.ts").read_text()


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "types"
    assert write_type_files(folder) == [folder / name for name in NAMES]
    assert all((folder / name).is_file() for name in NAMES)


def test_a_file_in_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="cannot write"):
        write_type_files(tmp_path / "file")
