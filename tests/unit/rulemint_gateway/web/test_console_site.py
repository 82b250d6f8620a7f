"""Files of the console as they are sent: whole, packed, kept for good, and under a strict policy."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from rulemint_gateway.web.console_site import FOLDER, PAGES, ConsoleSite

PAGE = (
    '<link href="{files}/a.css"><!-- modules --><style nonce="{nonce}"></style><script src="{files}/main.js"></script>'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "main.js").write_text("import './state/a.js';" * 50)
    for name in ("state/a.js", "pages/b/b.js", "vendor/code-editor.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"// {name}")
    (tmp_path / "pages/list.js").write_text('[{ path: "/", title: "O" }, { path: "/rules" }, { path: "/rules/:id" }]')
    (tmp_path / "a.css").write_text("a {}")
    (tmp_path / "README.md").write_text("not for a browser")
    return tmp_path


async def page_of(site: ConsoleSite, **headers: str) -> web.Response:
    return await site.show(make_mocked_request("GET", "/console/", headers=headers))


async def file_of(site: ConsoleSite, version: str, path: str, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    match = {"version": version, "path": path}
    return await site.file(make_mocked_request("GET", "/console/files/x", headers=named, match_info=match))


def text_of(answer: web.Response) -> str:
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


async def version_of(site: ConsoleSite) -> str:
    found = re.search(r"/console/files/(\w+)/main\.js", text_of(await page_of(site)))
    assert found is not None
    return found[1]


async def test_each_page_has_a_nonce_of_its_own_and_is_kept_by_nobody(folder: Path) -> None:
    site = ConsoleSite(folder)
    pages = [await page_of(site) for _ in range(2)]
    nonces = [re.findall(r'nonce="([^"]+)"', text_of(page))[0] for page in pages]
    assert len(set(nonces)) == 2
    for page, nonce in zip(pages, nonces, strict=True):
        assert f"style-src 'self' 'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"


async def test_the_policy_admits_only_own_scripts_no_html_from_text_and_no_frame(folder: Path) -> None:
    policy = (await page_of(ConsoleSite(folder))).headers["Content-Security-Policy"].split("; ")
    assert {
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    } <= set(policy)
    assert "unsafe" not in str(policy)


async def test_the_page_asks_for_the_modules_of_the_first_view_at_once_and_for_those_of_pages_later(
    folder: Path,
) -> None:
    page = text_of(await page_of(ConsoleSite(folder)))
    preloaded = re.findall(r'modulepreload" href="/console/files/\w+/([^"]+)"', page)
    assert preloaded == ["main.js", "state/a.js"]


async def test_a_file_is_kept_for_good_under_the_version_that_its_path_names(folder: Path) -> None:
    site = ConsoleSite(folder)
    answer = await file_of(site, await version_of(site), "main.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.body == (folder / "main.js").read_bytes()
    assert (await file_of(site, "another", "main.js")).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("", False),
    ],
)
async def test_a_file_is_packed_for_those_who_take_it(folder: Path, accepted: str, packed: bool) -> None:
    site = ConsoleSite(folder)
    answer = await file_of(site, await version_of(site), "main.js", Accept_Encoding=accepted)
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert isinstance(answer.body, bytes)
    whole = gzip.decompress(answer.body) if packed else answer.body
    assert whole == (folder / "main.js").read_bytes()


async def test_a_browser_that_has_a_file_gets_no_body(folder: Path) -> None:
    site = ConsoleSite(folder)
    version = await version_of(site)
    etag = (await file_of(site, version, "a.css")).headers["ETag"]
    again = await file_of(site, version, "a.css", If_None_Match=etag)
    assert (again.status, again.body) == (304, None)


@pytest.mark.parametrize("path", ["README.md", "index.html", "../console_site.py", "nothing.js", "pages"])
async def test_only_the_page_s_own_files_are_there(folder: Path, path: str) -> None:
    site = ConsoleSite(folder)
    with pytest.raises(web.HTTPNotFound):
        await file_of(site, await version_of(site), path)


async def test_a_changed_file_makes_a_new_version_with_the_next_page(folder: Path) -> None:
    site = ConsoleSite(folder)
    before = await version_of(site)
    (folder / "state/a.js").write_text("// changed, and longer")
    after = await version_of(site)
    assert after != before
    assert text_of(await file_of(site, after, "state/a.js")) == "// changed, and longer"
    assert await version_of(site) == after


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/console/rules", "/console/#/rules"),
        ("/console/rules/", "/console/#/rules"),
        ("/console/rules/rul_1?tab=versions", "/console/#/rules/rul_1?tab=versions"),
        ("/console/rules/a%20b%2F%0D%0Ac", "/console/#/rules/a%20b%2F%0D%0Ac"),
    ],
)
async def test_the_path_of_a_page_leads_to_its_place_behind_the_number_sign(
    folder: Path, asked: str, place: str
) -> None:
    answer = await ConsoleSite(folder).lead(make_mocked_request("GET", asked))
    assert (answer.status, answer.headers["Location"]) == (303, place)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "asked",
    [
        "/console/nowhere", "/console/rules/a/b", "/console/rules//evil.example", "/console//evil.example",
        "/console/https://evil.example", "/console/pages/list.js", "/console/rules.js", "/console/",
    ],
)  # fmt: skip
async def test_no_other_path_leads_anywhere(folder: Path, asked: str) -> None:
    with pytest.raises(web.HTTPNotFound):
        await ConsoleSite(folder).lead(make_mocked_request("GET", asked))


async def test_every_page_of_the_console_is_led_to() -> None:
    places = re.findall(r'path: "/([^"]+)"', (FOLDER / PAGES).read_text())
    assert len(places) > 10
    for place in places:
        path = place.replace(":id", "x")
        answer = await ConsoleSite().lead(make_mocked_request("GET", f"/console/{path}"))
        assert answer.headers["Location"] == f"/console/#/{path}"
