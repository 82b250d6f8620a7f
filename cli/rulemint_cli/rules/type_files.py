"""Write type files for editors: ``rulemint.pyi`` for rules in Python, ``rulemint.d.ts`` for JavaScript."""

from __future__ import annotations

from pathlib import Path

from rulemint_cli.terminal.errors import CommandError

_FOLDER = Path(__file__).parent / "editor_types"
NAMES = ("rulemint.pyi", "rulemint.d.ts")


def write_type_files(folder: Path) -> list[Path]:
    """Write the type files into *folder*, which is made if it is not there, over older ones, and return their paths.

    Raises:
        CommandError: one cannot be written.
    """
    written = []
    for name in NAMES:
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes((_FOLDER / name).read_bytes())
        except OSError as error:
            raise CommandError(f"cannot write {path}: {error.strerror}; name another folder") from error
        written.append(path)
    return written
