"""The contained broker and real DNS: what it asks, how often, and what a server that changes its mind can do."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import struct
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.web import Web

NAMESERVER = "127.0.0.77"
RESOLV_CONF = f"nameserver {NAMESERVER}\noptions timeout:8 attempts:1\n"
A = 1
RUNNER = """
import asyncio, json, sys
from rulemint_runner.egress.client import open_egress
from rulemint_runner.egress.errors import EgressError
from rulemint_runner.egress.messages import OutboundRequest
from rulemint_shared.deadline import Deadline

async def fetch(broker, tenant, url, timeout_s):
    host = "http://" + url.split("/")[2]
    request = OutboundRequest(url=url)
    deadline = Deadline.after(timeout_s)
    try:
        fetched = await broker.fetch(tenant=tenant, allow_hosts=(host,), request=request, deadline=deadline)
    except EgressError as error:
        return str(error)
    return fetched.body.decode()

async def main():
    rounds = json.loads(sys.argv[1])
    async with open_egress(allow_private=["127.0.0.0/8"]) as broker:
        for calls in rounds:
            print(json.dumps(await asyncio.gather(*(fetch(broker, *call) for call in calls))), flush=True)

asyncio.run(main())
"""

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root, to put a resolv.conf in place"
)


class NameServer(asyncio.DatagramProtocol):
    """Answers with the next of a name's addresses each time it is asked; without any, never."""

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self.answers = answers
        self.asked: Counter[tuple[str, int]] = Counter()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        name, kind = _question(data)
        self.asked[name, kind] += 1
        addresses = self.answers.get(name)
        if addresses == []:
            return
        known = addresses is not None
        answer = b""
        if kind == A and addresses:
            address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
            answer = b"\xc0\x0c" + struct.pack(">HHIH", A, 1, 0, 4) + socket.inet_aton(address)
        flags = 0x8180 if known else 0x8183
        end = data.index(b"\0", 12) + 5
        self.transport.sendto(
            data[:2] + struct.pack(">HHHHH", flags, 1, bool(answer), 0, 0) + data[12:end] + answer, addr
        )


def _question(data: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while length := data[at]:
        labels.append(data[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels), struct.unpack(">H", data[at + 1 : at + 3])[0]


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer({}), local_addr=(NAMESERVER, 53))
    yield server
    transport.close()


async def results(
    tmp_path: Path, *rounds: list[tuple[str, str, float]], program: str = RUNNER, arguments: tuple[str, ...] = ()
) -> list[list[str]]:
    """What came of each round of calls (tenant, URL, seconds), made where *names* is the only name server."""
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text(RESOLV_CONF)
    script = f'mount --bind {resolv_conf} /etc/resolv.conf && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "-c", program]
    command += [json.dumps(rounds), *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in output.splitlines() if line.startswith(b"[")]


async def test_a_name_is_resolved_by_the_contained_broker(web: Web, names: NameServer, tmp_path: Path) -> None:
    port = await web.serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    names.answers["real.example"] = ["127.0.0.1"]
    calls = [("t", f"http://real.example:{port}/", 5.0), ("t", f"http://unknown.example:{port}/", 5.0)]
    ((good, unknown),) = await results(tmp_path, calls)
    assert good == "ok"
    assert unknown.startswith("failed: unknown.example could not be resolved: ")


async def test_a_name_that_changes_its_address_is_checked_each_time_and_asked_once(
    web: Web, names: NameServer, tmp_path: Path
) -> None:
    """DNS rebinding: the connection goes to the address that was checked, there is no second question."""
    port = await web.serve_bytes(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    names.answers["rebinding.example"] = ["127.0.0.1", "10.0.0.1", "127.0.0.1"]
    call = [("t", f"http://rebinding.example:{port}/", 5.0)]
    outcomes = await results(tmp_path, call, call, call)
    assert outcomes == [["ok"], ["denied: rebinding.example leads to an address that is not public"], ["ok"]]
    assert names.asked["rebinding.example", A] == 3


async def test_a_tenant_s_silent_name_servers_do_not_hold_up_another_tenant(
    web: Web, names: NameServer, tmp_path: Path
) -> None:
    port = await web.serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    names.answers |= {"silent.example": [], "real.example": ["127.0.0.1"]}
    silent = [("silent", f"http://silent.example:{port}/", 1.0)] * 100
    stuck, (good,), (still_stuck,) = await results(
        tmp_path, silent, [("t", f"http://real.example:{port}/", 5.0)], silent[:1]
    )
    assert set(stuck) == {"timed_out: no whole response in time"}
    assert good == "ok"
    assert still_stuck.startswith("timed_out: ")
    assert names.asked["silent.example", A] <= 8


async def test_a_resolver_that_is_configured_anew_gets_a_new_broker(
    web: Web, names: NameServer, tmp_path: Path
) -> None:
    port = await web.serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    names.answers["real.example"] = ["127.0.0.1"]
    program = RUNNER.replace(
        "            print(json",
        "            pid = broker.pid\n"
        "            subprocess.run(['mount', '--bind', sys.argv[2], '/etc/resolv.conf'], check=True)\n"
        "            while broker.pid in {pid, None}: await asyncio.sleep(0.01)\n"
        "            print(json",
    ).replace("import asyncio,", "import asyncio, subprocess,")
    other = tmp_path / "other.conf"
    other.write_text(RESOLV_CONF)
    call = [("t", f"http://real.example:{port}/", 5.0)]
    assert await results(tmp_path, call, program=program, arguments=(str(other),)) == [["ok"]]
