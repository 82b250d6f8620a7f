"""The pages as a browser shows them: from a real gateway, with its policy, and without anything from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from fixtures.browser import shown
from fixtures.management import Management
from fixtures.system import System

pytestmark = pytest.mark.timeout(300)

LOADED = re.compile(r"<(?:script|img|iframe|source)[^>]*\ssrc=\"([^\"]+)\"|<link[^>]*\shref=\"([^\"]+)\"")
LINK = re.compile(r"<a [^>]*?href=\"([^\"]+)\"")


@pytest.mark.parametrize(
    "path",
    ["/", "/docs/", "/docs/rules/", "/docs/performance/", "/docs/decisions/", "/docs/search/?q=rule", "/docs/api"],
)
def test_the_browser_complains_of_nothing_on_a_page(
    docs_site: Path, demo_system: System, tmp_path: Path, path: str
) -> None:
    assert docs_site.is_dir()
    page = shown(f"{demo_system.url}{path}", tmp_path)
    assert page.complaints == []
    assert "</html>" in page.document


def test_a_search_finds_the_page_that_has_the_words(docs_site: Path, demo_system: System, tmp_path: Path) -> None:
    assert docs_site.is_dir()
    page = shown(f"{demo_system.url}/docs/search/?q=RULEMINT_TRUSTED_PROXIES", tmp_path)
    results = page.document.partition('id="search-results"')[2]
    assert 'href="../operating/"' in results
    assert 'href="../security/limits/"' in results
    assert 'href="../cases/"' not in results


def test_a_search_of_the_api_shows_only_the_calls_and_types_that_have_the_words(
    demo_system: System, tmp_path: Path
) -> None:
    page = shown(f"{demo_system.url}/docs/api?q=rotate+signing", tmp_path)
    sections = re.findall(r"<section id=\"([\w-]+)\"( hidden=\"\")?", page.document)
    left = {name for name, hidden in sections if not hidden}
    assert "post_keys_signing_rotate" in left
    assert "post_oauth_token" not in left
    assert len(left) < len(sections) / 4


def test_no_page_loads_anything_from_elsewhere_and_every_link_leads_somewhere(docs_site: Path) -> None:
    missing: set[tuple[str, str]] = set()
    elsewhere: set[tuple[str, str]] = set()
    seen = 0
    for file in docs_site.rglob("*.html"):
        text = file.read_text()
        place = f"http://here/{file.relative_to(docs_site).as_posix()}"
        elsewhere |= {(file.name, url) for pair in LOADED.findall(text) for url in pair if urlsplit(url).netloc}
        for url in LINK.findall(text):
            target = urlsplit(urljoin(place, url))
            if target.netloc != "here" or target.path == "/docs/api":
                continue
            seen += 1
            found = docs_site / target.path.strip("/")
            found = found / "index.html" if found.is_dir() else found
            if not found.is_file() or (target.fragment and f'id="{target.fragment}"' not in found.read_text()):
                missing.add((file.parent.name, url))
    assert (missing, elsewhere) == (set(), set())
    assert seen > 1_000


async def test_the_site_speaks_the_cache_s_language_and_leads_to_its_pages(
    docs_site: Path, management: Management
) -> None:
    assert docs_site.is_dir()
    first = await management.call("GET", "/docs/cli/", token="")
    assert first.headers["content-type"].startswith("text/html")
    policy = first.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    again = await management.call("GET", "/docs/cli/", token="", headers={"If-None-Match": first.headers["etag"]})
    assert again.status == 304
    for path, target in (("/docs", "/docs/"), ("/docs/cli", "/docs/cli/")):
        moved = await management.call("GET", path, token="", allow_redirects=False)
        assert (moved.status, moved.headers["location"]) == (308, target)


@pytest.mark.parametrize(
    "path",
    ["/docs/nothing", "/docs/../gateway/pyproject.toml", "/docs/%2e%2e/__init__.py", "/docs//"],
)
async def test_a_path_that_is_none_of_the_site_is_not_found(docs_site: Path, management: Management, path: str) -> None:
    assert docs_site.is_dir()
    answer = await management.call("GET", path, token="")
    assert answer.status == 404
