"""The shell examples of the pages about the management API run as they stand, one after the other."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from fixtures.management import Management

PAGES = sorted((Path(__file__).parents[3] / "docs/management").glob("*.md"))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "\x1e"
"""Printed after each block: what came before it is the block's own output."""


def blocks(page: Path) -> list[tuple[str, Any]]:
    """Each shell block, with what the JSON block under it says about the last line that it prints; None without one."""
    found = [(block[1], block[2]) for block in _BLOCK.finditer(page.read_text())]
    return [
        (text, json.loads(after[1]) if after[0] == "json" else None)
        for (kind, text), after in zip(found, [*found[1:], ("", "")], strict=True)
        if kind == "sh"
    ]


def is_part_of(expected: Any, actual: Any) -> bool:
    """Whether *actual* says all that *expected* says, and perhaps more."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and is_part_of(value, actual[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(is_part_of, expected, actual))
    return bool(expected == actual)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_the_calls_of_a_page_get_the_answers_under_them(management: Management, page: Path) -> None:
    script = "".join(f"{text}\nprintf '{END}'\n" for text, _expected in blocks(page))
    environment = {**os.environ, "URL": management.url, "TOKEN": management.token}
    shell = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script, env=environment, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await shell.communicate()
    assert shell.returncode == 0, printed.decode()
    outputs = printed.decode().split(END)[:-1]
    for (text, expected), output in zip(blocks(page), outputs, strict=True):
        if expected is not None:
            answer = last_json(output)
            assert is_part_of(expected, answer), f"{text}\n{json.dumps(answer, indent=1)}"


def last_json(output: str) -> Any:
    """The last of the JSON texts that stand one after the other in *output*."""
    decoder, place, value = json.JSONDecoder(), 0, None
    while place < len(output):
        value, place = decoder.raw_decode(output, place)
    return value
