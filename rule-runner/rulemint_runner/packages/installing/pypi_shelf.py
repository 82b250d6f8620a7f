"""A Python index as pip is shown it: pure wheels only, each looked through before pip has it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from yarl import URL

from rulemint_runner.packages.installing.archives import MAX_METADATA_BYTES, check_metadata, check_wheel
from rulemint_runner.packages.installing.references import required_by
from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.installing.room import Room
from rulemint_runner.packages.installing.shelf import MAX_INDEX_BYTES, Files, Given, Listed
from rulemint_runner.packages.installing.upstream import Found, Upstream

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html; q=0.2, text/html; q=0.1"
_WHEEL = ".whl"
_PURE = "-none-any.whl"
_METADATA = ".metadata"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Wheel(msgspec.Struct, frozen=True, kw_only=True):
    """A pure wheel in an index."""

    name: str
    url: URL
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    yanked: bool | str = False
    metadata: bool | dict[str, str] = False
    """Its METADATA is to be had apart from it (PEP 658), perhaps with these hashes."""


class PypiShelf:
    """The packages of one index."""

    def __init__(self, upstream: Upstream, room: Room, base: str) -> None:
        """*base* is the gate's own URL, which the paths of files are put behind."""
        self._upstream = upstream
        self._room = room
        self._base = base
        self.files = Files(upstream)
        self._counted: set[str] = set()
        self._compiled: set[str] = set()
        self._needed_by: dict[str, set[str]] = {}

    @property
    def compiled(self) -> dict[str, list[str]]:
        """The projects that pip asked for and whose newest version has wheels, but none without compiled parts.

        Each comes with those that need it; the rule itself is none of them.
        """
        return {name: sorted(self._needed_by.get(name, ())) for name in sorted(self._compiled)}

    async def answer(self, path: str) -> Given | None:
        """See `Shelf`."""
        kind, _, name = path.partition("/")
        if kind == "simple":
            name = name.strip("/")
            return await self._project(name) if _NAME.fullmatch(name) else None
        listed = self.files.find(path)
        if listed is not None:
            return await self._wheel(path, listed)
        listed = self.files.find(path.removesuffix(_METADATA))
        return None if listed is None else await self._metadata(listed)

    async def _project(self, name: str) -> Given:
        found = await self._upstream.get(
            URL(f"{str(self._upstream.registry).rstrip('/')}/{name}/", encoded=True),
            accept=_ACCEPT,
            most=MAX_INDEX_BYTES,
            too_large=f"{name}: the index says more than {MAX_INDEX_BYTES // 1024**2} MiB about it",
        )
        names: list[str] = []
        try:
            wheels = list(_in_json(found, names) if found.content_type == _JSON else _in_html(found, names))
        except (msgspec.MsgspecError, RecursionError, ValueError, TypeError, KeyError, AttributeError):
            raise InstallError(f"{name}: what the index says about it cannot be read") from None
        if _is_compiled(names):
            self._compiled.add(canonicalize_name(name))
        page = {"meta": {"api-version": "1.0"}, "name": name, "files": [self._shown(wheel) for wheel in wheels]}
        return Given(content_type=_JSON, body=msgspec.json.encode(page))

    def _shown(self, wheel: Wheel) -> dict[str, Any]:
        path = self.files.add(Listed(url=wheel.url, package=wheel.name), wheel.name)
        shown: dict[str, Any] = {
            "filename": wheel.name,
            "url": f"{self._base}{path}",
            "hashes": wheel.hashes,
            "yanked": wheel.yanked,
            "core-metadata": wheel.metadata,
        }
        if wheel.requires_python:
            shown["requires-python"] = wheel.requires_python
        return shown

    async def _wheel(self, path: str, listed: Listed) -> Given:
        content = await self.files.fetch(listed)
        if path not in self._counted:
            self._counted.add(path)
            self._note_needs(listed, await asyncio.to_thread(check_wheel, listed.package, content, self._room))
        return Given(content_type="application/octet-stream", body=content)

    async def _metadata(self, listed: Listed) -> Given:
        found = await self._upstream.get(
            listed.url.with_path(f"{listed.url.raw_path}{_METADATA}", encoded=True),
            accept="*/*",
            most=MAX_METADATA_BYTES,
            too_large=f"{listed.package}: its metadata has more than {MAX_METADATA_BYTES // 1024**2} MiB",
        )
        check_metadata(listed.package, found.body)
        self._note_needs(listed, required_by(found.body))
        return Given(content_type="application/octet-stream", body=found.body)

    def _note_needs(self, listed: Listed, required: Iterable[str]) -> None:
        asking = canonicalize_name(listed.package.partition("-")[0])
        for name in required:
            self._needed_by.setdefault(name, set()).add(asking)


def _in_json(found: Found, names: list[str]) -> Iterator[Wheel]:
    """PEP 691; *names* gets those of all files."""
    for file in msgspec.json.decode(found.body)["files"]:
        names.append(file["filename"])
        if not _is_pure(file["filename"]):
            continue
        metadata = file.get("core-metadata", file.get("dist-info-metadata", False))
        yield Wheel(
            name=file["filename"],
            url=found.url.join(URL(file["url"])),
            hashes=_hashes(file.get("hashes")),
            requires_python=file.get("requires-python"),
            yanked=file.get("yanked", False),
            metadata=_hashes(metadata) or bool(metadata),
        )


def _in_html(found: Found, names: list[str]) -> Iterator[Wheel]:
    """PEP 503; *names* gets those of all files."""
    page = _Page()
    page.feed(found.body.decode("utf-8", errors="replace"))
    for link in page.links:
        url = found.url.join(URL(link["href"] or ""))
        names.append(url.name)
        algorithm, _, digest = url.fragment.partition("=")
        if _is_pure(url.name):
            yield Wheel(
                name=url.name,
                url=url.with_fragment(None),
                hashes={algorithm: digest} if digest else {},
                requires_python=link.get("data-requires-python"),
                yanked="data-yanked" in link,
            )


class _Page(HTMLParser):
    """The links of an index's page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a link."""
        attributes = dict(attrs)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes)


def _is_compiled(file_names: list[str]) -> bool:
    """Tell whether the newest version among the wheels of *file_names* has none that is pure."""
    newest: tuple[Version, bool] | None = None
    for name in filter(lambda each: each.endswith(_WHEEL), file_names):
        try:
            version = Version(name.split("-")[1])
        except (InvalidVersion, IndexError):
            continue
        if newest is None or version > newest[0]:
            newest = version, _is_pure(name)
        elif version == newest[0]:
            newest = version, newest[1] or _is_pure(name)
    return newest is not None and not newest[1]


def _is_pure(file_name: str) -> bool:
    return file_name.endswith(_PURE) and "/" not in file_name


def _hashes(said: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in said.items()} if isinstance(said, dict) else {}
