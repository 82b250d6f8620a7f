"""How soon Chromium shows the console's first page, and how many bytes it gets for it, by its own ``performance``."""

from __future__ import annotations

import os
import shutil

import msgspec
from playwright.async_api import Browser, StorageState, async_playwright

_PATIENCE_MS = 60_000
_MARK = """
new MutationObserver((_changes, observer) => {
  if (!document.querySelector('main h1')) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => performance.mark('shown')));
}).observe(document, { childList: true, subtree: true });
"""
_READ = """() => {
  const [navigation] = performance.getEntriesByType('navigation');
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  const shown = performance.getEntriesByName('shown')[0].startTime;
  const files = performance.getEntriesByType('resource').filter((each) => each.startTime <= shown);
  return {
    painted_ms: paint ? paint.startTime : 0,
    shown_ms: shown,
    sent_bytes: files.reduce((sum, each) => sum + each.transferSize, navigation.transferSize),
    requests: files.length + 1,
  };
}"""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One opening of the page by somebody who is signed in, with an empty cache."""

    painted_ms: float
    """Until something was painted."""
    shown_ms: float
    """Until the page with its title and the navigation was painted."""
    sent_bytes: int
    """Of all that was asked for until then, with headers."""
    requests: int


async def views(url: str, credentials: dict[str, str], count: int) -> list[View]:
    """Open the console of *url* so many times in Chromium.

    Raises:
        SystemExit: there is no Chromium.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is missing: it opens the page (Debian: apt-get install chromium)")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium does not start as root with it
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=options)
        signed_in = await _signed_in(browser, url, credentials)
        return [await _view(browser, url, signed_in) for _ in range(count)]


async def _signed_in(browser: Browser, url: str, credentials: dict[str, str]) -> StorageState:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{url}/console/")
    await page.get_by_label("Client id").fill(credentials["client_id"])
    await page.get_by_label("Client secret").fill(credentials["client_secret"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("navigation", name="Pages").wait_for(timeout=_PATIENCE_MS)
    kept = await context.storage_state()
    await context.close()
    return kept


async def _view(browser: Browser, url: str, signed_in: StorageState) -> View:
    """One, in a context of its own: it has the cookie and no file."""
    context = await browser.new_context(storage_state=signed_in)
    await context.add_init_script(_MARK)
    page = await context.new_page()
    await page.goto(f"{url}/console/")
    await page.wait_for_function("() => performance.getEntriesByName('shown').length > 0", timeout=_PATIENCE_MS)
    read = await page.evaluate(_READ)
    await context.close()
    return msgspec.convert(read, View)
