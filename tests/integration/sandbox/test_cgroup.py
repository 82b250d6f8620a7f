"""The group of all hosts, in a real hierarchy of version 2 where this machine has one.

Which controller stands behind a limit makes no difference to how a group is made, so any that is free will do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from fixtures.processes import until
from rulemint_runner.sandbox.cgroup import enter_group, group_limits

LIMITS = {"memory": ("memory.max", "1073741824"), "hugetlb": ("hugetlb.2MB.max", "0")}
ENTER = """
import sys
from pathlib import Path
from rulemint_runner.sandbox.cgroup import GroupLimits, enter_group
try:
    enter_group(GroupLimits(limits=(({file!r}, {value!r}),)), {runner}, Path({own!r}))
    print("entered", flush=True)
except OSError as error:
    print(error, flush=True)
sys.stdin.read()
"""


class Group:
    """A group of this test's own, as an orchestrator would give one to a runner, and a limit that it may set."""

    def __init__(self, folder: Path, controllers: list[str]) -> None:
        self.folder = folder
        self.controllers = controllers
        self.limit = LIMITS[controllers[0]]

    def need_the_real_controllers(self) -> None:
        """Skip the test where another hierarchy than that of version 2 has them."""
        if not {"memory", "pids"} <= set(self.controllers):
            pytest.skip("NOT TESTED HERE: the hierarchy of version 2 does not have the memory and pids controllers")

    def processes(self, name: str = ".") -> set[int]:
        return {int(pid) for pid in (self.folder / name / "cgroup.procs").read_text().split()}

    def inner(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if path.is_dir()}

    @contextmanager
    def process(self, program: str, place: str = ".") -> Iterator[subprocess.Popen[str]]:
        """A process that runs *program* in the group or one within, and does not begin before it is there."""
        go = "import sys; sys.stdin.readline()\n"
        with subprocess.Popen(
            [sys.executable, "-c", go + program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as started:
            assert started.stdin is not None
            (self.folder / place / "cgroup.procs").write_text(str(started.pid))
            started.stdin.write("go\n")
            started.stdin.flush()
            yield started
            started.kill()

    @contextmanager
    def spawner(self, runner: int, place: str = ".") -> Iterator[tuple[int, str]]:
        """The number of a process that has tried to enter the hosts' group, and what it says."""
        with self.attempt(ENTER, runner, place) as attempted:
            yield attempted

    @contextmanager
    def attempt(self, program: str, runner: int, place: str = ".") -> Iterator[tuple[int, str]]:
        """The number of a process that runs *program*, a spawner for *runner*, and its first line."""
        file, value = self.limit
        program = program.format(file=file, value=value, runner=runner, own=str(self.folder))
        with self.process(program, place) as started:
            assert started.stdout is not None
            yield started.pid, started.stdout.readline().strip()


WAIT = "sys.stdin.read()"
FILL = """
import os
from pathlib import Path
from rulemint_runner.sandbox.cgroup import enter_group, group_limits
from rulemint_runner.sandbox.oom import be_killed_first
enter_group(group_limits(memory_mib=128, processes=20), {runner}, Path({own!r}))

def host():
    be_killed_first(os.open("/proc", os.O_RDONLY))
    kept = bytearray(b"x") * (80 * 1024 * 1024)
    os.write(filled, b"x")
    os.read(over, 1)
    os._exit(0)

noticed, filled = os.pipe()
over, end = os.pipe()
hosts = [os.fork() or host()]
os.read(noticed, 1)
hosts.append(os.fork() or host())
first, status = os.wait()
os.write(end, b"x")
_, other = os.wait()
print(first in hosts, os.waitstatus_to_exitcode(status), os.waitstatus_to_exitcode(other), flush=True)
sys.stdin.read()
"""
FORK = """
import os
from pathlib import Path
from rulemint_runner.sandbox.cgroup import enter_group, group_limits
enter_group(group_limits(memory_mib=128, processes=4), {runner}, Path({own!r}))
children = 0
try:
    while children < 10:
        if os.fork() == 0:
            os.read(0, 1)
        children += 1
except BlockingIOError:
    print(children, flush=True)
sys.stdin.read()
"""


def mounted() -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if " - cgroup2 " in line and " / " in line:
            return Path(line.split()[4])
    return None


@pytest.fixture
def group() -> Iterator[Group]:
    root = mounted()
    if os.geteuid() != 0 or root is None or not os.access(root, os.W_OK):
        pytest.skip("NOT TESTED HERE: control groups, which needs root and a writable hierarchy of version 2")
    there = (root / "cgroup.controllers").read_text().split()
    free = [name for name in (*LIMITS, "pids") if name in there]
    if not set(free) & set(LIMITS):
        pytest.skip("NOT TESTED HERE: control groups; the hierarchy of version 2 has no controller")
    control = root / "cgroup.subtree_control"
    absent = [name for name in free if name not in control.read_text().split()]
    folder = root / f"rulemint-test-{os.getpid()}"
    with ExitStack() as stack:
        for name in absent:
            control.write_text(f"+{name}")
            stack.callback(control.write_text, f"-{name}")
        folder.mkdir()
        stack.callback(remove, folder)
        yield Group(folder, free)


def remove(folder: Path) -> None:
    for group in (*(path for path in folder.iterdir() if path.is_dir()), folder):
        for pid in (group / "cgroup.procs").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        until(lambda group=group: removed(group))  # type: ignore[misc]  # a bound default


def removed(group: Path) -> bool:
    with suppress(OSError):
        group.rmdir()
    return not group.exists()


def test_hosts_are_in_a_group_with_limits_and_their_runner_is_not(group: Group) -> None:
    with group.process(WAIT) as runner, group.spawner(runner.pid) as (spawner, said):
        assert said == "entered"
        hosts = f"rulemint-hosts-{runner.pid}"
        assert group.processes(hosts) == {spawner}
        assert group.processes("rulemint-runner") == {runner.pid}
        assert group.processes() == set()
        file, value = group.limit
        assert (group.folder / hosts / file).read_text().strip() == value


def test_a_group_that_others_are_in_as_well_is_left_as_it_was(group: Group) -> None:
    """Its other processes would have to move, and they are not ours to move."""
    with group.process(WAIT) as other, group.process(WAIT) as runner, group.spawner(runner.pid) as (spawner, said):
        assert "busy" in said
        assert group.processes() == {other.pid, runner.pid, spawner}
        assert group.inner() == set()


def test_the_group_of_a_runner_that_has_died_is_removed_by_the_next_one(group: Group) -> None:
    with group.process(WAIT) as runner, group.spawner(runner.pid):
        left = f"rulemint-hosts-{runner.pid}"
    assert left in group.inner()
    leaf = "rulemint-runner"
    with group.process(WAIT, leaf) as runner, group.spawner(runner.pid, leaf) as (_, said):
        assert said == "entered"
        assert group.inner() == {leaf, f"rulemint-hosts-{runner.pid}"}


def test_hosts_that_together_want_more_memory_than_their_group_has_cost_one_of_them(group: Group) -> None:
    """The kernel ends a host; the other one, the spawner and the runner go on."""
    group.need_the_real_controllers()
    with group.process(WAIT) as runner, group.attempt(FILL, runner.pid) as (spawner, said):
        assert said == f"True {-signal.SIGKILL} 0"
        hosts = f"rulemint-hosts-{runner.pid}"
        events = dict(line.split() for line in (group.folder / hosts / "memory.events").read_text().splitlines())
        assert events["oom_kill"] == "1"
        assert group.processes(hosts) == {spawner}
        assert group.processes("rulemint-runner") == {runner.pid}


def test_a_group_has_no_more_processes_than_it_may(group: Group) -> None:
    group.need_the_real_controllers()
    with group.process(WAIT) as runner, group.attempt(FORK, runner.pid) as (_, children):
        assert children == "3"


def test_a_group_without_the_controllers_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu io\n")
    with pytest.raises(OSError, match="has no controller for memory and pids"):
        enter_group(group_limits(memory_mib=512, processes=100), os.getpid(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cgroup.controllers"]


def test_limits_are_written_in_the_kernel_s_units() -> None:
    assert group_limits(memory_mib=512, processes=100).limits == (("memory.max", "536870912"), ("pids.max", "100"))
