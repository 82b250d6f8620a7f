"""The files that a rule can reach: from what it names, through everything that they require or import."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from rulemint_runner.packages.installing.compiled import check_not_compiled, is_optional
from rulemint_runner.packages.installing.data_files import data_files, reads_its_own
from rulemint_runner.packages.installing.node_resolution import (
    is_builtin,
    is_module,
    manifest_of,
    package_of,
    resolve,
    split,
)
from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.installing.sizes import too_large
from rulemint_runner.packages.messages import MAX_SET_BYTES, PackageSet

_SPECIFIER = re.compile(r"""(?:\brequire(?:\.resolve)?\s*\(|\bfrom|\bimport\s*\(?)\s*(["'`])([^"'`\n\\]{1,300})\1""")
"""It finds what stands in a comment or a string too, and at worst a file too many is kept."""
_READABLE = frozenset({"", ".js", ".cjs", ".mjs", ".json"})


def collect(folder: Path, roots: dict[str, str]) -> PackageSet:
    """The package set of what is installed in *folder*; *roots*: what the rule says → what *folder* calls it.

    Raises:
        InstallError: there is no such file, or there is too much of it.
    """
    folder = folder.resolve()
    found, duals = {}, set()
    for specifier, installed_as in roots.items():
        file = resolve(installed_as, folder / "package.json", by_import=False)
        if file is None:
            raise InstallError(f"{specifier}: the package has nothing by that name that a rule could load")
        found[specifier] = file
        if resolve(installed_as, folder / "package.json", by_import=True) != file:
            duals.add(file)
    collection = _Collection(folder)
    for file in found.values():
        check_not_compiled(package_of(file), needed_by="")
        collection.add_with_all_it_needs(file)
    return collection.finished(
        {specifier: collection.name(file) for specifier, file in found.items()},
        duals=sorted(collection.name(file) for file in duals),
    )


class _Collection:
    """Files, each under a name that is the same on every machine: ``lodash@4.17.21/fp.js``."""

    def __init__(self, folder: Path) -> None:
        self._store = folder / "node_modules" / ".deno"
        self._texts: dict[str, str] = {}
        self._modules: list[str] = []
        self._links: dict[str, dict[str, str]] = {}
        self._sizes: Counter[str] = Counter()
        """Of each package."""
        self._checked: set[Path] = set()
        """Packages that have no compiled part, or do without."""
        self._readers: set[Path] = set()
        """Packages that read files of their own."""

    def name(self, file: Path) -> str:
        """Return the name of *file*; its errors show it."""
        package, _node_modules, *rest = file.relative_to(self._store).parts
        scoped = rest[0].startswith("@")
        return "/".join([package, *rest[2 if scoped else 1 :]])

    def add_with_all_it_needs(self, file: Path) -> None:
        """Add *file* and what can be reached from it."""
        waiting = [file]
        while waiting:
            file = waiting.pop()
            if self._is_ours(file) and self.name(file) not in self._texts:
                waiting += self._add(file)

    def finished(self, roots: dict[str, str], *, duals: list[str]) -> PackageSet:
        """Return what was added, with the data of those that read some."""
        data = self._add_data()
        return PackageSet(
            files=dict(sorted(self._texts.items())),
            data=data,
            modules=sorted(self._modules),
            links=dict(sorted(self._links.items())),
            roots=roots,
            duals=duals,
        )

    def _add_data(self) -> dict[str, bytes]:
        """Keep data files that are text; returns the others."""
        others = {}
        for file, content in data_files(sorted(self._readers), room=MAX_SET_BYTES - self._sizes.total()):
            name = self.name(file)
            if name in self._texts or not self._is_ours(file):
                continue
            try:
                self._texts[name] = content.decode()
            except UnicodeDecodeError:
                others[name] = content
        return others

    def _is_ours(self, file: Path) -> bool:
        """Tell whether *file* is in the folder, and no link to somewhere else."""
        return file.is_relative_to(self._store) and file.resolve().is_relative_to(self._store) and file.is_file()

    def _add(self, file: Path) -> list[Path]:
        """Keep *file*; returns what it needs."""
        name = self.name(file)
        self._sizes[name.partition("/")[0]] += file.stat().st_size
        if self._sizes.total() > MAX_SET_BYTES:  # before it is read
            raise too_large(self._sizes)
        text = file.read_text(encoding="utf-8", errors="replace").removeprefix("\ufeff")
        self._texts[name] = text
        if file.suffix == ".json":
            return []
        if reads_its_own(text):
            self._readers.add(package_of(file))
        by_import = is_module(file)
        if by_import:
            self._modules.append(name)
        targets = _targets(text, file, by_import=by_import)
        self._check(file, targets)
        links = {said: self.name(target) for said, target in targets.items() if target.is_relative_to(self._store)}
        if links:
            self._links[name] = links
        return list(targets.values())

    def _check(self, file: Path, targets: dict[str, Path]) -> None:
        """Refuse what *file* cannot do without and no host can load."""
        package = package_of(file)
        for said, target in targets.items():
            other = package_of(target)
            if other in self._checked or other == package or is_optional(split(said)[0], package):
                continue
            check_not_compiled(other, needed_by=str(manifest_of(package).get("name", "")))
            self._checked.add(other)


def _targets(text: str, file: Path, *, by_import: bool) -> dict[str, Path]:
    said = dict.fromkeys(match[2] for match in _SPECIFIER.finditer(text))
    found = {each: resolve(each, file, by_import=by_import) for each in said if not is_builtin(each)}
    return {each: target for each, target in found.items() if target is not None and target.suffix in _READABLE}
