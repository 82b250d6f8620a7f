"""The filter's program, run on calls as the kernel would run it: for both machines, whichever this one is."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from rulemint_runner.sandbox.bpf import Instructions
from rulemint_runner.sandbox.seccomp import assemble
from rulemint_runner.sandbox.syscall_numbers import AUDIT_ARCH, NUMBERS, numbers_of

MACHINES = sorted(AUDIT_ARCH)
OWN, OTHER = 4_711, 4_712
LOAD, JUMP_EQUAL, JUMP_SET, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
UPPER_HALF = 0xFFFFFFFF << 32
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
SPELLED_OTHERWISE = {"newfstatat": "fstatat"}
ALLOWED, KILLED = "allowed", "killed"

every_machine = pytest.mark.parametrize("machine", MACHINES)
every_policy = pytest.mark.parametrize(
    "policy",
    [
        pytest.param({"may_start_threads": True, "may_connect": False}, id="JavaScript"),
        pytest.param({"may_start_threads": False, "may_connect": False}, id="Python"),
        pytest.param({"may_start_threads": True, "may_connect": True}, id="broker"),
    ],
)


class Filter:
    """One program, and what it answers."""

    def __init__(self, machine: str, *, may_start_threads: bool, may_connect: bool = False) -> None:
        self.machine = machine
        self.program = assemble(may_start_threads=may_start_threads, may_connect=may_connect, pid=OWN, machine=machine)

    def answer(self, name: str, *arguments: int) -> str | int:
        """Allowed, killed, or the number of the error; 0 is a call that is claimed to have been made."""
        (number,) = numbers_of((name,), self.machine)
        return self.answer_to(number, arguments)

    def answer_to(self, number: int, arguments: Iterable[int] = (), *, arch: int | None = None) -> str | int:
        seen = [number, AUDIT_ARCH[self.machine] if arch is None else arch, 0, 0]
        for argument in [*arguments, 0, 0, 0, 0, 0, 0][:6]:
            seen += [argument & 0xFFFFFFFF, argument >> 32 & 0xFFFFFFFF]
        return _meaning(_run(self.program, seen))


def _run(program: Instructions, seen: list[int]) -> int:
    at = accumulator = 0
    while True:
        code, if_true, if_false, constant = program[at]
        at += 1
        match code:
            case 0x20:
                accumulator = seen[constant // 4]
            case 0x54:
                accumulator &= constant
            case 0x06:
                return constant
            case _:
                holds = {
                    JUMP_EQUAL: accumulator == constant,
                    JUMP_SET: bool(accumulator & constant),
                    JUMP_AT_LEAST: accumulator >= constant,
                }[code]
                at += if_true if holds else if_false


def _meaning(answer: int) -> str | int:
    if answer == 0x7FFF0000:
        return ALLOWED
    return KILLED if answer == 0x80000000 else answer & 0xFFFF


@pytest.fixture(params=MACHINES)
def python(request: pytest.FixtureRequest) -> Filter:
    return Filter(request.param, may_start_threads=False)


@pytest.fixture(params=MACHINES)
def deno(request: pytest.FixtureRequest) -> Filter:
    return Filter(request.param, may_start_threads=True)


@pytest.fixture(params=MACHINES)
def broker(request: pytest.FixtureRequest) -> Filter:
    return Filter(request.param, may_start_threads=True, may_connect=True)


@every_machine
def test_the_numbers_are_those_of_the_kernel_s_headers(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    found = {
        name: int(number)
        for name, number in re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text(), re.MULTILINE)
    }
    for name in NUMBERS:
        ours = numbers_of((name,), machine)
        spelled = name if name in found else SPELLED_OTHERWISE.get(name, name)
        assert ours == ([found[spelled]] if spelled in found else []), name


@every_machine
@every_policy
def test_every_path_through_the_filter_ends_with_a_return(machine: str, policy: dict[str, bool]) -> None:
    program = Filter(machine, **policy).program
    assert len(program) < 4_096
    for at, (code, if_true, if_false, constant) in enumerate(program):
        assert 0 <= if_true < 256
        assert 0 <= if_false < 256
        assert 0 <= constant < 2**32
        if code == RETURN:
            continue
        assert at + 1 + max(if_true, if_false) < len(program)
    assert program[-1][0] == RETURN


@pytest.mark.parametrize(
    "call",
    """
    accept accept4 bind bpf execveat fanotify_init fork get_robust_list getpriority inotify_init1 ioprio_get ioprio_set
    kcmp keyctl landlock_restrict_self listen memfd_create migrate_pages mount move_pages mq_notify mq_open msgctl
    perf_event_open personality pidfd_getfd pidfd_open pidfd_send_signal process_madvise process_mrelease
    process_vm_readv process_vm_writev ptrace recvmmsg recvmsg rt_sigqueueinfo rt_tgsigqueueinfo sched_getattr
    sched_setaffinity sched_setattr sched_setparam sched_setscheduler seccomp semctl semget sendmsg setns setpgid
    setpriority setrlimit setsid shmat shmctl shmget signalfd4 splice timer_create tkill unshare userfaultfd vfork
    vmsplice wait4 waitid
    """.split(),  # noqa: SIM905  # reads better than sixty quoted words
)
def test_the_dangerous_calls_are_not_in_the_table(call: str) -> None:
    assert call not in NUMBERS


@every_machine
@every_policy
def test_what_is_not_in_the_table_is_refused(machine: str, policy: dict[str, bool]) -> None:
    known = set(numbers_of(tuple(NUMBERS), machine))
    filtered = Filter(machine, **policy)
    answers = {filtered.answer_to(number) for number in range(600) if number not in known}
    assert answers == {errno.EPERM}


@every_machine
def test_another_machine_s_calls_end_the_process(machine: str) -> None:
    filtered = Filter(machine, may_start_threads=False)
    assert filtered.answer_to(39, arch=0x40000003) == KILLED  # of 32 bits
    if machine == "x86_64":
        assert filtered.answer_to(39 | 0x40000000) == KILLED  # x32


@every_machine
@pytest.mark.parametrize("call", ["socket", "connect", "setsockopt", "sendmmsg"])
def test_only_a_policy_that_may_connect_has_the_calls_of_a_client(machine: str, call: str) -> None:
    arguments = {"socket": (2, 1, 6), "setsockopt": (3, 1, 9)}.get(call, (3, 1, 1))
    assert Filter(machine, may_start_threads=True, may_connect=True).answer(call, *arguments) == ALLOWED
    assert Filter(machine, may_start_threads=True).answer(call, *arguments) == errno.EPERM


@pytest.mark.parametrize("command", [0, 1, 2, 3, 4, 1030])
def test_fcntl_copies_descriptors_and_sets_their_flags(python: Filter, command: int) -> None:
    assert python.answer("fcntl", 3, command, 0) == ALLOWED
    assert python.answer("fcntl", 3, command | UPPER_HALF, 0x800) == ALLOWED  # the kernel looks at 32 bits as well


FCNTL = {
    "F_GETLK": 5, "F_SETLK": 6, "F_SETLKW": 7, "F_SETOWN": 8, "F_GETOWN": 9, "F_SETSIG": 10, "F_GETSIG": 11,
    "F_SETOWN_EX": 15, "F_GETOWN_EX": 16, "F_GETOWNER_UIDS": 17, "F_OFD_GETLK": 36, "F_OFD_SETLK": 37,
    "F_SETLEASE": 1024, "F_GETLEASE": 1025, "F_NOTIFY": 1026, "F_DUPFD_QUERY": 1027, "F_CREATED_QUERY": 1028,
    "F_CANCELLK": 1029, "F_SETPIPE_SZ": 1031, "F_GETPIPE_SZ": 1032, "F_ADD_SEALS": 1033, "F_GET_SEALS": 1034,
    "F_GET_RW_HINT": 1035, "F_SET_RW_HINT": 1036, "F_SET_FILE_RW_HINT": 1038, "F_SETDELEG": 1040, "unknown": 4_000,
}  # fmt: skip


@every_machine
@every_policy
@pytest.mark.parametrize("command", FCNTL)
def test_fcntl_does_nothing_else(machine: str, policy: dict[str, bool], command: str) -> None:
    filtered = Filter(machine, **policy)
    for value in (FCNTL[command], FCNTL[command] | UPPER_HALF):
        assert filtered.answer("fcntl", 3, value, OTHER) == errno.EPERM


@every_machine
@every_policy
def test_no_descriptor_sends_signals(machine: str, policy: dict[str, bool]) -> None:
    """O_ASYNC."""
    filtered = Filter(machine, **policy)
    assert filtered.answer("fcntl", 3, 4, 0x2000) == errno.EPERM
    assert filtered.answer("fcntl", 3, 4 | UPPER_HALF, 0x2800 | UPPER_HALF) == errno.EPERM
    assert filtered.answer("fcntl", 3, 1030, 0x2000) == ALLOWED  # there it is the lowest number for the copy


IOCTL = {
    "FIOSETOWN": 0x8901, "SIOCSPGRP": 0x8902, "FIOGETOWN": 0x8903, "SIOCGPGRP": 0x8904, "FIOASYNC": 0x5452,
    "TIOCSTI": 0x5412, "TIOCLINUX": 0x541C, "TIOCSCTTY": 0x540E, "TIOCGPGRP": 0x540F, "TIOCSPGRP": 0x5410,
    "TIOCGSID": 0x5429, "TIOCSIG": 0x40045436, "TIOCSETD": 0x5423, "TIOCNOTTY": 0x5422, "TCSETS": 0x5402,
    "TIOCSWINSZ": 0x5414, "SIOCGIFCONF": 0x8912, "PIDFD_GET_INFO": 0xC040FF0B, "NS_GET_PARENT": 0xB702,
    "RNDADDENTROPY": 0x40085203, "RNDGETENTCNT": 0x80045200, "FIONREAD's neighbour": 0x541A, "0": 0,
}  # fmt: skip


@every_machine
@every_policy
@pytest.mark.parametrize("command", IOCTL)
def test_ioctl_does_little(machine: str, policy: dict[str, bool], command: str) -> None:
    filtered = Filter(machine, **policy)
    for value in (IOCTL[command], IOCTL[command] | UPPER_HALF):
        assert filtered.answer("ioctl", 3, value, 0) == errno.EPERM
    assert filtered.answer("ioctl", 3, 0x5421) == ALLOWED  # FIONBIO
    assert filtered.answer("ioctl", 3, 0x5401 | UPPER_HALF) == ALLOWED  # TCGETS


READ, WRITE, EXECUTE = 1, 2, 4
SHARED, PRIVATE, SHARED_CHECKED, ANONYMOUS = 1, 2, 3, 0x20


@every_machine
@every_policy
@pytest.mark.parametrize("flags", [PRIVATE, SHARED, SHARED_CHECKED, PRIVATE | ANONYMOUS, SHARED | ANONYMOUS, 0x10002])
@pytest.mark.parametrize("protection", [WRITE | EXECUTE, READ | WRITE | EXECUTE])
def test_no_memory_is_mapped_to_be_written_and_executed(
    machine: str, policy: dict[str, bool], flags: int, protection: int
) -> None:
    filtered = Filter(machine, **policy)
    assert filtered.answer("mmap", 0, 4096, protection, flags, 3, 0) == errno.EPERM
    assert filtered.answer("mmap", 0, 4096, protection | UPPER_HALF, flags | UPPER_HALF, 3, 0) == errno.EPERM


def test_code_is_mapped_from_files_only(python: Filter) -> None:
    assert python.answer("mmap", 0, 4096, READ | EXECUTE, PRIVATE, 3, 0) == ALLOWED
    assert python.answer("mmap", 0, 4096, READ | EXECUTE, PRIVATE | ANONYMOUS, -1, 0) == errno.EPERM
    assert python.answer("mmap", 0, 4096, READ | WRITE, PRIVATE, 3, 0) == ALLOWED
    assert python.answer("mmap", 0, 4096, READ | WRITE, PRIVATE | ANONYMOUS, -1, 0) == ALLOWED
    assert python.answer("mmap", 0, 4096, READ | WRITE, SHARED | ANONYMOUS, -1, 0) == errno.ENOMEM
    for call in ("mprotect", "pkey_mprotect"):
        assert python.answer(call, 0, 4096, READ | EXECUTE) == errno.EPERM
        assert python.answer(call, 0, 4096, EXECUTE) == errno.EPERM
        assert python.answer(call, 0, 4096, READ | WRITE) == ALLOWED


ABOUT_A_PROCESS = {
    "getpgid": (OTHER,), "getsid": (OTHER,), "prlimit64": (OTHER, 7, 0, 0x1000), "sched_getscheduler": (OTHER,),
    "sched_getparam": (OTHER, 0x1000), "sched_getaffinity": (OTHER, 8, 0x1000), "kill": (OTHER, 0),
    "tgkill": (OTHER, OTHER, 0),
}  # fmt: skip


@every_machine
@every_policy
@pytest.mark.parametrize("call", ABOUT_A_PROCESS)
def test_no_other_process_is_named(machine: str, policy: dict[str, bool], call: str) -> None:
    filtered = Filter(machine, **policy)
    _, *others = ABOUT_A_PROCESS[call]
    answers = {filtered.answer(call, pid, *others) for pid in (OTHER, 1, -1, OTHER | UPPER_HALF, -OWN)}
    assert ALLOWED not in answers
    assert len(answers) == 1  # and nothing is told by what the answer is


def test_one_may_ask_about_oneself(deno: Filter, python: Filter) -> None:
    for filtered in (deno, python):
        for call in set(ABOUT_A_PROCESS) - {"kill", "tgkill"}:
            arguments = (7, 0, 0x1000) if call == "prlimit64" else (8, 0x1000)
            assert filtered.answer(call, OWN, *arguments) == ALLOWED
            assert filtered.answer(call, 0, *arguments) == ALLOWED
    assert python.answer("kill", OWN, 0) == errno.EPERM
    assert deno.answer("kill", OWN, 0) == deno.answer("tgkill", OWN, 9, 6) == ALLOWED
    assert deno.answer("kill", 0, 0) == errno.EPERM  # the whole group


def test_no_limit_is_changed(python: Filter) -> None:
    assert python.answer("prlimit64", 0, 7, 0x1000, 0) == errno.EPERM
    assert python.answer("prlimit64", 0, 7, 0x1000 << 32, 0) == errno.EPERM


@pytest.mark.parametrize("call", ["clock_gettime", "clock_getres", "clock_nanosleep"])
def test_no_clock_is_another_process_s(python: Filter, call: str) -> None:
    for clock in (*range(12), 1 | UPPER_HALF):
        assert python.answer(call, clock) == ALLOWED
    for kind in range(8):  # profiled, of user time, scheduled; of a process or thread; of a descriptor
        for pid in (OTHER, OWN, 0):
            assert python.answer(call, (~pid << 3) | kind) == errno.EINVAL


def test_a_lock_hands_no_priority_to_a_thread_that_its_word_names(python: Filter) -> None:
    for flags in (0, 0x80, 0x100, 0x180):
        for operation in (0, 1, 3, 4, 5, 9, 10):
            assert python.answer("futex", 0x1000, operation | flags) == ALLOWED
        for operation in (2, 6, 7, 8, 11, 12, 13, 14, 63):
            assert python.answer("futex", 0x1000, operation | flags) == errno.ENOSYS


def test_a_thread_shares_everything_and_nothing_else_is_started(deno: Filter, python: Filter) -> None:
    as_the_c_library_does, a_fork = 0x3D0F00, 0x1200011
    assert deno.answer("clone", as_the_c_library_does) == ALLOWED
    assert python.answer("clone", as_the_c_library_does) == errno.EAGAIN
    assert deno.answer("clone", a_fork) == errno.EAGAIN
    assert deno.answer("clone", 0x4111) == errno.EAGAIN  # as vfork
    for new in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80000000):
        assert deno.answer("clone", as_the_c_library_does | new) == errno.EPERM
    assert deno.answer("clone", as_the_c_library_does | 0x8000) == errno.EPERM  # CLONE_PARENT
    assert deno.answer("clone", as_the_c_library_does | 0x1000) == errno.EPERM  # CLONE_PIDFD


def test_a_socket_does_not_say_who_is_at_its_other_end(deno: Filter, broker: Filter) -> None:
    for filtered in (deno, broker):
        for name in (17, 31, 59, 77):  # credentials, security, groups, a descriptor of the process
            assert filtered.answer("getsockopt", 0, 1, name) == errno.EPERM
        assert filtered.answer("getsockopt", 0, 1, 4) == ALLOWED
        assert filtered.answer("getsockopt", 0, 0, 4) == errno.EPERM


def test_nothing_is_sent_out_of_band_or_to_an_address(deno: Filter, broker: Filter) -> None:
    for filtered in (deno, broker):
        assert filtered.answer("sendto", 1, 0x1000, 4, 0x4000, 0, 0) == ALLOWED
        assert filtered.answer("sendto", 1, 0x1000, 4, 0x4001, 0, 0) == errno.EPERM
        assert filtered.answer("sendto", 1, 0x1000, 4, 0, 0x1000, 16) == errno.EPERM
        assert filtered.answer("sendto", 1, 0x1000, 4, 0, 0x1000 << 32, 16) == errno.EPERM
        assert filtered.answer("recvfrom", 1, 0x1000, 4, 1) == errno.EPERM
        assert filtered.answer("recvfrom", 1, 0x1000, 4, 2) == ALLOWED
    assert broker.answer("sendmmsg", 1, 0x1000, 2, 1) == errno.EPERM


@pytest.mark.parametrize(
    ("call", "allowed", "refused", "error"),
    [
        ("prctl", (15, 16, 39), (1, 4, 8, 22, 26, 28, 35, 47, 53, 62, 0x59616D61), errno.EPERM),
        ("membarrier", (0, 8, 16), (1, 2, 4, 128), errno.EINVAL),
    ],
)
def test_of_other_calls_with_commands_there_is_a_list_too(
    python: Filter, call: str, allowed: tuple[int, ...], refused: tuple[int, ...], error: int
) -> None:
    assert {python.answer(call, command) for command in allowed} == {ALLOWED}
    assert {python.answer(call, command) for command in refused} == {error}


def test_pages_are_not_merged_with_those_of_others_and_a_pipe_is_a_pipe(python: Filter) -> None:
    assert python.answer("madvise", 0x1000, 4096, 4) == ALLOWED
    assert {python.answer("madvise", 0x1000, 4096, advice) for advice in (9, 12, 13, 100, 101)} == {errno.EINVAL}
    assert python.answer("pipe2", 0x1000, 0x80800) == ALLOWED
    assert python.answer("pipe2", 0x1000, 0x80880) == errno.EPERM


@pytest.mark.parametrize("call", ["io_uring_setup", "io_uring_enter", "clone3", "openat2"])
def test_what_would_go_around_the_filter_is_as_if_it_were_not_there(python: Filter, call: str) -> None:
    assert python.answer(call) == errno.ENOSYS
