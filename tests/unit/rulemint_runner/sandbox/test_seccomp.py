from __future__ import annotations

import re
from pathlib import Path

import pytest

from rulemint_runner.sandbox.seccomp import assemble
from rulemint_runner.sandbox.syscall_numbers import AUDIT_ARCH, NUMBERS, numbers_of

MACHINES = sorted(AUDIT_ARCH)
RETURN = 0x06
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
def test_every_path_through_the_filter_ends_with_a_return(machine: str, may_start_threads: bool) -> None:
    program = assemble(may_start_threads=may_start_threads, pid=1, machine=machine)
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
    ["socket", "connect", "bind", "ptrace", "fork", "vfork", "execveat", "mount", "bpf", "unshare", "memfd_create"],
)
def test_the_dangerous_calls_are_not_in_the_table(call: str) -> None:
    assert call not in NUMBERS
