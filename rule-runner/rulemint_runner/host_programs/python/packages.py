"""The rule's packages: imported from memory, since a host may open no file but its language's own.

A package set is files by name, as an installer laid them out, and what an interpreter of this version compiled of them.
"""

import binascii
import importlib.util
import marshal
import sys
import zlib
from importlib.machinery import ModuleSpec

ROOT = "/packages"
"""The beginning of all paths of packages. There is no such folder."""


class Files:
    """The files and folders of the set."""

    def __init__(self, packages: dict) -> None:
        self._texts = packages["files"]
        self._data = packages["data"]
        self._is_packed = packages.get("packed", False)
        self._compiled = f".{importlib.util.MAGIC_NUMBER.hex()}"
        self._folders: dict = {}
        for name in (*self._texts, *self._data):
            if name.endswith(self._compiled):
                continue
            parts = name.split("/")
            for depth, part in enumerate(parts):
                self._folders.setdefault("/".join(parts[:depth]), {})[part] = True

    def __contains__(self, file: str) -> bool:
        return file in self._texts or file in self._data

    def read(self, file: str) -> bytes:
        """The content of *file*.

        Raises:
            FileNotFoundError: there is none.
        """
        if file in self._texts:
            return self._inflated(self._texts[file]) if self._is_packed else self._texts[file].encode()
        if file in self._data:
            return self._inflated(self._data[file])
        raise FileNotFoundError(2, "No such file in the rule's packages", f"{ROOT}/{file}")

    def code(self, file: str) -> object:
        """The code of a module, compiled beforehand if that was for this interpreter."""
        compiled = self._data.pop(file + self._compiled, None)  # a module is executed once: then it need not be kept
        if compiled is not None:
            return marshal.loads(self._inflated(compiled))  # noqa: S302  # a rule's own packages, in its own process
        return compile(self.read(file), f"{ROOT}/{file}", "exec", dont_inherit=True)

    def _inflated(self, content: str) -> bytes:
        """Undo the base64 of *content*, and the packing of a large set."""
        kept = binascii.a2b_base64(content)
        return zlib.decompress(kept) if self._is_packed else kept

    def names_in(self, folder: str) -> list:
        """List the files directly in *folder*; nothing if there is no such folder."""
        return list(self._folders.get(folder, ()))


class PackageFinder:
    """Finds the modules of a package set, after those of the standard library."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """The spec of *name*: a package's ``__init__``, a module, or a folder that only holds others."""
        path = name.replace(".", "/")
        for file, is_package in ((f"{path}/__init__.py", True), (f"{path}.py", False)):
            if file in self._files:
                loader = Loader(self._files, file)
                spec = ModuleSpec(name, loader, origin=f"{ROOT}/{file}", is_package=is_package)
                spec.has_location = True
                break
        else:
            if not self._files.names_in(path):
                return None
            spec = ModuleSpec(name, None, is_package=True)
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations = [f"{ROOT}/{path}"]
        return spec

    def find_distributions(self, context: object = None) -> list:
        """Find packages for ``importlib.metadata``: their versions, for one."""
        wanted = getattr(context, "name", None)
        folders = [name for name in self._files.names_in("") if name.endswith(".dist-info")]
        found = [distribution_of(self._files, folder) for folder in folders]
        return [each for each in found if wanted is None or _normal(each.metadata["Name"]) == _normal(wanted)]


class Loader:
    """Executes one module of the set."""

    def __init__(self, files: Files, file: str) -> None:
        self._files = files
        self._file = file

    def create_module(self, _spec: ModuleSpec) -> None:
        """The usual module will do."""

    def exec_module(self, module: object) -> None:
        """Run the module's code."""
        exec(self._files.code(self._file), module.__dict__)  # noqa: S102  # what importing is

    def get_source(self, _name: str) -> str:
        """The module's text, for tracebacks."""
        return self._files.read(self._file).decode(errors="replace")

    def get_filename(self, _name: str) -> str:
        """Return the text of ``__file__``."""
        return f"{ROOT}/{self._file}"

    def is_package(self, _name: str) -> bool:
        """Tell whether it has modules of its own."""
        return self._file.endswith("/__init__.py")

    def get_data(self, path: str) -> bytes:
        """A file of the package, for ``pkgutil.get_data``."""
        return self._files.read(str(path).removeprefix(f"{ROOT}/"))

    def get_resource_reader(self, _name: str) -> object:
        """Return the reader with which ``importlib.resources`` reads the package's files."""
        return reader_of(self._files, f"{ROOT}/{self._file.rpartition('/')[0]}")


def define(packages: dict) -> Files:
    """Make the modules of *packages* importable; returns their files."""
    files = Files(packages)
    sys.meta_path.append(PackageFinder(files))
    return files


def distribution_of(files: Files, folder: str) -> object:
    """Show an installed package to ``importlib.metadata``, which the caller has loaded already."""
    from importlib.metadata import Distribution  # noqa: PLC0415  # a fifth of a second, of which few rules have a use

    class PackageDistribution(Distribution):
        def read_text(self, filename: str) -> str | None:
            file = f"{folder}/{filename}"
            return files.read(file).decode(errors="replace") if file in files else None

        def locate_file(self, path: object) -> str:
            return f"{ROOT}/{path}"

    return PackageDistribution()


def reader_of(files: Files, folder: str) -> object:
    """A resource reader for *folder*, whose paths read what is in memory."""
    from io import BytesIO, TextIOWrapper  # noqa: PLC0415  # as above
    from pathlib import PosixPath  # noqa: PLC0415  # only rules that look into packages pay

    class PackagePath(PosixPath):
        """A path below `ROOT`."""

        def _name(self) -> str:
            return str(self).removeprefix(ROOT).lstrip("/")

        def read_bytes(self) -> bytes:
            return files.read(self._name())

        def read_text(self, encoding: str | None = None, errors: str | None = None, **_more: object) -> str:
            return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

        def open(self, mode: str = "r", *_more: object, encoding: str | None = None, **_named: object) -> object:
            content = BytesIO(self.read_bytes())
            return content if "b" in mode else TextIOWrapper(content, encoding or "utf-8")

        def is_file(self) -> bool:
            return self._name() in files

        def is_dir(self) -> bool:
            return bool(files.names_in(self._name()))

        def exists(self, **_named: object) -> bool:
            return self.is_file() or self.is_dir()

        def iterdir(self) -> object:
            return (self / name for name in files.names_in(self._name()))

    class Reader:
        def files(self) -> PackagePath:
            return PackagePath(folder)

    return Reader()


def _normal(name: str) -> str:
    """A project's name as PEP 503 compares it."""
    return name.lower().replace("_", "-").replace(".", "-")
