"""What a rule's text alone cannot show: prepared files, neighbours, a machine that lacks something."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fixtures.hosts import load_frame, nowhere
from fixtures.legs import AS_ORDINARY_USER, Legs
from fixtures.mutants import OLDER_ABIS, RUN, WHOLE, Mutant, languages
from fixtures.ordinary_user import ordinary_user, why_no_ordinary_user
from fixtures.strays import processes_of
from rulemint_runner.hosts.host_limits import DEFAULT_MEMORY_MB, HostProgram
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.bpf import Instructions
from rulemint_runner.sandbox.sandbox import Sandbox, open_sandbox
from rulemint_runner.sandbox.syscall_numbers import numbers_of
from rulemint_runner.self_check.self_check import SandboxMissingError, SelfCheck
from rulemint_runner.self_check.single_run import run_once
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline

pytestmark = pytest.mark.timeout(120)

NO_SANDBOX = 78
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_FIRST_ARGUMENT = 16
NO_LANDLOCK: Instructions = [
    (_LOAD, 0, 0, 0),
    *[(_JUMP_EQUAL, 3 - index, 0, call) for index, call in enumerate((444, 445, 446))],
    (_RETURN, 0, 0, _ALLOW),
    (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
]
NO_SECCOMP: Instructions = [
    (_LOAD, 0, 0, 0),
    (_JUMP_EQUAL, 0, 3, numbers_of(("prctl",), platform.machine())[0]),
    (_LOAD, 0, 0, _FIRST_ARGUMENT),
    (_JUMP_EQUAL, 0, 1, 22),  # PR_SET_SECCOMP
    (_RETURN, 0, 0, _ERROR | errno.EINVAL),
    (_RETURN, 0, 0, _ALLOW),
]
READS = "def rule(client, scope, audience, context):\n    return {'a': open(%r).read()}\n"
LIVES = "def rule(client, scope, audience, context):\n    return {}\n"
TRACES = """
import ctypes


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.ptrace(0x4206, %d, 0, 0)  # PTRACE_SEIZE
    return {'a': [result, ctypes.get_errno()]}
"""
SIGNALS = """
import fcntl
import os
import _socket as socket
import struct

SET_OWNER_EX, SET_SIGNAL, OWNER_IS_A_PROCESS, KILL = 15, 10, 1, 9
WAYS = {
    "F_SETOWN": lambda end, pid: fcntl.fcntl(end, fcntl.F_SETOWN, pid),
    "F_SETOWN_EX": lambda end, pid: fcntl.fcntl(end, SET_OWNER_EX, struct.pack("ii", OWNER_IS_A_PROCESS, pid)),
    "FIOSETOWN": lambda end, pid: fcntl.ioctl(end, 0x8901, struct.pack("i", pid)),
    "SIOCSPGRP": lambda end, pid: fcntl.ioctl(end, 0x8902, struct.pack("i", pid)),
}


def rule(client, scope, audience, context):
    end, other = socket.socketpair()
    try:
        WAYS[%r](end, %d)
        fcntl.fcntl(end, SET_SIGNAL, KILL)
        fcntl.fcntl(end, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        other.send(b"x")
    except OSError as error:
        return {"a": error.errno}
    return {"a": 0}
"""
SUPERVISOR = Path(__file__).parents[1] / "fixtures/supervisor_program.py"
LACKING = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = b"".join(struct.pack("=HBBI", *instruction) for instruction in {instructions!r})
kept = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(kept))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, program, 0, 0) == 0
os.execv(sys.executable, [sys.executable, "-m", "rulemint_runner"])
"""


async def run_in(sandbox: Sandbox, program: HostProgram, script: str) -> frames.Returned | frames.Threw:
    host = await start_host(sandbox, program)
    try:
        await host.load(load_frame(script, Language.PYTHON), Deadline.after(10), lambda _line: None)
        answer = await run_once(host, RUN, Deadline.after(10), lambda _line: None, nowhere)
    finally:
        host.kill(FailureReason.INTERRUPTED, "the test is over")
        await host.ended.wait()
    assert isinstance(answer, frames.Returned | frames.Threw), answer
    return answer


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, and so the user of a host; pytest's own folders are for their owner alone."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def test_a_link_in_a_folder_that_may_be_read_leads_nowhere_else(open_folder: Path) -> None:
    """Landlock judges where a path ends."""
    allowed, elsewhere = open_folder / "allowed", open_folder / "elsewhere.txt"
    allowed.mkdir()
    (allowed / "inside.txt").write_text("inside")
    elsewhere.write_text("elsewhere")
    (allowed / "link.txt").symlink_to(elsewhere)
    program = languages().program(Language.PYTHON)
    policy = program.policy
    policy = msgspec.structs.replace(policy, readable_folders=(*policy.readable_folders, str(allowed)))
    program = msgspec.structs.replace(program, policy=policy)
    async with open_sandbox(WHOLE.spawner()) as sandbox:  # the folder would not be in a new root
        inside = await run_in(sandbox, program, READS % str(allowed / "inside.txt"))
        outside = await run_in(sandbox, program, READS % str(allowed / "link.txt"))
    assert isinstance(inside, frames.Returned)
    assert isinstance(outside, frames.Threw)
    assert "PermissionError" in outside.text


@pytest.mark.parametrize(
    ("missing", "traced"),
    [
        pytest.param(("seccomp",), False, id="Landlock holds"),
        pytest.param(("seccomp", "Landlock"), True, id="nothing holds"),
    ],
)
async def test_without_the_filter_a_host_s_own_landlock_domain_still_keeps_it_from_tracing_another(
    missing: tuple[str, ...], traced: bool
) -> None:
    program = languages().program(Language.PYTHON)
    async with open_sandbox(Mutant(missing).spawner()) as sandbox:
        neighbour = await start_host(sandbox, program)
        try:
            answer = await run_in(sandbox, program, TRACES % neighbour.pid)
        finally:
            neighbour.kill(FailureReason.INTERRUPTED, "the test is over")
            await neighbour.ended.wait()
    assert isinstance(answer, frames.Returned)
    assert (json.loads(answer.value)["a"][0] == 0) is traced


@pytest.mark.parametrize("way", ["F_SETOWN", "F_SETOWN_EX", "FIOSETOWN", "SIOCSPGRP"])
@pytest.mark.parametrize(
    ("mutant", "signals"),
    [
        pytest.param(Mutant(("seccomp",), landlock_abi=5), True, id="Landlock of Linux 6.11 alone"),
        pytest.param(Mutant(("seccomp",)), False, id="today's Landlock alone"),
        pytest.param(Mutant(("Landlock",)), False, id="the filter alone"),
        *(pytest.param(Mutant(landlock_abi=abi), False, id=f"Landlock ABI {abi} and the filter") for abi in OLDER_ABIS),
    ],
)
async def test_a_descriptor_does_not_kill_another_host_of_the_same_user(
    mutant: Mutant, signals: bool, way: str
) -> None:
    """The kernel sends the signal when something arrives at a socket: a call that no filter sees."""
    program = languages().program(Language.PYTHON)
    async with open_sandbox(mutant.spawner()) as sandbox:
        neighbour = await start_host(sandbox, program)
        try:
            answer = await run_in(sandbox, program, SIGNALS % (way, neighbour.pid))
            assert isinstance(answer, frames.Returned)
            if signals:
                assert json.loads(answer.value)["a"] == 0
                await asyncio.wait_for(neighbour.ended.wait(), 10)
            else:
                await neighbour.load(load_frame(LIVES, Language.PYTHON), Deadline.after(10), lambda _line: None)
                lives = await run_once(neighbour, RUN, Deadline.after(10), lambda _line: None, nowhere)
                assert isinstance(lives, frames.Returned)
                assert "seccomp" in mutant.missing or json.loads(answer.value)["a"] == errno.EPERM
        finally:
            neighbour.kill(FailureReason.INTERRUPTED, "the test is over")
            await neighbour.ended.wait()


@pytest.mark.skipif(why_no_ordinary_user() is not None, reason=str(why_no_ordinary_user()))
@pytest.mark.parametrize(("does", "seen"), [("hides", False), ("shows", True)])
def test_a_runner_s_environment_is_out_of_its_own_user_s_reach_where_it_hides_even_without_landlock(
    does: str, seen: bool
) -> None:
    with ordinary_user() as user:
        command = [*user.python, str(SUPERVISOR), does]
        environment = {**os.environ, "SECRET_OF_THE_SUPERVISOR": "seen"}
        done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("SECRET_OF_THE_SUPERVISOR=seen" in done.stdout) is seen
    assert ("refused" in done.stdout) is not seen


@pytest.mark.skipif(why_no_ordinary_user() is not None, reason=str(why_no_ordinary_user()))
@pytest.mark.parametrize("service", ["rulemint_gateway", "rulemint_runner", "rulemint_runner.egress"])
def test_a_service_of_an_ordinary_user_is_hidden_from_that_user(legs: Legs, service: str) -> None:
    """What may be looked into belongs to its user, what may not belongs to root."""
    (process,) = [process for process in processes_of(legs[AS_ORDINARY_USER]) if service in process.command]
    assert Path(f"/proc/{process.pid}/environ").stat().st_uid == 0


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        pytest.param(NO_LANDLOCK, "Landlock: ABI", id="Landlock"),
        pytest.param(NO_SECCOMP, "seccomp: the kernel has no filters", id="seccomp"),
    ],
)
def test_a_runner_refuses_to_start_where_a_layer_is_missing(missing: Instructions, named: str) -> None:
    """It is started below a filter that answers as a kernel without the layer does."""
    done = subprocess.run(
        [sys.executable, "-c", LACKING.format(instructions=missing)],
        env={**os.environ, "RULEMINT_REDIS_URL": "redis://127.0.0.1:1/", "RULEMINT_RUNNER_KEY_FILE": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == NO_SANDBOX, done.stderr
    assert named in done.stderr


class WithoutProgram(Languages):
    """One language's program is not there."""

    def __init__(self, missing: Language) -> None:
        super().__init__()
        self._missing = missing

    def program(self, language: Language, *, memory_mb: int = DEFAULT_MEMORY_MB, package_bytes: int = 0) -> HostProgram:
        program = super().program(language, memory_mb=memory_mb, package_bytes=package_bytes)
        if language is not self._missing:
            return program
        argv = ("/nonexistent/program", *program.policy.argv[1:])
        return msgspec.structs.replace(program, policy=msgspec.structs.replace(program.policy, argv=argv))


@pytest.mark.parametrize("language", [Language.JAVASCRIPT, Language.PYTHON])
async def test_a_language_whose_program_does_not_start_is_named(sandbox: Sandbox, language: Language) -> None:
    with pytest.raises(SandboxMissingError, match=f"{language}.*its host does not start"):
        await SelfCheck(sandbox, WithoutProgram(language)).check()
