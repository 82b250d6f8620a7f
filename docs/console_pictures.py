"""Makes docs/pictures/console/: each page of the console in light and dark. Run it from the checkout's root.

It starts a system with the demo and some life in it, and has Chromium open each page of `PICTURES`. A page that the
console does not have is left out, and said. Each picture is a WebP of at most `MOST_BYTES`.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import shutil
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/pictures/console"
sys.path.insert(0, str(ROOT / "tests"))

from fixtures.console_page import CHROMIUM, CHROMIUM_OPTIONS, Console, open_console  # noqa: E402  # the tests' folder is no package
from fixtures.management import Management, open_management, read_exchange  # noqa: E402  # as above
from fixtures.processes import free_port, started_dev  # noqa: E402  # as above

PICTURES = {
    "sign-in": "",
    "overview": "/",
    "rules": "/rules",
    "editor": "/rules/:id",
    "try": "/try",
    "logs": "/logs",
    "exchanges": "/exchanges",
    "exchange": "/exchanges/:id",
    "backtest": "/backtest",
    "clients": "/clients",
    "client": "/clients/:id",
    "settings": "/settings",
}
"""Name of a picture → path of its page; that of signing in has none."""
MOST_BYTES = 100_000
TOGETHER_BYTES = 1_500_000
QUALITIES = (82, 70, 55, 40)
SIZE = {"width": 1280, "height": 800}
SETTLED_MS = 3_000
RULES = ROOT / "examples/rules"
AUDIENCE = "https://api.example.com/"
CLIENTS = {
    "billing": {"plan": "gold"},
    "shop": {"plan": "free"},
    "reports": {"plan": "gold", "status": "suspended"},
    "warehouse": {},
}
"""Name → metadata."""
MINUTES = 2
"""For so long they ask, because the charts have a point for each whole minute."""
PAUSE_S = 0.7
BROKEN = """// Asks for the region of a client; a client without one is a mistake that somebody has to see.
export default ({ client }) => {
  console.log(`region of ${client.name}`);
  return { region: client.metadata.region.toUpperCase() };
};
"""
_PATHS = """async () => {
  const files = document.querySelector("script[type=module]").src.replace("/main.js", "");
  return (await import(`${files}/pages/list.js`)).PAGES.map(({ path }) => path);
}"""


async def main() -> None:
    """Make all pictures, which takes about four minutes."""
    if CHROMIUM is None:
        raise SystemExit("chromium is missing (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory() as folder:
        data_dir, port = Path(folder) / "data", free_port()
        url = f"http://localhost:{port}"
        with started_dev({}, data_dir=data_dir, port=port):
            admin = json.loads((data_dir / "admin.json").read_text())
            async with AsyncExitStack() as stack:
                management = await stack.enter_async_context(open_management(url, admin))
                ids = await some_life(management)
                playwright = await stack.enter_async_context(async_playwright())
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
                shutil.rmtree(FOLDER, ignore_errors=True)
                FOLDER.mkdir(parents=True)
                for scheme in ("light", "dark"):
                    await _pictures(browser, url, admin, ids, scheme)
                await browser.close()
    whole = sum(path.stat().st_size for path in FOLDER.iterdir())
    if whole > TOGETHER_BYTES:
        raise SystemExit(f"the pictures have {whole:,} bytes together, and at most {TOGETHER_BYTES:,} are allowed")


async def _pictures(browser: Any, url: str, admin: dict[str, str], ids: dict[str, str], scheme: str) -> None:
    options = {"color_scheme": scheme, "viewport": SIZE, "reduced_motion": "reduce"}
    async with open_console(browser, url, **options) as window:
        await window.go("/")
        await window.page.get_by_label("Client id").wait_for()
        await _keep(window, f"sign-in-{scheme}")
        await window.sign_in(admin)
        there = await window.page.evaluate(_PATHS)
        for name, path in PICTURES.items():
            if not path:
                continue
            if path not in there:
                sys.stderr.write(f"{name} is left out: the console has no page {path}\n")
                continue
            await window.go(path.replace(":id", ids.get(path, "")))
            await window.page.locator("main h1").first.wait_for()
            await window.page.wait_for_timeout(SETTLED_MS)
            await _keep(window, f"{name}-{scheme}")


async def _keep(window: Console, name: str) -> None:
    """Write what the window shows, with less quality if it has too many bytes."""
    session = await window.page.context.new_cdp_session(window.page)
    for quality in QUALITIES:
        shot = await session.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
        data = base64.b64decode(shot["data"])
        if len(data) <= MOST_BYTES:
            (FOLDER / f"{name}.webp").write_bytes(data)
            sys.stderr.write(f"{name}: {len(data):,} bytes\n")
            return
    raise SystemExit(f"{name} has {len(data):,} bytes, and at most {MOST_BYTES:,} are allowed")


async def some_life(management: Management) -> dict[str, str]:
    """Clients, rules and token requests of many kinds; path of a page with ``:id`` → the id of what it shows."""
    apis = await management.every("resource-servers")
    scopes = next(api["scopes"] for api in apis if api["identifier"] == AUDIENCE)
    requests = [await _client(management, name, [scope["value"] for scope in scopes]) for name in CLIENTS]
    rules = {}
    for file, language in (("plan.js", "javascript"), ("deny.js", "javascript"), ("greeter.py", "python")):
        rules[file] = await management.create(
            "rules",
            {
                "name": file.partition(".")[0],
                "language": language,
                "script": (RULES / file).read_text(),
                "message": "From the examples",
                "description": "An example of the documentation",
            },
        )
    await management.call("PATCH", "/api/v2/tenants/settings", {"tapes": {"failures": True, "one_in": 1}})
    ends_s = time.monotonic() + (MINUTES + 1) * 60 - datetime.now(UTC).second
    for number in itertools.count():
        await management.ask(requests[number % 7 % len(requests)])
        await asyncio.sleep(PAUSE_S * (number % 5) / 4)
        if time.monotonic() > ends_s:
            break
    await management.ask({**requests[0], "client_secret": "wrong"})
    shown = await management.ask(requests[0])
    await read_exchange(management, shown.headers["x-request-id"])
    region = await management.create("rules", {"name": "region", "script": BROKEN, "order": 40})
    for request in requests[:2]:
        await management.ask(request)
    draft = {"draft": True, "script": re.sub("10_000", "20_000", (RULES / "plan.js").read_text())}
    await management.call("PATCH", f"/api/v2/rules/{rules['plan.js']['id']}", {**draft, "message": "Twice as much"})
    await management.call("PATCH", f"/api/v2/rules/{region['id']}", {"enabled": False})
    for request in requests:
        await management.ask(request)
    return {
        "/rules/:id": rules["plan.js"]["id"],
        "/exchanges/:id": shown.headers["x-request-id"],
        "/clients/:id": requests[0]["client_id"],
    }


async def _client(management: Management, name: str, scopes: list[str]) -> dict[str, str]:
    made = await management.create("clients", {"name": name, "client_metadata": CLIENTS[name]})
    await management.create("client-grants", {"client_id": made["client_id"], "audience": AUDIENCE, "scope": scopes})
    return {
        "grant_type": "client_credentials",
        "client_id": made["client_id"],
        "client_secret": made["client_secret"],
        "audience": AUDIENCE,
    }


if __name__ == "__main__":
    asyncio.run(main())
