from __future__ import annotations

import re
from pathlib import Path

import pytest

from rulemint_runner.sandbox.seccomp import assemble
from rulemint_runner.sandbox.syscall_numbers import AUDIT_ARCH, NUMBERS, numbers_of

MACHINES = sorted(AUDIT_ARCH)
RETURN, JUMP_EQUAL = 0x06, 0x15
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
SPELLED_OTHERWISE = {"newfstatat": "fstatat"}


@pytest.mark.parametrize("machine", MACHINES)
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


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("may_start_threads", [True, False])
@pytest.mark.parametrize("may_connect", [True, False])
def test_every_path_through_the_filter_ends_with_a_return(
    machine: str, may_start_threads: bool, may_connect: bool
) -> None:
    program = assemble(may_start_threads=may_start_threads, may_connect=may_connect, pid=1, machine=machine)
    assert len(program) < 4_096
    for at, (code, if_true, if_false, _) in enumerate(program):
        assert 0 <= if_true < 256
        assert 0 <= if_false < 256
        if code == RETURN:
            continue
        assert at + 1 + max(if_true, if_false) < len(program)
    assert program[-1][0] == RETURN


@pytest.mark.parametrize(
    "call",
    ["accept", "accept4", "bind", "bpf", "execveat", "fork", "listen", "memfd_create", "mount", "ptrace", "unshare"],
)
def test_the_dangerous_calls_are_not_in_the_table(call: str) -> None:
    assert call not in NUMBERS


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("call", ["socket", "connect", "setsockopt", "sendmmsg"])
def test_only_a_policy_that_may_connect_has_the_calls_of_a_client(machine: str, call: str) -> None:
    (number,) = numbers_of((call,), machine)

    def compares_with_it(*, may_connect: bool) -> bool:
        program = assemble(may_start_threads=True, may_connect=may_connect, pid=1, machine=machine)
        return (JUMP_EQUAL, number) in {(code, constant) for code, _, if_false, constant in program if if_false > 0}

    assert compares_with_it(may_connect=True)
    if number > 300 or call == "setsockopt":  # smaller numbers are values of arguments as well
        assert not compares_with_it(may_connect=False)
