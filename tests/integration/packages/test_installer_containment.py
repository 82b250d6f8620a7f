"""What an installer can reach if a package has taken it over: a program in its place tries."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from bench.free_ports import free_port

from fixtures.ordinary_user import ordinary_user, why_no_ordinary_user
from fixtures.packages import running_in
from fixtures.processes import until
from fixtures.registry import Registry
from rulemint_runner.packages.install_folders import InstallFolders
from rulemint_runner.sandbox.landlock import landlock_abi

TRIES = """
import ctypes, json, os, signal, socket, subprocess, sys
given = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
def open_unix():
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(given["unix"])
def open_abstract():
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("\\0" + given["abstract"])
def open_tcp():
    socket.create_connection(("127.0.0.1", given["port"]), timeout=2).close()
def listen():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
attempts = {
    "a unix socket": open_unix,
    "an abstract socket": open_abstract,
    "another TCP port": open_tcp,
    "UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
    "a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "a port of its own": listen,
    "a file of the runner": lambda: open(given["secret"]).close(),
    "the password file": lambda: open("/etc/passwd").close(),
    "a file elsewhere": lambda: open(given["elsewhere"], "w").close(),
    "the keeper's environment": lambda: open(f"/proc/{os.getppid()}/environ").close(),
    "the keeper's memory": lambda: open(f"/proc/{os.getppid()}/mem", "rb").close(),
    "a signal to the keeper": lambda: os.kill(os.getppid(), 0),
    "a signal to the runner": lambda: os.kill(given["pid"], 0),
    "a process": lambda: os.waitpid(os.fork() or os._exit(0), 0),
    "a shell": lambda: subprocess.run(["/bin/sh", "-c", "true"]),
    "a program in its place": lambda: os.execv("/bin/sh", ["sh", "-c", "true"]),
    "tracing": lambda: call("ptrace", 16, os.getppid(), 0, 0),
    "a namespace": lambda: call("unshare", 0x10000000),
    "a mount": lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "another user": lambda: os.setuid(0) if os.getuid() else os.setuid(1),
    "a larger file": lambda: open("big", "wb").truncate(given["too_large"]),
}
for name in given["untried"]:
    del attempts[name]
could = []
for name, attempt in attempts.items():
    try:
        attempt()
        could.append(name)
    except OSError:
        pass
open("own", "w").write("it may")
socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=5).close()
print(json.dumps(could))
"""
KEEPER = """
import asyncio, json, sys
from functools import partial
from pathlib import Path
from rulemint_runner.packages.installing import containment, installer
from rulemint_runner.packages.messages import InstallTerms
from rulemint_runner.sandbox import landlock
folder, given, tries, abi, has_network = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
if abi:
    landlock.landlock_abi = lambda: abi
if has_network != "own":
    installer.leave_network = lambda: False
def command(gate):
    port = gate.split(":")[2].split("/")[0]
    return installer.Command(argv=(sys.executable, "-I", "-c", tries, given, port), environment={})
containment.load_what_loads_itself_late()
containment.give_away(folder)
started = installer.start_installer(folder, InstallTerms(folder_mib=16), "/secret/", command)
code, output = asyncio.run(started.ended())
sys.stdout.write(output)
sys.exit(code)
"""


@dataclass(frozen=True)
class Around:
    """What is around an installer that it must not reach."""

    folder: Path
    given: dict[str, object]


@pytest.fixture
def around() -> Iterator[Around]:
    with tempfile.TemporaryDirectory(prefix="rulemint-around-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "secret").write_text("a key")
        own = folder / "own"
        own.mkdir()
        own.chmod(0o777)
        abstract = f"rulemint-test-{os.getpid()}"
        with (
            socket.socket(socket.AF_UNIX) as by_path,
            socket.socket(socket.AF_UNIX) as by_name,
            socket.create_server(("127.0.0.1", free_port())) as by_port,
        ):
            by_path.bind(str(folder / "valkey.sock"))
            (folder / "valkey.sock").chmod(0o777)
            by_name.bind(f"\0{abstract}")
            by_path.listen()
            by_name.listen()
            yield Around(
                own,
                {
                    "unix": str(folder / "valkey.sock"),
                    "abstract": abstract,
                    "port": by_port.getsockname()[1],
                    "secret": str(folder / "secret"),
                    "elsewhere": str(folder / "made"),
                    "pid": os.getpid(),
                    "too_large": 17 * 1024**2,
                },
            )


ABIS = [pytest.param(abi, id=f"ABI {abi}" if abi else "this kernel") for abi in (3, 4, 5, 0)]


@pytest.mark.parametrize("network", ["own", "shared"])
@pytest.mark.parametrize("abi", ABIS)
@pytest.mark.parametrize("who", ["the user of the tests", "an ordinary user"])
def test_an_installer_reaches_nothing_but_its_gate_and_its_folder(
    around: Around, who: str, abi: int, network: str
) -> None:
    if abi > landlock_abi():
        pytest.skip(f"NOT TESTED HERE: this kernel has no Landlock ABI {abi}")
    contains_tcp = abi != 3 or network == "own"  # before ABI 4 only a network of its own does
    given = {**around.given, "untried": [] if contains_tcp else ["another TCP port"]}
    arguments = [str(around.folder), json.dumps(given), TRIES, str(abi), network]
    if who == "the user of the tests":
        done = _run([sys.executable, "-c", KEEPER, *arguments])
    else:
        if why := why_no_ordinary_user():
            pytest.skip(f"NOT TESTED HERE: {why}")
        with ordinary_user() as user:
            done = _run([*user.python, "-I", "-c", KEEPER, *arguments])
    assert done.returncode == 0, done.stdout + done.stderr
    assert msgspec.json.decode(done.stdout) == []
    assert (around.folder / "own").read_text() == "it may"


def test_whoever_is_not_contained_reaches_what_the_installer_tries(around: Around) -> None:
    untried = ["a program in its place", "a namespace", "a mount", "another user", "tracing", "the keeper's memory"]
    given = {**around.given, "untried": untried}
    port = str(around.given["port"])
    done = subprocess.run(
        [sys.executable, "-I", "-c", TRIES, json.dumps(given), port],
        capture_output=True, text=True, check=True, cwd=around.folder,
    )  # fmt: skip
    could = set(msgspec.json.decode(done.stdout))
    assert could >= {"a unix socket", "an abstract socket", "another TCP port", "UDP", "a port of its own", "a process",
                     "a file of the runner", "a file elsewhere", "a signal to the runner", "a shell"}  # fmt: skip


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


WRITES = """
import sys
from pathlib import Path
from rulemint_runner.packages.installing import installation, installer
program = sys.argv[3]
installation.pypi.command = lambda task, folder, gate: installer.Command(
    argv=(sys.executable, "-I", "-c", program), environment={}
)
from rulemint_runner.packages.messages import InstallTask, InstallTerms
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.package_messages import InstallRequest, Wanted
import os
wanted = Wanted(specifier="x", name="x", version="*")
task = InstallTask(
    request=InstallRequest(registry=Registry.PYPI, wanted=(wanted,)), deno="", pypi_index="http://127.0.0.1:1/",
    terms=InstallTerms(folder_mib=16, files=200),
)
def give_up(error):
    print(error, flush=True)
    os._exit(0)
installation.Installation(task, Path(sys.argv[1]), give_up=give_up).run(os.getppid())
"""
MANY_SMALL = """
for number in range(1_000):  # no more, should nobody end it
    open(f'{number}', 'wb').write(bytes({size}))
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        pytest.param(MANY_SMALL.replace("{size}", "1024 ** 2"), "RULEMINT_INSTALL_MB", id="bytes"),
        pytest.param(MANY_SMALL.replace("{size}", "0"), "RULEMINT_INSTALL_FILES", id="files"),
    ],
)
def test_an_installer_that_unpacks_what_nobody_announced_is_ended(tmp_path: Path, program: str, said: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    done = _run([sys.executable, "-c", WRITES, str(folder), "", program])
    assert said in done.stdout, done.stdout + done.stderr
    written = sum(file.stat().st_size for file in folder.iterdir())
    assert written < 64 * 1024**2, "it went on long after it was over"


INSTALLS = """
import asyncio, sys
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.packages.install_process import run_install
from rulemint_runner.packages.messages import InstallTask
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.package_messages import InstallRequest, Wanted
kind, registry = Registry(sys.argv[1]), sys.argv[2]
wanted = Wanted(specifier="greeting", name="greeting", version="*")
task = InstallTask(
    request=InstallRequest(registry=kind, wanted=(wanted,)), deno=Languages().deno,
    npm_registry=f"{registry}/npm/", pypi_index=f"{registry}/simple/",
)
print(asyncio.run(run_install(task)).resolved)
"""


@pytest.mark.parametrize(("kind", "version"), [("npm", "1.1.0"), ("pypi", "1.2.0")])
def test_an_ordinary_user_installs_as_well(registry: Registry, kind: str, version: str) -> None:
    if why := why_no_ordinary_user():
        pytest.skip(f"NOT TESTED HERE: {why}")
    with ordinary_user() as user:
        done = _run([*user.python, "-I", "-c", INSTALLS, kind, registry.url])
    assert done.stdout.strip() == str({"greeting": version}), done.stdout + done.stderr


def test_an_installer_ends_with_its_keeper(tmp_path: Path) -> None:
    """Which the kernel does: the keeper is killed, and whoever started it takes no care."""
    folder = tmp_path / "folder"
    folder.mkdir()
    sleeps = "import time\nopen('started', 'w').close()\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", WRITES, str(folder), "", sleeps]) as keeper:
        until((folder / "started").exists)
        assert len(running_in(folder)) == 1
        keeper.kill()
    until(lambda: not running_in(folder))


async def test_what_a_killed_runner_left_is_removed_and_what_is_being_installed_is_not(tmp_path: Path) -> None:
    folders = InstallFolders(str(tmp_path))
    left = tmp_path / "rulemint-install-left"
    (left / "node_modules").mkdir(parents=True)
    (tmp_path / "somebody-else-s").mkdir()
    async with folders.opened() as folder:
        await asyncio.to_thread(folders.remove_what_is_left)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([folder.name, "somebody-else-s"])
    assert [path.name for path in tmp_path.iterdir()] == ["somebody-else-s"]
