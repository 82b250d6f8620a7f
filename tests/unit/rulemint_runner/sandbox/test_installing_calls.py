"""The calls that only an installation may make: their numbers, and that no other policy has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rulemint_runner.sandbox.installing_calls import FILE_CHANGES, SERVING, numbers_in
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.seccomp import _calls_of_an_installation
from rulemint_runner.sandbox.syscall_numbers import NUMBERS

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_are_those_of_the_kernel_s_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"{HEADERS[machine]} is not installed")
    found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text(), re.MULTILINE)
    numbers = {name: int(number) for name, number in found}
    for name, ours in (FILE_CHANGES | SERVING).items():
        assert numbers_in({name: ours}, machine) == ((numbers[name],) if name in numbers else ()), name


def test_no_host_s_filter_can_have_one_of_them() -> None:
    assert not set(FILE_CHANGES | SERVING) & set(NUMBERS)
    assert _calls_of_an_installation(SandboxPolicy(argv=(), may_connect=True, may_start_threads=True)) == ()
