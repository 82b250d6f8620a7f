"""The pages while a gateway is in use: built for the first time, and built again."""

from __future__ import annotations

import json
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from rulemint_gateway.web.docs_site import DocsSite


def build(site: Path, *, script: str, pages: tuple[str, ...]) -> None:
    """Put a site in the place of *site*, as docs/site.py does."""
    new = site.with_name("new")
    for page in ("", *pages):
        (new / page).mkdir(parents=True)
        (new / page / "index.html").write_text(page)
    (new / "inline.json").write_text(json.dumps({"scripts": [script], "styles": []}))
    if site.exists():
        site.rename(site.with_name(f"old-{script}"))
    new.rename(site)


async def test_a_site_that_is_built_again_has_its_new_pages_and_allows_its_new_scripts(tmp_path: Path) -> None:
    site = tmp_path / "site"
    application = web.Application()
    application.add_routes(DocsSite(site).routes())
    async with TestClient(TestServer(application)) as client:
        assert (await client.get("/docs/first/")).status == 404
        build(site, script="sha256-one", pages=("first",))
        first = await client.get("/docs/first/")
        assert (first.status, "'sha256-one'" in first.headers["Content-Security-Policy"]) == (200, True)
        assert (await client.get("/docs/second/")).status == 404
        build(site, script="sha256-two", pages=("second",))
        second = await client.get("/docs/second/")
        policy = second.headers["Content-Security-Policy"]
        assert (second.status, await second.text()) == (200, "second")
        assert ("'sha256-two'" in policy, "'sha256-one'" in policy) == (True, False)
        assert (await client.get("/docs/first/")).status == 404
