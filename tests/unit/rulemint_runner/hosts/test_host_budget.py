from __future__ import annotations

import resource
from pathlib import Path

import pytest

from rulemint_runner.hosts.host_budget import HostBudget, host_budget
from rulemint_runner.hosts.machine import Machine, allow_open_files, this_machine
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.process.settings import SettingsError, read_settings

BIG = Machine(memory_mib=64 * 1024, open_files=1_000_000)


@pytest.mark.parametrize(
    ("memory_mib", "budget"),
    [
        (64, HostBudget(hosts=4, memory_mib=64, group_memory_mib=64)),
        (2_048, HostBudget(hosts=64, memory_mib=1_024, group_memory_mib=1_843)),
        (8_192, HostBudget(hosts=256, memory_mib=4_096, group_memory_mib=7_372)),
        (65_536, HostBudget(hosts=512, memory_mib=32_768, group_memory_mib=58_982)),
    ],
)
def test_hosts_have_half_of_the_memory_and_are_as_many_as_that_holds(memory_mib: int, budget: HostBudget) -> None:
    assert host_budget(Machine(memory_mib=memory_mib, open_files=1_000_000)) == budget


def test_the_number_follows_the_memory_that_was_set() -> None:
    budget = host_budget(BIG, memory_mib=320)
    assert budget == HostBudget(hosts=20, memory_mib=320, group_memory_mib=640)


def test_more_hosts_than_fit_may_be_set() -> None:
    assert host_budget(BIG, hosts=2_000).hosts == 2_000


def test_there_are_no_more_hosts_than_files_for_them() -> None:
    budget = host_budget(Machine(memory_mib=64 * 1024, open_files=1_024))
    assert (budget.hosts, budget.open_files) == (64, 1_024)


def test_this_machine_has_no_more_than_the_kernel_says() -> None:
    total_kib = int(Path("/proc/meminfo").read_text().split()[1])
    machine = this_machine()
    assert 0 < machine.memory_mib <= total_kib // 1024
    assert machine.open_files == resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def test_the_runner_may_open_what_its_hosts_need_and_never_less_than_before() -> None:
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, most))
        allow_open_files(600)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (600, most)
        allow_open_files(100)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (600, most)
        allow_open_files(most + 1)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


@pytest.mark.parametrize(
    ("value", "wanted"), [("0", "write a whole number that is at least "), ("many", "write a whole number, not a text")]
)
@pytest.mark.parametrize("name", ["RULEMINT_MAX_HOSTS", "RULEMINT_HOSTS_MEMORY_MB"])
def test_what_cannot_be_a_budget_is_refused_by_name(name: str, value: str, wanted: str) -> None:
    environment = {"RULEMINT_REDIS_URL": "unix:///nowhere", "RULEMINT_RUNNER_KEY_FILE": "key", name: value}
    with pytest.raises(SettingsError, match=f"{name}: {wanted}"):
        read_settings(RunnerSettings, environment)
