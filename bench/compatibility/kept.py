"""The results of what was tried, kept until a case or the product changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from bench.compatibility.cases import Case
from bench.compatibility.trial import Result
from bench.table import RESULTS

FILE = RESULTS / "compatibility.json"
ROOT = Path(__file__).parents[2]
DECIDES = ("rule-runner/rulemint_runner", "shared/rulemint_shared")
"""The folders whose code decides whether a package works."""


class _Tried(msgspec.Struct, frozen=True):
    case: str
    """The digest of the case."""
    product: str
    """And of the product that it was tried in."""
    result: Result


class Kept:
    """The results of earlier runs and of this one."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file
        self._product = _product()
        self._tried: dict[str, _Tried] = {}
        self.new: list[str] = []
        """The cases of this run, in the order in which they ended."""
        if file.exists():
            self._tried = msgspec.json.decode(file.read_bytes(), type=dict[str, _Tried])

    def last(self, case: Case) -> Result | None:
        """What *case* showed, perhaps in an earlier version of the product; None if the case has changed since."""
        tried = self._tried.get(case.file.name)
        return tried.result if tried is not None and tried.case == case.digest else None

    def is_current(self, case: Case) -> bool:
        """Whether *case* was tried, and neither it nor the product has changed since."""
        return self.last(case) is not None and self._tried[case.file.name].product == self._product

    def keep(self, case: Case, result: Result) -> None:
        """Keep it from now on, also if this process is ended."""
        self._tried[case.file.name] = _Tried(case.digest, self._product, result)
        self.new.append(case.file.name)
        self._file.parent.mkdir(exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(self._tried))
        new.replace(self._file)


def _product() -> str:
    """It changes with the code that decides."""
    digest = hashlib.sha256()
    for folder in DECIDES:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in {".py", ".js"}:
                digest.update(file.read_bytes())
    return digest.hexdigest()
