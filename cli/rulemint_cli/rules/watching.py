"""Deploy a rule's file after each save, and show the logs of the rule (``rulemint rules watch``)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from watchfiles import Change, awatch

from rulemint_cli.connection.management_api import Admin
from rulemint_cli.system.logs import Show, watch
from rulemint_cli.terminal.errors import CommandError


async def watch_file(
    admin: Admin,
    file: Path,
    rule: str,
    *,
    redeploy: Callable[[], Awaitable[None]],
    show: Show,
    say: Callable[[str], None],
) -> None:
    """Call *redeploy* after each save of *file*, and show the logs of *rule*, until cancelled.

    An error of a deployment goes to *say*, and the next save is deployed again.

    Raises:
        CommandError: the system refuses to show its logs.
    """
    await asyncio.gather(watch(admin, show, say, query={"rule": rule}), _redeploy_on_save(file, redeploy, say))


async def _redeploy_on_save(file: Path, redeploy: Callable[[], Awaitable[None]], say: Callable[[str], None]) -> None:
    """Watch the folder of *file*, because an editor may put another file in its place."""

    def is_saved(change: Change, path: str) -> bool:
        return Path(path).name == file.name and change is not Change.deleted

    async for _ in awatch(file.parent, watch_filter=is_saved, recursive=False):
        try:
            await redeploy()
        except CommandError as error:
            say(str(error))
