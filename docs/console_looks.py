"""Makes tests/golden/console: how the main pages of the console look. Run it from the checkout's root.

It starts a system with some life, records what each page asks for and is told, and then keeps each page's picture and
the boxes of its parts, from the record alone. Run it when a page is meant to look otherwise, and look at the pictures.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "docs")]

import console_pictures  # noqa: E402  # this folder is no package

from fixtures import console_looks as looks  # noqa: E402  # the tests' folder is no package
from fixtures.console_page import CHROMIUM, CHROMIUM_OPTIONS, open_console  # noqa: E402  # as above
from fixtures.management import open_management  # noqa: E402  # as above
from fixtures.processes import free_port, started_dev  # noqa: E402  # as above

PAGES = {
    name: console_pictures.PICTURES[name]
    for name in ("overview", "rules", "editor", "try", "logs", "exchanges", "exchange", "clients")
}
LATE_MS = 1_000
"""For what a page asks later."""
KEPT_HEADERS = ("content-type", "etag", "link")


async def main() -> None:
    """Record and keep, which takes about two minutes."""
    console_pictures.MINUTES = 0
    with tempfile.TemporaryDirectory() as folder:
        data_dir, port = Path(folder) / "data", free_port()
        url = f"http://localhost:{port}"
        with started_dev({}, data_dir=data_dir, port=port):
            admin = json.loads((data_dir / "admin.json").read_text())
            async with AsyncExitStack() as stack:
                management = await stack.enter_async_context(open_management(url, admin))
                ids = await console_pictures.some_life(management)
                playwright = await stack.enter_async_context(async_playwright())
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
                paths = {name: path.replace(":id", ids.get(path, "")) for name, path in PAGES.items()}
                recorded = await _record(browser, url, admin, paths)
                await _keep(browser, url, recorded)
                await browser.close()


async def _record(browser: Any, url: str, admin: dict[str, str], paths: dict[str, str]) -> looks.Recorded:
    recorded = looks.Recorded(int(datetime.now(UTC).timestamp() * 1000), paths, {}, [])
    reading: list[asyncio.Task[None]] = []

    async def note(answer: Any) -> None:
        headers = {name: text for name, text in (await answer.all_headers()).items() if name in KEPT_HEADERS}
        body = (await answer.text()).replace(f'"{socket.gethostname()}:', '"machine:')
        recorded.answers[looks.key_of(answer.request)] = {"status": answer.status, "headers": headers, "body": body}

    def hear(answer: Any) -> None:
        if looks.ASKED.match(answer.url) and answer.status != 401:
            reading.append(asyncio.create_task(note(answer)))

    def keep(text: str) -> None:
        recorded.log.append(text)

    async with open_console(browser, url, **looks.OPTIONS) as window:
        await window.page.clock.set_fixed_time(recorded.now_ms / 1000)
        await window.go("/")
        await window.sign_in(admin)
        window.page.on("response", hear)
        window.page.on("websocket", lambda opened: opened.on("framereceived", keep))
        for path in paths.values():
            await window.page.reload()
            await looks.settle(window, path)
            await window.page.wait_for_timeout(LATE_MS)
        await asyncio.gather(*reading)
        sys.stderr.writelines(f"said while it was recorded: {each}\n" for each in window.complaints)
        window.complaints.clear()
        return recorded


async def _keep(browser: Any, url: str, recorded: looks.Recorded) -> None:
    looks.FOLDER.mkdir(parents=True, exist_ok=True)
    boxes: dict[str, looks.Boxes] = {}
    machine: dict[str, Any] = {}
    for scheme in looks.SCHEMES:
        async with open_console(browser, url, color_scheme=scheme, **looks.OPTIONS) as window:
            await looks.freeze(window, recorded)
            for name, path in recorded.paths.items():
                await looks.settle(window, path)
                await window.page.wait_for_timeout(LATE_MS)
                (looks.FOLDER / f"{name}-{scheme}.webp").write_bytes(await looks.picture(window))
                boxes[name] = await looks.boxes(window)
            machine = await looks.machine(window)
    _write("answers.json", vars(recorded))
    _write("looks.json", {"machine": machine, "boxes": boxes})


def _write(name: str, what: Any) -> None:
    (looks.FOLDER / name).write_text(json.dumps(what, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
