from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import pytest

from fixtures.processes import family_of
from fixtures.waiting import all_gone, eventually
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.program_files import libraries_of, loader_of, with_targets
from rulemint_runner.sandbox.sandbox import (
    Sandbox,
    SandboxedProcess,
    SpawnerProcess,
    SpawnError,
    describe_exit,
    open_sandbox,
)
from rulemint_runner.sandbox.spawner import empty_folder


def policy_for(*argv: str) -> SandboxPolicy:
    """The program of *argv*, and the files that it cannot start without."""
    program = Path(argv[0])
    loader = loader_of(program)
    assert loader is not None
    return SandboxPolicy(
        argv=argv,
        executable_files=with_targets([program, loader]),
        readable_files=(*with_targets(libraries_of(program)), "/etc/ld.so.cache"),
    )


SLEEP = policy_for("/bin/sleep", "1000")
MIB = 1024 * 1024

RUNNER = """
import asyncio, os
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.sandbox.sandbox import SpawnerProcess, open_sandbox
from rulemint_runner.sandbox.spawner_messages import Setup
from rulemint_shared.contract.records import Language

async def main():
    languages = Languages()
    async with open_sandbox(SpawnerProcess(Setup(visible=languages.visible_files()))) as sandbox:
        for language in (Language.JAVASCRIPT, Language.PYTHON):
            await start_host(sandbox, languages.program(language))
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def shell(script: str) -> SandboxPolicy:
    return policy_for("/bin/sh", "-c", script)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Its processes are programs of this machine, so every file of it exists for them."""
    async with open_sandbox(SpawnerProcess()) as opened:
        yield opened


class Programs:
    """Starts programs whose output can be read."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._null = os.open(os.devnull, os.O_RDWR)
        self._open: dict[SandboxedProcess, int] = {}

    async def start(self, policy: SandboxPolicy) -> SandboxedProcess:
        """The process, once it has become the program of *policy*."""
        process = await self._spawn(policy)
        argv = "".join(f"{argument}\0" for argument in policy.argv)
        await eventually(lambda: about(process, "cmdline"), lambda seen: seen == argv)
        return process

    async def run(self, policy: SandboxPolicy) -> tuple[str, str]:
        """How it ended, and what it wrote on descriptor 2."""
        process = await self._spawn(policy)
        status = await asyncio.wait_for(process.exited, 10)
        return describe_exit(status), os.read(self._open[process], 65_536).decode()

    async def _spawn(self, policy: SandboxPolicy) -> SandboxedProcess:
        readable, writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            process = await self._sandbox.spawn(policy, (self._null, self._null, writable))
        except SpawnError:
            os.close(readable)
            raise
        finally:
            os.close(writable)
        self._open[process] = readable
        return process

    def close(self) -> None:
        os.close(self._null)
        for process, readable in self._open.items():
            process.send_signal(signal.SIGKILL)
            process.close()
            os.close(readable)


@pytest.fixture
async def programs(sandbox: Sandbox) -> AsyncIterator[Programs]:
    opened = Programs(sandbox)
    yield opened
    opened.close()


@pytest.fixture
def open_descriptors() -> Iterator[None]:
    """What a runner might have open, and inheritable at that; one has the highest number there may be."""
    highest = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 2**20) - 1
    descriptors = [os.open("/etc/passwd", os.O_RDONLY)]
    # The first free numbers from there on: in place of one that the event loop watches they would end this process.
    descriptors += [fcntl.fcntl(descriptors[0], fcntl.F_DUPFD, number) for number in (70, 700, highest)]
    yield
    for descriptor in descriptors:
        os.close(descriptor)


async def about(process: SandboxedProcess, file: str) -> str:
    return await asyncio.to_thread(Path(f"/proc/{process.pid}/{file}").read_text)


async def status_of(process: SandboxedProcess) -> dict[str, str]:
    lines = (await about(process, "status")).splitlines()
    return dict(line.split(":\t", maxsplit=1) for line in lines)


async def limits_of(process: SandboxedProcess) -> dict[str, tuple[str, str]]:
    """Soft and hard limit by name, as proc(5) spells them."""
    lines = (await about(process, "limits")).splitlines()[1:]
    return {line[:26].strip(): (line[26:47].strip(), line[47:68].strip()) for line in lines}


async def spawner_of(process: SandboxedProcess) -> int:
    return int((await status_of(process))["PPid"])


async def test_a_process_has_an_empty_environment(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULEMINT_SESAME", "sesame")
    process = await programs.start(SLEEP)
    assert await about(process, "environ") == ""


async def test_a_process_has_the_environment_that_its_policy_names(programs: Programs) -> None:
    process = await programs.start(msgspec.structs.replace(SLEEP, environment=(("NAME", "value"),)))
    assert await about(process, "environ") == "NAME=value\0"


@pytest.mark.usefixtures("open_descriptors")
async def test_a_process_has_no_descriptor_beyond_0_1_and_2(request: pytest.FixtureRequest) -> None:
    async with open_sandbox(SpawnerProcess()) as sandbox:
        programs = Programs(sandbox)
        request.addfinalizer(programs.close)
        for process in (await programs.start(SLEEP), await programs.start(SLEEP)):
            # The program's loader opens and closes libraries as it starts. What is handed down stays.
            await eventually(partial(descriptors_of, process.pid), lambda seen: seen == {"0", "1", "2"})


async def descriptors_of(pid: int) -> set[str]:
    """The names of those that the process has open."""
    return {descriptor.name for descriptor in Path(f"/proc/{pid}/fd").iterdir()}


async def test_a_process_is_in_an_empty_folder_that_it_cannot_change(programs: Programs) -> None:
    process = await programs.start(SLEEP)
    folder = Path(f"/proc/{process.pid}/cwd")
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o555
    assert (await status_of(process))["Umask"] == "0777"


async def test_the_kernel_kills_a_process_before_the_runner_when_memory_runs_out(programs: Programs) -> None:
    own = int(Path("/proc/self/oom_score_adj").read_text())
    process = await programs.start(SLEEP)
    assert int(await about(process, "oom_score_adj")) == min(own + 500, 1_000)
    assert int(await asyncio.to_thread(Path(f"/proc/{await spawner_of(process)}/oom_score_adj").read_text)) == own


async def test_a_process_leads_its_own_group_in_a_session_that_has_no_terminal(programs: Programs) -> None:
    process = await programs.start(SLEEP)
    assert os.getpgid(process.pid) == process.pid
    assert os.getsid(process.pid) != os.getsid(0)
    terminal = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[4]
    assert terminal == "0"


async def test_a_process_can_never_get_new_privileges(programs: Programs) -> None:
    assert (await status_of(await programs.start(SLEEP)))["NoNewPrivs"] == "1"


async def test_a_process_has_the_limits_of_its_policy_soft_and_hard(programs: Programs) -> None:
    policy = msgspec.structs.replace(
        SLEEP,
        max_open_files=17,
        max_data_bytes=100 * MIB,
        max_address_space_bytes=200 * MIB,
        max_stack_bytes=4 * MIB,
        max_file_bytes=4_096,
    )
    limits = await limits_of(await programs.start(policy))
    expected = {
        "Max open files": 17,
        "Max data size": 100 * MIB,
        "Max address space": 200 * MIB,
        "Max stack size": 4 * MIB,
        "Max file size": 4_096,
        "Max core file size": 0,
        "Max locked memory": 0,
        "Max msgqueue size": 0,
    }
    assert {name: limits[name] for name in expected} == {
        name: (str(value), str(value)) for name, value in expected.items()
    }


async def test_a_limit_that_a_policy_leaves_open_is_the_runner_s(programs: Programs) -> None:
    limits = await limits_of(await programs.start(SLEEP))
    own = resource.getrlimit(resource.RLIMIT_DATA)[0]
    assert limits["Max data size"][0] == ("unlimited" if own == resource.RLIM_INFINITY else str(own))
    assert limits["Max file size"] == ("0", "0")


async def test_a_signal_after_the_end_meets_nobody_else(programs: Programs) -> None:
    """The number of a descriptor that was closed is soon another's."""
    first = await programs.start(SLEEP)
    first.send_signal(signal.SIGKILL)
    await first.exited
    first.close()
    others = [await programs.start(SLEEP) for _ in range(3)]
    first.send_signal(signal.SIGKILL)
    first.close()
    await asyncio.sleep(0.05)
    assert not any(other.exited.done() for other in others)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT], ids=lambda number: number.name)
async def test_a_process_that_a_signal_ends_is_reaped_and_the_signal_named(
    programs: Programs, number: signal.Signals
) -> None:
    process = await programs.start(SLEEP)
    process.send_signal(number)
    assert describe_exit(await asyncio.wait_for(process.exited, 10)) == f"signal {number.name}"
    assert not Path(f"/proc/{process.pid}").exists()
    process.send_signal(number)  # harmless, whoever has its number now


@pytest.mark.parametrize("code", [0, 3, 255])
async def test_an_exit_code_is_reported(programs: Programs, code: int) -> None:
    assert await programs.run(shell(f"exit {code}")) == (f"exit code {code}", "")


async def test_fifty_processes_that_end_at_once_are_each_reported(programs: Programs) -> None:
    endings = await asyncio.gather(*(programs.run(shell(f"exit {code}")) for code in range(50)))
    assert sorted(ending for ending, _text in endings) == sorted(f"exit code {code}" for code in range(50))


async def test_a_program_that_does_not_exist_is_exit_code_126_and_the_reason_on_descriptor_2(
    programs: Programs,
) -> None:
    how, text = await programs.run(SandboxPolicy(argv=("/no/such/program",)))
    assert how == "exit code 126"
    assert text.startswith("cannot launch /no/such/program: ")
    assert "No such file" in text


async def test_closing_the_sandbox_leaves_no_process() -> None:
    async with open_sandbox(SpawnerProcess()) as sandbox:
        programs = Programs(sandbox)
        processes = [await programs.start(SLEEP) for _ in range(5)]
        family = {await spawner_of(processes[0]), *(process.pid for process in processes)}
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    programs.close()


async def test_a_spawner_that_is_killed_takes_its_processes_along_and_the_sandbox_is_lost(
    sandbox: Sandbox, programs: Programs
) -> None:
    processes = [await programs.start(SLEEP) for _ in range(3)]
    os.kill(await spawner_of(processes[0]), signal.SIGKILL)
    await asyncio.wait_for(sandbox.lost.wait(), 10)
    await all_gone({process.pid for process in processes})
    endings = [await asyncio.wait_for(process.exited, 10) for process in processes]
    assert [describe_exit(status) for status in endings] == ["the end of its spawner"] * 3
    with pytest.raises(SpawnError):
        await programs.start(SLEEP)


async def test_signals_that_stop_a_service_end_neither_the_spawner_nor_its_processes(programs: Programs) -> None:
    """They may reach the whole group while the runner drains."""
    process = await programs.start(SLEEP)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(await spawner_of(process), number)
        process.send_signal(number)
    assert await programs.run(shell("exit 7")) == ("exit code 7", "")
    assert not process.exited.done()


async def test_a_runner_that_is_killed_leaves_no_process() -> None:
    runner = await asyncio.create_subprocess_exec(sys.executable, "-c", RUNNER, stdout=asyncio.subprocess.PIPE)
    try:
        assert runner.stdout is not None
        assert await asyncio.wait_for(runner.stdout.readline(), 20) == b"ready\n"
        family = await asyncio.to_thread(family_of, runner.pid)
        assert len(family) >= len({"the runner", "its spawner", "a JavaScript host", "a Python host"})
    finally:
        with suppress(ProcessLookupError):
            runner.kill()
        await runner.communicate()
    await all_gone(family)


def test_the_empty_folder_is_one_and_the_same_for_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert empty_folder() == empty_folder()
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o555]


@pytest.mark.parametrize("what", ["a file in it", "a link", "another mode", "a file"])
def test_what_somebody_put_at_the_empty_folder_s_place_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = Path(empty_folder())
    place.chmod(0o755)
    if what == "a file in it":
        (place / "trap").touch()
        place.chmod(0o555)
    elif what != "another mode":
        place.rmdir()
        place.symlink_to("/etc") if what == "a link" else place.touch()
    used = Path(empty_folder())
    assert used != place
    assert list(used.iterdir()) == []
    assert used.stat().st_mode & 0o777 == 0o555
