from __future__ import annotations

import json
import signal
from pathlib import Path

from fixtures.management import Management
from fixtures.processes import BIN, Started, started
from fixtures.system import System
from fixtures.waiting import eventually
from fixtures.wires import a_wire

RULE = "export default ({context}) => { console.log(context.body.marker) }"


def lines_of(watcher: Started) -> list[str]:
    """What rules wrote, of the records that the command printed."""
    records = [json.loads(line) for line in list(watcher.lines) if line.startswith("{")]
    return [record["message"] for record in records if record["type"] == "line"]


async def test_the_logs_command_survives_a_cut_connection_and_shows_every_line_once(
    bare_system: System, management: Management, tmp_path: Path
) -> None:
    client = await management.a_client()
    async with management.rule(RULE), a_wire(int(bare_system.url.rpartition(":")[2])) as wire:
        command = [str(BIN / "rulemint"), "logs", "-f", "--json", "--client", client.client_id]
        variables = {"RULEMINT_DATA_DIR": str(bare_system.data_dir), "XDG_CONFIG_HOME": str(tmp_path)}
        with started([*command, "--url", f"http://127.0.0.1:{wire.port}"], variables) as watcher:

            async def seen(*expected: str) -> None:
                async def lines() -> list[str]:
                    assert watcher.process.poll() is None, watcher.output
                    return lines_of(watcher)

                await eventually(lines, lambda shown: shown[-len(expected) :] == list(expected))

            async def watches(times: int) -> None:
                async def said() -> int:
                    return watcher.output.count("watching http")

                await eventually(said, lambda count: count == times)

            for number in (1, 2, 3):  # the first time it has not seen a single record yet
                await watches(number)
                await wire.cut()
                await management.ask(client.request(marker=f"during {number}, a"))
                await management.ask(client.request(marker=f"during {number}, b"))
                await wire.mend()
                await seen(f"during {number}, a", f"during {number}, b")
                await watches(number + 1)
                await management.ask(client.request(marker=f"after {number}"))
                await seen(f"after {number}")
            watcher.process.send_signal(signal.SIGINT)
            assert watcher.wait() == 0
    assert lines_of(watcher) == [
        text for number in (1, 2, 3) for text in (f"during {number}, a", f"during {number}, b", f"after {number}")
    ]
    assert wire.accepted >= 3
    assert "trying again" in watcher.output
