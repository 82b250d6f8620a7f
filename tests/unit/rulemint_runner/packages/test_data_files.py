"""The data files that travel with a package of npm's are small, and are data."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulemint_runner.packages.installing.data_files import (
    MAX_DATA_BYTES,
    MAX_DATA_FILE_BYTES,
    data_files,
    reads_its_own,
)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("fs.readFileSync(path.join(__dirname, 'data.json'))", True),
        ("readFile(new URL('data.json', import.meta.url))", True),
        ("fs.readFileSync(require.resolve('./data.json'))", True),
        ("fs.existsSync(__filename)", True),
        ("fs.readFileSync(process.argv[2])", False),
        ("exports.here = __dirname", False),
    ],
)
def test_code_that_may_read_its_package_is_told_by_its_words(text: str, reads: bool) -> None:
    assert reads_its_own(text) is reads


def names_of(folder: Path, *, room: int = MAX_DATA_BYTES) -> list[str]:
    return [file.relative_to(folder).as_posix() for file, _ in data_files([folder], room=room)]


def test_code_tests_hidden_files_and_links_are_no_data(tmp_path: Path) -> None:
    for name in ("a.json", "b/c.pem", "a.js", "a.d.ts", "a.js.map", "README.md", ".npmrc", "test/d.json", ".git/e"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "link.json").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    assert sorted(names_of(tmp_path)) == ["a.json", "b/c.pem"]


def test_the_smallest_come_first_as_far_as_there_is_room(tmp_path: Path) -> None:
    for name, size in {"large": MAX_DATA_FILE_BYTES + 1, "small": 1, "middle": 1_000}.items():
        (tmp_path / f"{name}.json").write_bytes(b"x" * size)
    assert names_of(tmp_path) == ["small.json", "middle.json"]
    assert names_of(tmp_path, room=1_000) == ["small.json"]
    for number in range(5):
        (tmp_path / f"{number}.dat").write_bytes(b"x" * MAX_DATA_FILE_BYTES)
    assert names_of(tmp_path) == ["small.json", "middle.json", "0.dat", "1.dat", "2.dat"]
