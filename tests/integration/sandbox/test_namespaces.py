"""What hosts are set apart from, where the kernel lets the spawner do it, and that nothing depends on it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import deno
import pytest

from fixtures.hosts import LANGUAGES, a_spawner, loaded, program_of
from fixtures.processes import ROOT, family_of
from fixtures.refusals import refusing
from fixtures.waiting import all_gone
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.sandbox.preflight import layers_of
from rulemint_runner.sandbox.sandbox import Sandbox, SpawnerProcess, SpawnError, open_sandbox
from rulemint_runner.sandbox.spawner_messages import Setup
from rulemint_runner.self_check.attacks import attack
from rulemint_shared.contract.records import Language
from rulemint_shared.contract.sandbox_report import AttackOutcome, LayerState

OF_ROOT = {f"{name} namespace" for name in ("network", "ipc", "uts", "mount", "pid")}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has every namespace for the asking")
LANGUAGES_RUN = [Language.JAVASCRIPT, Language.PYTHON]

AS_A_USER = """
import asyncio, json
from pathlib import Path
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.self_check.attacks import attack
from rulemint_runner.sandbox.sandbox import SpawnerProcess, open_sandbox
from rulemint_runner.sandbox.spawner_messages import Setup
from rulemint_shared.contract.records import Language

async def main():
    languages = Languages()
    async with open_sandbox(SpawnerProcess(Setup(visible=languages.visible_files()))) as sandbox:
        tried = {each.what: each.refused for each in await sandbox.set_apart()}
        host = await start_host(sandbox, languages.program(Language.PYTHON))
        status = dict(line.split(":\\t", 1) for line in Path(f"/proc/{host.pid}/status").read_text().splitlines())
        spawner = Path(f"/proc/{status['PPid']}/status").read_text()
        attacks = {each.outcome for each in await attack(sandbox, languages)}
    print(json.dumps({"tried": tried, "host": status, "spawner": spawner, "attacks": list(attacks)}))

asyncio.run(main())
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Each test's own, since its processes are counted from one."""
    async with open_sandbox(a_spawner()) as opened:
        yield opened


@pytest.fixture
async def host(sandbox: Sandbox) -> Host:
    return await start_host(sandbox, program_of(Language.PYTHON))


@pytest.fixture
async def entered(sandbox: Sandbox) -> set[str]:
    return {each.what.value for each in await sandbox.set_apart() if each.refused is None}


@pytest.fixture
async def refused() -> AsyncIterator[Sandbox]:
    async with open_sandbox(a_spawner_refused("unshare")) as opened:
        yield opened


def a_spawner_refused(call: str) -> SpawnerProcess:
    program = refusing(call, "from rulemint_runner.sandbox.spawner import main\nmain()")
    return SpawnerProcess(Setup(visible=LANGUAGES.visible_files()), program=("-c", program))


async def mount_namespace_of(pid: int) -> Path:
    return await asyncio.to_thread(Path(f"/proc/{pid}/ns/mnt").readlink)


async def read(path: str) -> str:
    return await asyncio.to_thread(Path(path).read_text)


async def returned_by(sandbox: Sandbox, expression: str) -> Any:
    """What *expression* is in a Python rule."""
    script = f"import os\ndef rule(client, scope, audience, context):\n    return {{'value': {expression}}}"
    async with loaded(sandbox, script, Language.PYTHON) as rule:
        return json.loads(await rule.value())["value"]


@as_root
async def test_root_sets_hosts_apart_in_every_way(entered: set[str]) -> None:
    assert entered == OF_ROOT


@as_root
async def test_a_host_has_no_network_interface_that_is_up_and_no_route(host: Host) -> None:
    interfaces = [line.split(":")[0].strip() for line in (await read(f"/proc/{host.pid}/net/dev")).splitlines()[2:]]
    assert interfaces == ["lo"]
    assert (await read(f"/proc/{host.pid}/net/route")).splitlines()[1:] == []
    assert (await read(f"/proc/{host.pid}/net/fib_trie")) == ""  # an interface that is up would have an address here


@as_root
async def test_what_a_host_does_not_need_does_not_exist_for_it(sandbox: Sandbox) -> None:
    gone = ["/etc/passwd", "/etc", "/proc/1", "/sys", "/home", "/bin/sh", "/var/run/docker.sock"]
    exists = await returned_by(sandbox, f"[path for path in {gone!r} if os.path.lexists(path)]")
    assert exists == ["/etc"]  # for the loader's cache


@as_root
async def test_nothing_in_a_host_s_root_can_be_changed(host: Host) -> None:
    mounts = (await read(f"/proc/{host.pid}/mountinfo")).splitlines()
    options = [set(line.split()[5].split(",")) for line in mounts]
    assert len(options) > 10
    assert all({"ro", "nosuid"} <= each for each in options)
    assert set(await asyncio.to_thread(os.listdir, Path(f"/proc/{host.pid}", "root", "dev"))) == {"null", "urandom"}
    assert set(await asyncio.to_thread(os.listdir, Path(f"/proc/{host.pid}", "root", "proc"))) == {"self"}


@as_root
async def test_a_host_knows_its_own_number_only(sandbox: Sandbox, host: Host) -> None:
    own, parent = await returned_by(sandbox, "[os.getpid(), os.getppid()]")
    assert own < 20
    assert parent == 0
    (numbers,) = [line for line in (await read(f"/proc/{host.pid}/status")).splitlines() if line.startswith("NSpid")]
    assert numbers.split()[1] == str(host.pid)
    assert len(numbers.split()) == 3


@as_root
async def test_a_host_does_not_learn_the_machine_s_name(sandbox: Sandbox) -> None:
    assert await returned_by(sandbox, "os.uname().nodename") == "rule-host"


@pytest.mark.parametrize("victim", ["the spawner", "the first process of the hosts"])
async def test_a_process_that_hosts_depend_on_takes_them_along_when_it_is_killed(victim: str) -> None:
    async with open_sandbox(a_spawner()) as sandbox:
        hosts = [await start_host(sandbox, program_of(language)) for language in LANGUAGES_RUN]
        status = dict(line.split(":\t", 1) for line in (await read(f"/proc/{hosts[0].pid}/status")).splitlines())
        spawner = int(status["PPid"])
        family = await asyncio.to_thread(family_of, spawner)
        others = family - {spawner, *(host.pid for host in hosts)}
        if victim == "the spawner":
            os.kill(spawner, signal.SIGKILL)
        elif others:
            os.kill(others.pop(), signal.SIGKILL)
        else:
            pytest.skip("there is no pid namespace here")
        await asyncio.wait_for(sandbox.lost.wait(), 10)
        await all_gone(family)
        with pytest.raises(SpawnError):
            await sandbox.spawn(program_of(Language.PYTHON).policy, (0, 1, 2))


async def test_the_runner_s_signals_and_reports_are_about_the_right_host(sandbox: Sandbox) -> None:
    """Hosts have two numbers; the runner's is the one outside."""
    hosts = [await start_host(sandbox, program_of(language)) for language in LANGUAGES_RUN * 3]
    assert len({host.pid for host in hosts}) == 6
    os.kill(hosts[2].pid, signal.SIGSEGV)
    await asyncio.wait_for(hosts[2].ended.wait(), 10)
    assert [host.usable for host in hosts] == [True, True, False, True, True, True]


async def test_without_any_namespace_every_attack_fails_all_the_same(refused: Sandbox) -> None:
    tried = await refused.set_apart()
    assert tried
    assert {each.refused for each in tried} == {"Operation not permitted"}
    assert await outcomes(refused) == {AttackOutcome.FAILED}
    states = {layer.state for layer in layers_of(tried) if "namespace" in layer.name}
    assert states == {LayerState.UNAVAILABLE}


async def outcomes(sandbox: Sandbox) -> set[AttackOutcome]:
    return {each.outcome for each in await attack(sandbox, LANGUAGES)}


@as_root
async def test_a_root_of_its_own_that_cannot_be_made_leaves_no_half_of_it() -> None:
    async with open_sandbox(a_spawner_refused("mount")) as sandbox:
        tried = {each.what.value: each.refused for each in await sandbox.set_apart()}
        assert {name for name, refused in tried.items() if refused} == {"mount namespace"}
        assert await outcomes(sandbox) == {AttackOutcome.FAILED}
        host = await start_host(sandbox, program_of(Language.PYTHON))
        assert await asyncio.to_thread(os.listdir, f"/proc/{host.pid}/cwd") == []
        assert await mount_namespace_of(host.pid) == await mount_namespace_of(os.getpid())


@pytest.fixture
def python_of_a_user() -> Iterator[Path]:
    """An environment like this one that user 65534 can reach, made with the system's Python of the same version."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    system_python = Path("/usr/bin") / name
    if os.geteuid() != 0 or not system_python.exists():
        pytest.skip(f"NOT TESTED HERE: namespaces of an ordinary user, which needs root and {system_python}")
    folder = Path(tempfile.mkdtemp(prefix="rulemint-user-"))
    folder.chmod(0o755)
    subprocess.run([system_python, "-m", "venv", "--without-pip", folder], check=True)
    packages = folder / "lib" / name / "site-packages"
    site = Path(deno.__file__).parents[1]
    (packages / "rulemint.pth").write_text(f"{site}\n{ROOT / 'shared'}\n{ROOT / 'rule-runner'}\n")
    (folder / "bin" / "deno").symlink_to(deno.find_deno_bin())
    reading = as_nobody(folder, "import rulemint_runner.hosts.languages as l; l.Languages()")
    if subprocess.run(reading, capture_output=True, check=False).returncode != 0:
        shutil.rmtree(folder)
        pytest.skip("NOT TESTED HERE: namespaces of an ordinary user, who cannot read this checkout")
    yield folder
    shutil.rmtree(folder)


def as_nobody(environment: Path, program: str) -> list[str]:
    python = str(environment / "bin" / "python")
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python, "-c", program]


def test_an_ordinary_user_sets_hosts_apart_too_and_keeps_no_capability(python_of_a_user: Path) -> None:
    if subprocess.run(["setpriv", "--reuid=65534", "unshare", "--user", "true"], check=False).returncode != 0:
        pytest.skip("NOT TESTED HERE: this machine gives ordinary users no user namespace")
    done = subprocess.run(as_nobody(python_of_a_user, AS_A_USER), capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["tried"] == dict.fromkeys({"user namespace", *OF_ROOT})
    assert seen["host"]["Uid"].split() == ["65534"] * 4
    assert {seen["host"][name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000" in seen["spawner"]
    assert seen["attacks"] == ["failed"]
