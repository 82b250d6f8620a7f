"""The broker as a process: what it is given, what it keeps, and what becomes of calls when it fails."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fixtures.waiting import all_gone, eventually
from fixtures.web import NAME, Authority, Gate, Web, a_broker
from rulemint_runner.egress.broker_process import BrokerNotStartedError
from rulemint_runner.egress.client import EgressBroker, open_egress
from rulemint_runner.egress.errors import EgressError, Kind
from rulemint_runner.egress.messages import Fetched, OutboundRequest
from rulemint_shared.deadline import Deadline

PREPARE = """
from rulemint_runner.egress.messages import *
import json, os, socket, sys
control = socket.socket(fileno=int(sys.argv[1]))
start = to_broker.receive(control)
def say(message):
    control.sendall(from_broker.encode(message))
"""
"""The beginning of a program that stands in for the broker."""


def program(text: str) -> tuple[str, str]:
    return ("-c", PREPARE + text)


async def ask(broker: EgressBroker, url: str = "https://api.example.com/", *, timeout_s: float = 10) -> Fetched:
    return await broker.fetch(
        tenant="default",
        allow_hosts=("api.example.com",),
        request=OutboundRequest(url=url),
        deadline=Deadline.after(timeout_s),
    )


async def failure(broker: EgressBroker, *, timeout_s: float = 10) -> EgressError:
    with pytest.raises(EgressError) as failed:
        await ask(broker, timeout_s=timeout_s)
    return failed.value


async def reported(text: str) -> str:
    """What a stand-in says instead of starting."""
    with pytest.raises(BrokerNotStartedError) as refused:
        async with open_egress(program=program(text)):
            pass
    return str(refused.value).removeprefix("the egress broker cannot start: ")


@pytest.fixture
def inheritable_descriptors() -> Iterator[None]:
    descriptors = [os.open("/etc/passwd", os.O_RDONLY)]
    # The first free numbers from there on: in place of one that the event loop watches they would end this process.
    descriptors += [fcntl.fcntl(descriptors[0], fcntl.F_DUPFD, number) for number in (70, 700)]
    yield
    for descriptor in descriptors:
        os.close(descriptor)


@pytest.fixture
async def broker(authority: Authority, hosts_file: Path) -> AsyncIterator[EgressBroker]:
    """Each test's own, since most of them end it."""
    async with a_broker(authority, hosts_file) as opened:
        yield opened


# ---- what it is given ----


@pytest.mark.usefixtures("inheritable_descriptors")
async def test_it_has_no_descriptor_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULEMINT_REDIS_URL", "redis://:secret@redis/0")
    seen = json.loads(
        await reported("""
fds = {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if fd != "3"}
environment = open("/proc/self/environ").read()
say(NotStarted(why=json.dumps([fds, environment, control.fileno(), os.getcwd()])))
""")
    )
    descriptors, environment, control, folder = seen
    kinds = {number: target.partition(":")[0] for number, target in descriptors.items() if Path(target).parts != ()}
    own = {"0": "/dev/null", "1": "/dev/null", "2": "socket", str(control): "socket"}
    left = {number: kind for number, kind in kinds.items() if not kind.endswith("/fd")}
    assert left == {number: kind for number, kind in own.items() if number in left}
    assert set(own) - {"3"} <= set(left)
    assert (environment, folder) == ("", "/")


@pytest.mark.parametrize(
    ("configuration", "word"),
    [
        ({"allow_private": ["10.0.0.1/8"]}, "10.0.0.1/8 has host bits set"),
        ({"hosts_file": "/nonexistent"}, "No such file"),
        ({"ca_file": "/nonexistent"}, "No such file"),
        ({"ca_file": "/etc/passwd"}, "certificate"),
    ],
)
async def test_a_configuration_that_cannot_be_used_is_refused_in_words(configuration: object, word: str) -> None:
    with pytest.raises(BrokerNotStartedError, match=word):
        async with open_egress(**configuration):  # type: ignore[arg-type]  # the case is that it is wrong
            pass


async def test_a_broker_that_ends_at_once_is_not_started() -> None:
    with pytest.raises(BrokerNotStartedError, match="did not start"):
        async with open_egress(program=("-c", "import sys; sys.exit('no such luck')")):
            pass


# ---- what it keeps ----

ATTACKS = """
import ctypes, fcntl, mmap, resource, signal, subprocess, time
from pathlib import Path
from rulemint_runner.egress.broker.containment import contain
canary, port, parent = sys.argv_canary, sys.argv_port, os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
kept = open(__import__("ctypes").__file__, "rb")
contain(parent, landlock_abi=sys.argv_abi)

def syscall(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "")

def listen(family, kind):
    with socket.socket(family, kind) as server:
        server.bind(("127.0.0.1", 0)); server.listen()

def listen_without_binding():
    with socket.socket() as server:
        server.listen()

def fork():
    if os.fork() == 0:
        os._exit(0)

def connect():
    with socket.create_connection(("127.0.0.1", port), 5):
        pass

def raise_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (100_000, 100_000))

attempts = {
    "read a file": lambda: open("/etc/passwd").read(),
    "read another file": lambda: open(canary).read(),
    "write a file": lambda: open(canary, "a"),
    "make a file": lambda: open(canary + "2", "w"),
    "delete a file": lambda: os.unlink(canary),
    "list a folder": lambda: os.listdir("/"),
    "read its environment": lambda: open("/proc/self/environ").read(),
    "read its parent's environment": lambda: open(f"/proc/{parent}/environ").read(),
    "write its parent's memory": lambda: open(f"/proc/{parent}/mem", "r+b"),
    "read a module": lambda: open(json.__file__).read(),
    "listen": lambda: listen(socket.AF_INET, socket.SOCK_STREAM),
    "listen without binding": listen_without_binding,
    "bind udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("127.0.0.1", 0)),
    "open a unix socket": lambda: socket.socket(socket.AF_UNIX),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "open a multipath socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM),
    "open a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "open an alg socket": lambda: socket.socket(38, socket.SOCK_SEQPACKET),
    "open a vsock socket": lambda: socket.socket(40, socket.SOCK_STREAM),
    "attach a filter": lambda: socket.socket().setsockopt(1, 26, bytes(16)),
    "fork": fork,
    "start a program": lambda: subprocess.run(["/bin/true"]),
    "become a program": lambda: os.execv("/bin/true", ["true"]),
    "kill its parent": lambda: os.kill(parent, 0),
    "trace its parent": lambda: libc.ptrace(16, parent, 0, 0) and syscall(101, 16, parent, 0, 0),
    "raise a limit": raise_limit,
    "make a memory file": lambda: os.memfd_create("x"),
    "become another user": lambda: os.setuid(1),
    "load a filter": lambda: syscall(157, 22, 2, 0, 0),
    "see a namespace": lambda: syscall(272, 0x10000000),
    "name whom a descriptor signals": lambda: fcntl.fcntl(socket.socketpair()[0], 8, parent),
    "name it by ioctl": lambda: fcntl.ioctl(socket.socketpair()[0], 0x8901, parent.to_bytes(4, "little")),
    "choose what a descriptor signals": lambda: fcntl.fcntl(socket.socketpair()[0], 10, 9),
    "ask for another process's session": lambda: os.getsid(parent),
    "read another process's clock": lambda: time.clock_gettime(~parent << 3 | 2),
    "ask who its runner is": lambda: control.getsockopt(socket.SOL_SOCKET, 17, 12),
    "send a descriptor": lambda: socket.send_fds(control, [b"x"], [0]),
    "map a file to write and execute it": lambda: mmap.mmap(kept.fileno(), 4096, flags=mmap.MAP_PRIVATE, prot=7),
    "connect": connect,
    "resolve": lambda: socket.getaddrinfo(b"localhost", 1),
    "open a udp socket": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "start a thread": lambda: __import__("threading").Thread(target=int).start(),
}
done = []
for name, attempt in attempts.items():
    try:
        attempt()
    except Exception as error:
        continue
    done.append(name)
say(NotStarted(why=json.dumps(done)))
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the attacks name system calls by number")
@pytest.mark.parametrize("abi", [None, 3, 4, 5])
async def test_a_broker_that_was_taken_over_can_connect_and_resolve_and_nothing_else(
    tmp_path: Path, abi: int | None
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("secret")
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    given = {"sys.argv_canary": repr(str(canary)), "sys.argv_port": str(port), "sys.argv_abi": str(abi)}
    attacks = ATTACKS
    for name, value in given.items():
        attacks = attacks.replace(name, value)
    done = await reported(attacks)
    server.close()
    assert json.loads(done) == ["connect", "resolve", "open a udp socket", "start a thread"]
    assert canary.read_text() == "secret"


async def test_it_runs_without_rights_and_hidden_from_others_of_its_user(web: Web) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in Path(f"/proc/{web.broker.pid}/status").read_text().splitlines()
        if ":\t" in line
    )
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} <= {0} or os.geteuid()
    owner = Path(f"/proc/{web.broker.pid}/environ").stat().st_uid
    assert owner == 0  # a process that is not dumpable belongs to root there


# ---- what becomes of it ----


async def test_a_killed_broker_fails_its_calls_and_the_next_call_works(web: Web, gate: Gate) -> None:
    good = await web.serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    calls = [asyncio.create_task(web.fetch(gate.url)) for _ in range(5)]
    await eventually(gate.count, lambda waiting: waiting == 5)
    pid = web.broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    for call in calls:
        with pytest.raises(EgressError, match="has gone") as failed:
            await call
        assert failed.value.kind is Kind.FAILED
    assert (await web.fetch(f"http://{NAME}:{good}/")).body == b"ok"
    assert web.broker.pid != pid
    await all_gone({pid})


async def test_a_broker_that_is_killed_again_and_again_is_started_again_and_again(web: Web) -> None:
    good = await web.serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    before = await open_descriptors()
    for _ in range(4):
        assert (await web.fetch(f"http://{NAME}:{good}/")).body == b"ok"
        pid = web.broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: running(web.broker), lambda now: now != pid)  # noqa: B023  # awaited within the loop
    assert (await web.fetch(f"http://{NAME}:{good}/")).body == b"ok"
    await eventually(
        open_descriptors, lambda now: now <= before + 2
    )  # two connections of the server's may still be open


async def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_closing_leaves_no_process_and_ends_what_is_under_way(web: Web, gate: Gate) -> None:
    async with open_egress(allow_private=["127.0.0.0/8"], hosts_file=str(web.hosts_file)) as web.broker:
        pid = web.broker.pid
        call = asyncio.create_task(web.fetch(gate.url))
        await eventually(gate.count, lambda waiting: waiting == 1)
    assert pid is not None
    with pytest.raises(EgressError, match="has gone"):
        await call
    assert not Path(f"/proc/{pid}").exists()


async def test_a_broker_dies_with_its_runner() -> None:
    runner = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import asyncio\n"
        "from rulemint_runner.egress.client import open_egress\n"
        "async def main():\n"
        "    async with open_egress() as broker:\n"
        "        print(broker.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())",
        stdout=asyncio.subprocess.PIPE,
    )
    assert runner.stdout is not None
    pid = int(await asyncio.wait_for(runner.stdout.readline(), 15))
    runner.kill()
    await runner.wait()
    await all_gone({pid})


GARBAGE = {
    "bytes": "control.sendall(b'garbage, garbage')",
    "a frame that is too long": "control.sendall(b'\\xff' * 8)",
    "a frame that is none": "control.sendall(b'\\0\\0\\0\\1\\xc1')",
    "an answer that nobody awaits": "say(NotFetched(number=4711, kind='failed', why='x'))",
    "two answers": "[say(NotFetched(number=asked.number, kind='failed', why='x')) for _ in 'ab']",
    "a second start": "say(Ready())",
    "a response that is none": "say(Fetched(number=asked.number, status=7, reason='', headers=(), body=b'',"
    " url='', redirected=False))",
    "half a frame": "control.sendall(b'\\0\\0\\1\\0abc'); sys.exit()",
    "nothing": "control.close(); import time; time.sleep(60)",
}


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_garbage_from_a_broker_is_its_end_and_the_runner_goes_on(garbage: str) -> None:
    misbehaving = program(f"say(Ready())\nasked = to_broker.receive(control)\n{GARBAGE[garbage]}\ncontrol.recv(1)\n")
    async with open_egress(program=misbehaving) as broker:
        pids = set()
        for _ in range(2):
            await eventually(lambda: running(broker))
            pids.add(broker.pid)
            assert (await failure(broker)).kind is Kind.FAILED
            await eventually(lambda: running(broker), lambda pid: pid not in pids)
        assert len(pids) == 2
    await all_gone({pid for pid in pids if pid})


async def running(broker: EgressBroker) -> int | None:
    return broker.pid


async def test_a_broker_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rulemint_runner.egress.broker_process.ANSWER_GRACE_S", 0.2)
    silent = program("say(Ready())\nwhile control.recv(65536): pass\n")
    async with open_egress(program=silent) as broker:
        pid = broker.pid
        assert (await failure(broker, timeout_s=0.1)).kind is Kind.TIMED_OUT
        await eventually(lambda: running(broker), lambda now: now not in {pid, None})


async def test_a_broker_that_does_not_read_holds_no_more_than_one_request_in_the_runner() -> None:
    deaf = program("say(Ready())\nimport time\ntime.sleep(60)\n")
    async with open_egress(program=deaf) as broker:
        assert broker._process is not None
        large = OutboundRequest(url="https://api.example.com/", method="POST", body=bytes(1024 * 1024))
        calls = [
            asyncio.create_task(
                broker.fetch(tenant=f"t{n}", allow_hosts=(), request=large, deadline=Deadline.after(0.5))
            )
            for n in range(20)
        ]
        await asyncio.sleep(0.2)
        assert broker._process._writer.transport.get_write_buffer_size() < 2 * 1024 * 1024
        for call in calls:
            with pytest.raises(EgressError) as failed:
                await call
            assert failed.value.kind is Kind.TIMED_OUT


async def test_a_call_that_is_given_up_is_cancelled_in_the_broker(web: Web) -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def wait_for_the_end(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        gone.set()

    port = await web.serve_raw(wait_for_the_end)
    call = asyncio.create_task(web.fetch(f"http://{NAME}:{port}/", timeout_s=60))
    await arrived.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.wait_for(gone.wait(), 5)
    assert web.broker._process is not None
    process = web.broker._process
    assert process is not None
    await eventually(lambda: asyncio.sleep(0, len(process._awaited)), lambda left: left == 0)


async def test_calls_that_are_given_up_at_once_are_answered_too(web: Web, gate: Gate) -> None:
    pid = web.broker.pid
    for _ in range(30):
        calls = [asyncio.create_task(web.fetch(gate.url)) for _ in range(10)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    assert web.broker._process is not None
    process = web.broker._process
    await eventually(lambda: asyncio.sleep(0, len(process._awaited)), lambda left: left == 0)
    assert web.broker.pid == pid


async def test_a_request_that_is_malformed_costs_itself_only(web: Web) -> None:
    pid = web.broker.pid
    for request in (
        OutboundRequest(url="https://api.example.com/" + "x" * 10_000),
        OutboundRequest(url="\ud800"),
        OutboundRequest(url="https://api.example.com/", headers=(("a", "b" * 9_000),)),
    ):
        with pytest.raises(EgressError) as denied:
            await web.broker.fetch(tenant="default", allow_hosts=(), request=request, deadline=Deadline.after(5))
        assert denied.value.kind is Kind.DENIED
    assert web.broker.pid == pid


async def test_a_deadline_that_has_passed_is_a_timeout(web: Web) -> None:
    assert (await failure(web.broker, timeout_s=-1)).kind is Kind.TIMED_OUT
    assert (await failure(web.broker, timeout_s=0)).kind is Kind.TIMED_OUT
