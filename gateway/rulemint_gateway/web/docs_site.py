"""``GET /docs/``: the pages of `docs/` as a site, which `docs/site.py` builds. It loads nothing from elsewhere.

A checkout or a package in which nobody has built the site has none; then one page says so. The API reference at
``/docs/api`` is made from the code, and is always there.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from rulemint_gateway.web.http.html_pages import NO_FRAMES, PAGE_HEADERS, html_page, page_answer

BUILT = Path(__file__).parents[1] / "site"
INLINE = "inline.json"
"""Names the scripts and styles that stand in the pages themselves, so that a browser may run these and no other."""
KINDS = ("scripts", "styles")
_INDEX = "index.html"
_NOT_BUILT = html_page(
    "Rulemint: documentation",
    "<h1>The pages are not here yet</h1><p><code>make run</code> builds them while you begin.",
    " Look again in a minute. In a checkout, <code>make docs-site</code> builds them too, and its folder",
    " <code>docs</code> has them as text.</p>",
    '<p><a href="/docs/api">The API reference</a> is here.</p>',
)


class Files(NamedTuple):
    """A built site."""

    version: tuple[int, int]
    """The inode and the time of its INLINE file, which each build makes anew."""
    paths: dict[str, Path]
    """A path that is none of these is not looked for in the file system."""
    headers: dict[str, str]


class DocsSite:
    """The site as it was built last: ``make run`` and ``make docs-site`` build it while the system is in use."""

    def __init__(self, built: Path = BUILT) -> None:
        self._built = built
        self._read: Files | None = None

    def routes(self) -> list[web.RouteDef]:
        """The paths of the site. It is no call, so the description of the service leaves it out."""
        return [web.get("/docs", self.enter), web.get("/docs/{path:.*}", self.show)]

    async def enter(self, _request: web.Request) -> web.Response:
        """308 to the first page: links of the site are relative."""
        return _moved("/docs/")

    async def show(self, request: web.Request) -> web.StreamResponse:
        """200 and a file of the site, or 308 for a page whose path ends with a slash.

        Raises:
            HTTPNotFound: there is no such file.
        """
        path = request.match_info["path"]
        self._read = site = await asyncio.to_thread(_files_of, self._built, self._read)
        if site is None:
            if path:
                raise web.HTTPNotFound
            return page_answer(_NOT_BUILT)
        if f"{path}/{_INDEX}" in site.paths:
            return _moved(f"/docs/{path}/")
        file = site.paths.get(f"{path}{_INDEX}" if not path or path.endswith("/") else path)
        if file is None:
            raise web.HTTPNotFound
        return web.FileResponse(file, headers=site.headers)


def _files_of(built: Path, known: Files | None) -> Files | None:
    """The files of the site: *known* until it is built again, and None while there is none."""
    index = built / INLINE
    try:
        found = index.stat()
        version = found.st_ino, found.st_mtime_ns
        if known is not None and known.version == version:
            return known
        inline = json.loads(index.read_text(encoding="utf-8"))
        paths = {path.relative_to(built).as_posix(): path for path in built.rglob("*") if path.is_file()}
    except FileNotFoundError:  # also while a build puts its files in the place of these
        return None
    return Files(version, paths, _headers(inline))


def _moved(path: str) -> web.Response:
    return web.Response(status=HTTPStatus.PERMANENT_REDIRECT, headers={"Location": path})


def _headers(inline: dict[str, list[str]]) -> dict[str, str]:
    scripts, styles = (" ".join(["'self'", *(f"'{each}'" for each in inline.get(kind, ()))]) for kind in KINDS)
    return {
        **PAGE_HEADERS,
        "Content-Security-Policy": (
            f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; connect-src 'self'; "
            f"font-src 'self'; worker-src 'self'; {NO_FRAMES}"
        ),
    }
