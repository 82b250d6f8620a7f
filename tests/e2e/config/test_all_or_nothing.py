"""``config apply`` against a running system, with somebody between them who interrupts, meddles and hangs up."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from aiohttp import web

from fixtures.between import Meddle, Passing, between
from fixtures.configurations import done, emptied, written
from fixtures.management import Management, open_management
from fixtures.processes import BIN
from fixtures.workplace import Done, Workplace

pytestmark = pytest.mark.timeout(120)

DELETIONS = "config/deletions"
BEFORE = {
    "resource_servers": [{"identifier": "https://kept.example.com/", "scopes": [{"value": "read"}]}],
    "clients": [{"name": "kept", "client_id": "kept"}, {"name": "goes", "client_id": "goes"}],
    "client_grants": [{"client": "goes", "audience": "https://kept.example.com/", "scope": ["read"]}],
    "rules": [
        {
            "name": "secretive",
            "script": "export default () => ({});\n",
            "order": 1,
            "secrets": {"ONE": "${SECRETIVE_ONE}", "TWO": "${SECRETIVE_TWO}"},
        }
    ],
}
AFTER = {
    "resource_servers": BEFORE["resource_servers"],
    "clients": [
        {"name": "kept", "client_id": "kept", "description": "changed"},
        {"name": "new", "client_id": "new"},
        {"name": "newer", "client_id": "newer"},
    ],
    "rules": [
        {
            "name": "secretive",
            "script": "export default () => ({});\n",
            "order": 1,
            "secrets": {"ONE": "${SECRETIVE_ONE}"},
        }
    ],
}


@dataclass
class Run:
    """A ``rulemint config apply --prune`` under way."""

    process: asyncio.subprocess.Process
    stderr: str = ""
    said: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            async with self.said:
                self.stderr += line.decode()
                self.said.notify_all()

    async def has_said(self, text: str) -> None:
        async with self.said, asyncio.timeout(30):
            await self.said.wait_for(lambda: text in self.stderr)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)


@asynccontextmanager
async def applying(place: Workplace, meddle: Meddle) -> AsyncIterator[Run]:
    """The run whose calls *meddle* sees."""
    file = written(place, **AFTER)
    async with between(place.port, meddle) as url:
        process = await asyncio.create_subprocess_exec(
            str(BIN / "rulemint"), "config", "apply", file, "--prune", "--yes", "--url", url,
            cwd=place.folder, env=place.environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        run = Run(process)
        try:
            yield run
        finally:
            if process.returncode is None:
                process.kill()
            await run.listening


async def ended(run: Run) -> Done:
    assert run.process.stdout is not None
    async with asyncio.timeout(60):
        stdout = (await run.process.stdout.read()).decode()
        code = await run.process.wait()
        await run.listening
    return Done(code, stdout, run.stderr)


@pytest.fixture
async def place(other_place: Workplace) -> AsyncIterator[Workplace]:
    """A tenant as in `BEFORE`."""
    secrets = {"SECRETIVE_ONE": "1", "SECRETIVE_TWO": "2"}
    await asyncio.to_thread(done, other_place, "apply", written(other_place, **BEFORE), "--yes", **secrets)
    yield other_place
    await asyncio.to_thread(emptied, other_place)


@pytest.fixture
async def somebody(place: Workplace) -> AsyncIterator[Management]:
    """Who else manages the tenant."""
    async with open_management(f"http://127.0.0.1:{place.port}", place.admin) as opened:
        yield opened


async def exported(place: Workplace) -> dict[str, Any]:
    shown = await asyncio.to_thread(done, place, "export")
    document: dict[str, Any] = yaml.safe_load(shown.stdout)
    return document


async def test_all_is_done_with_the_deletions_in_one_call(place: Workplace) -> None:
    deletions_asked = []

    async def meddle(call: Passing) -> web.StreamResponse:
        if call.request.method == "DELETE" or call.is_to("POST", DELETIONS):
            deletions_asked.append(call.request.path)
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 0, how.stderr
    assert deletions_asked == [f"/api/v2/{DELETIONS}"]
    now = await exported(place)
    assert [client["name"] for client in now["clients"]] == ["kept", "new", "newer"]
    assert "client_grants" not in now
    assert list(now["rules"][0]["secrets"]) == ["ONE"]


async def test_a_record_that_is_changed_at_the_last_moment_undoes_everything(
    place: Workplace, somebody: Management
) -> None:
    before = await exported(place)

    async def meddle(call: Passing) -> web.StreamResponse:
        if call.is_to("POST", DELETIONS):
            await somebody.call("PATCH", "/api/v2/clients/goes", {"description": "still needed"})
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 1
    assert "it failed: undoing 3 changes" in how.stderr
    assert "delete the client goes: somebody else has just changed it" in how.stderr
    assert "nothing was changed" in how.stderr
    goes = next(client for client in before["clients"] if client["name"] == "goes")
    goes["description"] = "still needed"
    assert await exported(place) == before


async def test_a_create_under_way_at_ctrl_c_is_waited_for_and_undone(place: Workplace) -> None:
    before = await exported(place)

    async def meddle(call: Passing) -> web.StreamResponse:
        answer = await call.forward()
        if call.is_to("POST", "clients") and b"newer" in await call.request.read():
            run.interrupt()
            await run.has_said("waiting for the answer to “create the client newer”")
        return answer

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 130
    assert "interrupted: undoing 3 changes" in how.stderr
    assert await exported(place) == before


async def test_a_second_ctrl_c_stops_the_undo_and_names_what_stays(place: Workplace) -> None:
    async def meddle(call: Passing) -> web.StreamResponse:
        if call.is_to("POST", "clients") and b"newer" in await call.request.read():
            run.interrupt()
            await run.has_said("waiting for the answer")
        if call.request.method == "DELETE":
            run.interrupt()
            await run.has_said("stopped: ")
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 130
    stays = "create the client newer; create the client new; change the client kept"
    assert f"stopped: these changes were made, and stay: {stays}" in how.stderr
    assert "goes" in [client["name"] for client in (await exported(place))["clients"]]


async def test_a_second_ctrl_c_does_not_wait_for_the_answer_either(place: Workplace) -> None:
    async def meddle(call: Passing) -> web.StreamResponse:
        if call.is_to("POST", "clients") and b"newer" in await call.request.read():
            run.interrupt()
            await run.has_said("waiting for the answer")
            run.interrupt()
            await run.has_said("stopped: these changes were made")
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 130
    assert "it is not known whether “create the client newer” was done" in how.stderr
    assert "and stay: create the client new; change the client kept" in how.stderr


async def test_ctrl_c_while_all_is_deleted_comes_too_late(place: Workplace) -> None:
    async def meddle(call: Passing) -> web.StreamResponse:
        answer = await call.forward()
        if call.is_to("POST", DELETIONS):
            run.interrupt()
            await run.has_said("waiting for the answer")
        return answer

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert (how.returncode, "everything was done already" in how.stderr) == (0, True), how.stderr
    assert [client["name"] for client in (await exported(place))["clients"]] == ["kept", "new", "newer"]


async def test_a_change_whose_answer_was_lost_is_undone_too(place: Workplace, somebody: Management) -> None:
    before = await exported(place)
    lost: list[str] = []

    async def meddle(call: Passing) -> web.StreamResponse:
        if call.is_to("POST", DELETIONS):
            await somebody.call("DELETE", "/api/v2/clients/goes")
        if call.is_to("PATCH", "clients/kept") and not lost:
            lost.append(call.request.path)
            await call.forward()
            return call.hang_up()
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert (how.returncode, "nothing was changed" in how.stderr) == (1, True), how.stderr
    before["clients"] = [client for client in before["clients"] if client["name"] != "goes"]
    del before["client_grants"]
    assert await exported(place) == before


async def test_what_cannot_be_undone_is_named(place: Workplace, somebody: Management) -> None:
    async def meddle(call: Passing) -> web.StreamResponse:
        if call.is_to("POST", DELETIONS):
            for client in ("goes", "kept"):
                await somebody.call("PATCH", f"/api/v2/clients/{client}", {"name": f"{client}, I say"})
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 1
    assert "this could not be undone: change the client kept (" in how.stderr
    assert "nothing was changed" not in how.stderr
    clients = {client["client_id"]: client for client in (await exported(place))["clients"]}
    assert set(clients) == {"kept", "goes"}, "all else was undone"
    assert clients["kept"]["description"] == "changed"


async def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(
    place: Workplace, somebody: Management
) -> None:
    lost: list[str] = []

    (newest_before,) = (await somebody.call("GET", "/api/v2/logs?per_page=1")).body

    async def meddle(call: Passing) -> web.StreamResponse:
        if call.request.method in {"POST", "PATCH"} and call.request.path.startswith("/api/v2/"):
            answer = await call.forward()
            if call.request.path not in lost:
                lost.append(call.request.path)
                return call.hang_up()
            return answer
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 0, how.stderr
    assert {f"/api/v2/{DELETIONS}", "/api/v2/clients", "/api/v2/clients/kept"} <= set(lost)
    logged = (await somebody.call("GET", f"/api/v2/logs?take=100&from={newest_before['log_id']}")).body
    assert [each["description"] for each in logged].count(f"POST /api/v2/{DELETIONS}") == 1
    assert [client["name"] for client in (await exported(place))["clients"]] == ["kept", "new", "newer"]


async def test_a_create_of_which_nobody_can_say_whether_it_was_done_is_named_and_all_else_undone(
    place: Workplace,
) -> None:
    before = await exported(place)

    async def meddle(call: Passing) -> web.StreamResponse:
        if call.is_to("POST", "clients") and b"newer" in await call.request.read():
            return call.hang_up()
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 1
    assert "create the client newer: " in how.stderr
    assert "it is not known whether it was done; all else is as it was: look at this record" in how.stderr
    assert "nothing was changed" not in how.stderr
    assert await exported(place) == before


async def test_when_nobody_can_say_whether_all_was_deleted_nothing_is_undone(place: Workplace) -> None:
    async def meddle(call: Passing) -> web.StreamResponse:
        if call.is_to("POST", DELETIONS):
            return call.hang_up()
        return await call.forward()

    async with applying(place, meddle) as run:
        how = await ended(run)
    assert how.returncode == 1
    assert "it is not known whether it was done; all else is as the file has it: apply it again" in how.stderr
    assert "the client new has a secret that nobody has seen" in how.stderr
    assert {"kept", "goes", "new", "newer"} == {client["name"] for client in (await exported(place))["clients"]}
    await asyncio.to_thread(done, place, "apply", "tenant.yaml", "--prune", "--yes")
    compared = await asyncio.to_thread(done, place, "diff", "tenant.yaml", "--prune")
    assert compared.stdout.startswith("nothing to change: ")
