"""The demo of a system that somebody uses while it is made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from fixtures.management import Management
from fixtures.system import System
from rulemint_cli.connection.management_api import Admin
from rulemint_cli.connection.profiles import Profile
from rulemint_cli.system.demo import find_demo, make_demo, remove_demo
from rulemint_cli.terminal.progress import Bars

DELETED_BEFORE_THE_NEXT_STEP = ["resource-servers/{id}", "clients/demo-client", "rules/{id}"]


class Interrupted(Admin):
    """The management API, and somebody who deletes *path* as soon as it was made."""

    path = ""

    async def create(self, noun: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        made = await super().create(noun, body)
        if made is not None and noun == self.path.partition("/")[0]:
            await self.call("DELETE", self.path.format(id=made.get("id", "")))
        return made


@pytest.fixture
async def admin(bare_system: System) -> AsyncIterator[Interrupted]:
    credentials = {name: bare_system.admin[name] for name in ("client_id", "client_secret", "audience")}
    async with aiohttp.ClientSession() as session:
        admin = Interrupted(session, Profile(url=f"{bare_system.url}/", **credentials), Bars(quiet=True))
        yield admin
        await remove_demo(admin, await find_demo(admin))


@pytest.mark.parametrize("path", DELETED_BEFORE_THE_NEXT_STEP, ids=["API", "client", "rule"])
async def test_what_is_deleted_while_the_demo_is_made_is_gone_and_nothing_fails(admin: Interrupted, path: str) -> None:
    admin.path = path
    await make_demo(admin)
    left = {noun.path for noun, _ in await find_demo(admin)}
    assert path.partition("/")[0] not in left
    assert len(left) == 2


async def test_the_demo_s_rule_changes_nobody_else_s_tokens(management: Management, admin: Interrupted) -> None:
    await make_demo(admin)
    other = await management.a_client()
    answer = await management.ask(other.request())
    assert (answer.status, answer.body["scope"]) == (200, "read write")
