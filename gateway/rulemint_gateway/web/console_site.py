"""``GET /console/``: the page for operators. Its files are in the folder `console`, as they are written.

A file's path names the version of all files together, so that a browser keeps each of them for good, and never mixes
files of two versions. The page itself is made for each answer, because its policy admits styles by a nonce.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs, web

FOLDER = Path(__file__).parent / "console"
INDEX = "index.html"
PAGES = "pages/list.js"
"""It names every page by its path."""
KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""The files that are served, by the end of their names."""
LOADED_LATER = ("pages/", "components/code/", "components/trial/", "derived/", "vendor/code-editor.js")
"""Modules that a browser asks for when their page is opened."""
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"
_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PATH = re.compile(r'\bpath: "(/[^"]*)"')
_NOUGHT = re.compile(r"q\s*=\s*0(\.0*)?")
_FOR_GOOD = "public, max-age=31536000, immutable"
_OTHER_VERSION = "no-store"
"""A gateway of another version was asked: the file is not the one that this path names."""


@dataclass(frozen=True)
class File:
    """A file as it is sent."""

    plain: bytes
    packed: bytes
    kind: str
    etag: str


@dataclass(frozen=True)
class Files:
    """All files of the page at one moment."""

    stamps: frozenset[tuple[str, int, int]]
    """The path, the time of its last change, and the size of each."""
    version: str
    page: str
    by_path: Mapping[str, File]
    places: Sequence[re.Pattern[str]]
    """The paths of the pages, without the stroke before them."""


class ConsoleSite:
    """The page and its files, read anew when somebody has changed one."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._read: Files | None = None

    def routes(self) -> list[web.RouteDef]:
        """The paths of the page. It is no call, so the description of the service leaves it out."""
        return [
            web.get("/console", self.enter),
            web.get("/console/", self.show),
            web.get("/console/files/{version}/{path:.+}", self.file),
            web.get("/console/{place:(?!(?:api|files)(?:/|$)).+}", self.lead),
        ]

    async def enter(self, _request: web.Request) -> web.Response:
        """308 to the page: its links are relative."""
        return web.Response(status=HTTPStatus.PERMANENT_REDIRECT, headers={hdrs.LOCATION: "/console/"})

    async def show(self, request: web.Request) -> web.Response:
        """200 and the page, with a nonce of its own."""
        self._read = files = await asyncio.to_thread(_files_of, self._folder, self._read)
        nonce = secrets.token_urlsafe(16)
        page = files.page.replace("{nonce}", nonce).encode()
        headers = {
            **_EVERYWHERE,
            hdrs.CACHE_CONTROL: "no-store",
            hdrs.CONTENT_TYPE: "text/html; charset=utf-8",
            "Content-Security-Policy": POLICY.format(nonce=nonce),
            "Cross-Origin-Opener-Policy": "same-origin",
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
        }
        if _takes_gzip(request):
            return web.Response(body=gzip.compress(page, 6), headers={**headers, hdrs.CONTENT_ENCODING: "gzip"})
        return web.Response(body=page, headers=headers)

    async def lead(self, request: web.Request) -> web.Response:
        """303 to the place of that name, for the console's places stand behind ``#``.

        Raises:
            HTTPNotFound: the console has no such page.
        """
        if self._read is None:
            self._read = await asyncio.to_thread(_files_of, self._folder, None)
        path = request.rel_url.raw_path.removeprefix("/console/").rstrip("/")  # percent-encoded, as the fragment is
        if not any(pattern.fullmatch(path) for pattern in self._read.places):
            raise web.HTTPNotFound
        query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
        headers = {
            **_EVERYWHERE,
            hdrs.CACHE_CONTROL: "no-store",
            "Content-Security-Policy": _FILE_POLICY,
            hdrs.LOCATION: f"/console/#/{path}{query}",
        }
        return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)

    async def file(self, request: web.Request) -> web.Response:
        """200 and a file, or 304 for a browser that has it.

        Raises:
            HTTPNotFound: there is no such file.
        """
        if self._read is None:
            self._read = await asyncio.to_thread(_files_of, self._folder, None)
        file = self._read.by_path.get(request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound
        named = request.match_info["version"] == self._read.version
        headers = {
            **_EVERYWHERE,
            hdrs.CACHE_CONTROL: _FOR_GOOD if named else _OTHER_VERSION,
            "Content-Security-Policy": _FILE_POLICY,
            hdrs.ETAG: f'"{file.etag}"',
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
        }
        if any(known.value in {file.etag, "*"} for known in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        headers[hdrs.CONTENT_TYPE] = file.kind
        if _takes_gzip(request):
            return web.Response(body=file.packed, headers={**headers, hdrs.CONTENT_ENCODING: "gzip"})
        return web.Response(body=file.plain, headers=headers)


def _takes_gzip(request: web.Request) -> bool:
    """Also of a caller that names it with a weight, unless the weight is nought (RFC 9110 §12.5.3)."""
    for coding in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return not _NOUGHT.fullmatch(weight.strip())
    return False


def _files_of(folder: Path, known: Files | None) -> Files:
    """Read *folder*, unless *known* is what is there."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in KINDS or path.name == INDEX]
    found = {path.relative_to(folder).as_posix(): path.stat() for path in paths}
    stamps = frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in found.items())
    if known is not None and known.stamps == stamps:
        return known
    texts = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    index = texts.pop(INDEX)
    files = {name: _file(name, text, known) for name, text in texts.items()}
    version = hashlib.sha256(b"".join(file.etag.encode() for file in files.values()) + index).hexdigest()[:16]
    page = index.decode().replace("{files}", f"/console/files/{version}")
    places = _places_in(texts.get(PAGES, b"").decode())
    return Files(stamps, version, page.replace("<!-- modules -->", _preloads(files, version)), files, places)


def _places_in(pages: str) -> list[re.Pattern[str]]:
    paths = [path.strip("/") for path in _PATH.findall(pages)]
    return [re.compile("/".join(map(_part, path.split("/")))) for path in paths if path]


def _part(name: str) -> str:
    return "[^/]+" if name.startswith(":") else re.escape(name)


def _file(name: str, text: bytes, known: Files | None) -> File:
    etag = hashlib.sha256(name.encode() + b"\0" + text).hexdigest()[:32]
    before = None if known is None else known.by_path.get(name)
    if before is not None and before.etag == etag:
        return before
    return File(text, gzip.compress(text, 9, mtime=0), KINDS[Path(name).suffix], etag)


def _preloads(names: Iterable[str], version: str) -> str:
    """Links by which a browser asks for the first view's modules at once, and not as it finds each import."""
    wanted = (name for name in names if name.endswith(".js") and not name.startswith(LOADED_LATER))
    return "\n    ".join(f'<link rel="modulepreload" href="/console/files/{version}/{name}">' for name in wanted)
