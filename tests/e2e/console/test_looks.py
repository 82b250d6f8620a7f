"""The main pages of the console look as they did, in light and dark: by pixels where the machine is alike.

`make console-looks` makes the references anew.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from fixtures.console_looks import (
    FOLDER,
    FRAME,
    MOST_SHARE,
    OPTIONS,
    OTHER_PX,
    SAME_PX,
    SCHEMES,
    Boxes,
    boxes,
    freeze,
    machine,
    moved,
    picture,
    read,
    settle,
    share_that_differs,
)
from fixtures.console_page import Console, open_console
from fixtures.system import System
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

RECORDED = read()
KEPT = json.loads((FOLDER / "looks.json").read_text())


@dataclass
class Looked:
    """A window that asks nobody."""

    scheme: str
    window: Console
    judge: Any
    is_like_the_references: bool


@pytest.fixture(scope="module", params=SCHEMES)
async def looked(request: pytest.FixtureRequest, chromium: Any, bare_system: System) -> AsyncIterator[Looked]:
    scheme = request.param
    judge = await chromium.new_page()
    async with open_console(chromium, bare_system.url, color_scheme=scheme, **OPTIONS) as window:
        await freeze(window, RECORDED)
        await settle(window, "/")
        yield Looked(scheme, window, judge, await machine(window) == KEPT["machine"])
    await judge.close()


@pytest.mark.parametrize("name", RECORDED.paths)
async def test_a_page_looks_as_it_did(looked: Looked, name: str) -> None:
    await settle(looked.window, RECORDED.paths[name])
    if not looked.is_like_the_references:
        await stands(looked, name, FRAME, OTHER_PX)
        pytest.skip(f"NOT COMPARED BY PIXELS, ONLY THE FRAME: Chromium and fonts are not {KEPT['machine']}")
    await stands(looked, name, tuple(KEPT["boxes"][name]), SAME_PX)
    reference = (FOLDER / f"{name}-{looked.scheme}.webp").read_bytes()

    async def differs() -> float:
        return await share_that_differs(looked.judge, await picture(looked.window), reference)

    await eventually(differs, lambda share: share <= MOST_SHARE)


async def stands(looked: Looked, name: str, parts: tuple[str, ...], most_px: int) -> None:
    """The boxes of *parts* come to be where they were."""
    before: Boxes = KEPT["boxes"][name]

    async def elsewhere() -> list[str]:
        return moved(before, await boxes(looked.window), parts, most_px)

    await eventually(elsewhere, lambda found: not found)


async def test_a_page_that_looks_otherwise_is_noticed(looked: Looked) -> None:
    await settle(looked.window, RECORDED.paths["rules"])
    page = looked.window.page
    before = await picture(looked.window)

    async def goes_on() -> float:
        nonlocal before
        earlier, before = before, await picture(looked.window)
        return await share_that_differs(looked.judge, earlier, before)

    await eventually(goes_on, lambda share: share <= MOST_SHARE)
    there = await boxes(looked.window)
    await page.evaluate("document.querySelector('main').style.paddingTop = '6rem'")
    assert await share_that_differs(looked.judge, before, await picture(looked.window)) > MOST_SHARE
    assert moved(there, await boxes(looked.window), ("title",), SAME_PX)
    await page.evaluate("document.querySelector('main').style.paddingTop = ''")
