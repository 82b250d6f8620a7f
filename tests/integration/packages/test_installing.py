"""Installations, by the real programs, from a registry on this machine: no network is needed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fixtures.hosts import LANGUAGES
from fixtures.packages import install, opened, running_in, wanted
from fixtures.registry import Registry as LocalRegistry
from fixtures.waiting import eventually
from rulemint_runner.packages.install_process import InstallFailedError
from rulemint_runner.packages.messages import Collected, NotCollected
from rulemint_runner.packages.package_installer import PackageInstaller
from rulemint_runner.packages.package_store import PackagesMissingError, PackageStore
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.package_messages import Installed, InstallRequest, NotInstalled, Wanted
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

NPM, PYPI = Registry.NPM, Registry.PYPI


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as connected:
        yield connected


@pytest.fixture
def store(redis: RedisClient) -> PackageStore:
    return PackageStore(redis)


@pytest.fixture
def installer(redis: RedisClient, store: PackageStore, registry: LocalRegistry) -> PackageInstaller:
    return PackageInstaller(redis, store, deno=LANGUAGES.deno, npm_registry=registry.npm, pypi_index=registry.pypi)


async def ask(
    installer: PackageInstaller, kind: Registry, *packages: Wanted, tenant: str = "default"
) -> Installed | NotInstalled:
    request = InstallRequest(registry=kind, wanted=packages, tenant=tenant)
    return codecs.install_answer.decode(await installer.run_job(codecs.install_request.encode(request)))


async def test_a_set_holds_what_a_rule_can_reach_and_nothing_else(registry: LocalRegistry) -> None:
    answer = await install(NPM, wanted("greeting", "^1.0.0"), source=registry)
    assert isinstance(answer, Collected), answer
    assert answer.resolved == {"greeting": "1.1.0"}
    packages = opened(answer.content)
    assert sorted(packages.files) == [
        "greeting@1.1.0/index.js",
        "greeting@1.1.0/words.json",
        "shout@2.0.1/lib/index.js",
    ]
    assert packages.roots == {"greeting": "greeting@1.1.0/index.js"}
    assert packages.links["greeting@1.1.0/index.js"] == {
        "shout": "shout@2.0.1/lib/index.js",
        "./words.json": "greeting@1.1.0/words.json",
    }


async def test_a_package_that_reads_files_of_its_own_has_its_small_data_files(registry: LocalRegistry) -> None:
    answer = await install(NPM, wanted("reads-files"), wanted("greeting"), source=registry)
    assert isinstance(answer, Collected), answer
    packages = opened(answer.content)
    assert sorted(name for name in packages.files if name.startswith("reads-files")) == [
        "reads-files@1.0.0/data/words.json",
        "reads-files@1.0.0/lib/index.js",
        "reads-files@1.0.0/lib/other.json",
        "reads-files@1.0.0/package.json",
    ]
    assert packages.data == {"reads-files@1.0.0/data/bytes.dat": b"\xff\xfe"}
    assert "greeting@1.1.0/package.json" not in packages.files


async def test_no_script_of_a_package_is_run(registry: LocalRegistry) -> None:
    answer = await install(NPM, wanted("greeting"), source=registry)
    assert isinstance(answer, Collected), answer
    assert "the script ran" not in "".join(opened(answer.content).files.values())


async def test_a_rule_may_have_two_versions_of_a_package_and_files_within_one(registry: LocalRegistry) -> None:
    answer = await install(
        NPM,
        wanted("greeting", "1.1.0"),
        wanted("greeting@1.0.0", "1.0.0", name="greeting"),
        wanted("greeting/extra/more", "1.1.0", name="greeting", path="/extra/more"),
        source=registry,
    )
    assert isinstance(answer, Collected), answer
    assert answer.resolved == {"greeting": "1.1.0", "greeting@1.0.0": "1.0.0"}
    assert opened(answer.content).roots == {
        "greeting": "greeting@1.1.0/index.js",
        "greeting@1.0.0": "greeting@1.0.0/index.js",
        "greeting/extra/more": "greeting@1.1.0/extra/more.js",
    }


@pytest.mark.parametrize(
    ("kind", "package", "said"),
    [
        pytest.param(
            NPM,
            wanted("nobody-made-this", "1.0.0"),
            "npm error code E404\nnpm error 404  'nobody-made-this@1.0.0' is not in this registry.\n",
            id="no such npm package",
        ),
        pytest.param(
            NPM,
            wanted("greeting", "9"),
            "npm error code ETARGET\nnpm error notarget No matching version found for greeting@9.\n",
            id="no such npm version",
        ),
        pytest.param(
            NPM,
            wanted("needs-another"),
            "npm error code E404\nnpm error 404  'nobody-made-this' is not in this registry.\n",
            id="an npm package that needs one that is not there",
        ),
        pytest.param(NPM, wanted("broken"), "nothing by that name", id="an npm package without its main file"),
        pytest.param(PYPI, wanted("nobody-made-this"), "nobody-made-this", id="no such Python package"),
        pytest.param(PYPI, wanted("greeting", "9"), "greeting==9", id="no such Python version"),
        pytest.param(PYPI, wanted("native"), "compiled part, _speed.so", id="a Python package with a compiled part"),
    ],
)
async def test_what_cannot_be_installed_is_named_without_a_path_of_this_machine(
    registry: LocalRegistry, kind: Registry, package: Wanted, said: str
) -> None:
    answer = await install(kind, package, source=registry)
    assert isinstance(answer, NotCollected)
    assert said in answer.message
    assert tempfile.gettempdir() not in answer.message


COMPILED = [
    pytest.param(wanted("native-part"), "native-part@1.0.0 has a compiled part", id="itself"),
    pytest.param(wanted("wants-native"), "native-part@1.0.0, which wants-native needs, has", id="in a dependency"),
]


@pytest.mark.parametrize(("package", "said"), COMPILED)
async def test_a_package_with_a_compiled_part_is_refused_by_that_reason(
    registry: LocalRegistry, package: Wanted, said: str
) -> None:
    answer = await install(NPM, package, source=registry)
    assert isinstance(answer, NotCollected)
    assert not answer.is_ours
    assert said in answer.message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("only-compiled", "only-compiled has compiled parts", id="itself"),
        pytest.param("wantscompiled", "only-compiled, which wantscompiled needs, has compiled parts", id="in another"),
    ],
)
async def test_a_python_project_without_a_pure_wheel_is_refused_by_that_reason(
    registry: LocalRegistry, name: str, said: str
) -> None:
    answer = await install(PYPI, wanted(name), source=registry)
    assert isinstance(answer, NotCollected)
    assert not answer.is_ours
    assert answer.message.startswith(f"{said}, and rules can only use pure packages:")
    assert "Cannot install" not in answer.message


async def test_a_package_that_does_without_its_compiled_part_is_installed(registry: LocalRegistry) -> None:
    assert isinstance(await install(NPM, wanted("native-or-not"), source=registry), Collected)


async def test_minified_text_that_looks_like_a_path_ends_no_installation(registry: LocalRegistry) -> None:
    answer = await install(NPM, wanted("minified"), source=registry)
    assert isinstance(answer, Collected), answer
    assert opened(answer.content).modules == ["minified@1.0.0/index.js"]


@pytest.mark.parametrize("kind", [NPM, PYPI])
@pytest.mark.parametrize("status", [503, 429, None], ids=["503", "429", "nobody listens"])
async def test_a_registry_that_is_down_is_no_fault_of_the_request(
    registry: LocalRegistry, kind: Registry, status: int | None
) -> None:
    registry.failing_with = status
    source = registry if status is not None else LocalRegistry("http://127.0.0.1:1")
    answer = await install(kind, wanted("greeting"), source=source)
    assert isinstance(answer, NotCollected)
    assert answer.is_ours
    assert answer.message.startswith("the registry does not answer, try again later: ")
    assert "greeting" in answer.message
    assert "backtrace" not in answer.message
    if kind is NPM:
        assert ("npm error network" if status is None else f"npm error code E{status}") in answer.message


@pytest.mark.parametrize(("kind", "status"), [(NPM, 401), (NPM, 403), (PYPI, 403)])
async def test_a_registry_that_refuses_is_the_request_s_affair(
    registry: LocalRegistry, kind: Registry, status: int
) -> None:
    registry.failing_with = status
    answer = await install(kind, wanted("greeting"), source=registry)
    assert isinstance(answer, NotCollected)
    assert not answer.is_ours
    if kind is NPM:
        assert f"npm error code E{status}\nnpm error {status} {status} " in answer.message
        assert f"GET {registry.npm}greeting" in answer.message


@pytest.mark.parametrize(
    ("kind", "name", "version"),
    [
        (NPM, "greeting", "http://127.0.0.1/greeting.tgz"),
        (NPM, "greeting", "file:/etc"),
        (NPM, "greeting", "npm:other@1"),
        (NPM, "../greeting", "1"),
        (PYPI, "greeting", "@ file:///etc"),
        (PYPI, "--index-url", "1"),
        (PYPI, "greeting", "==1 --pre"),
    ],
)
async def test_the_process_that_installs_takes_nothing_but_names_and_versions(
    registry: LocalRegistry, kind: Registry, name: str, version: str
) -> None:
    answer = await install(kind, wanted("x", version, name=name), source=registry)
    assert isinstance(answer, NotCollected)
    assert not registry.asked


async def test_wheels_are_unpacked_with_their_dependencies_and_data(registry: LocalRegistry) -> None:
    answer = await install(PYPI, wanted("greeting", ">=1,<2"), source=registry)
    assert isinstance(answer, Collected), answer
    assert answer.resolved == {"greeting": "1.2.0"}
    packages = opened(answer.content)
    assert {"greeting/__init__.py", "greeting/words.txt", "shout.py"} <= set(packages.files)
    assert any(name.startswith("shout.py.") for name in packages.data), "compiled for this interpreter"


async def test_the_same_request_is_installed_once(installer: PackageInstaller, registry: LocalRegistry) -> None:
    answers = await asyncio.gather(*(ask(installer, NPM, wanted("shout")) for _ in range(3)))
    assert answers[0] == answers[1] == answers[2]
    assert registry.asked["/npm/shout"] == 1


async def test_ten_installations_that_hang_leave_a_place_to_another_tenant(
    installer: PackageInstaller, registry: LocalRegistry
) -> None:
    registry.is_stuck = True
    asked = (wanted("x", name=f"stuck{number}") for number in range(10))
    flood = [asyncio.create_task(ask(installer, NPM, each, tenant="flood")) for each in asked]
    await eventually(lambda: _waiting_for(registry, "/npm/stuck"), lambda count: count == 2)
    registry.is_stuck = False
    answer = await ask(installer, NPM, wanted("greeting", "^1.0.0"), tenant="honest")
    assert isinstance(answer, Installed), answer
    assert await _waiting_for(registry, "/npm/stuck") == 2
    registry.go_on.set()
    assert all(isinstance(each, NotInstalled) and not each.is_ours for each in await asyncio.gather(*flood))


async def test_what_was_installed_lately_needs_no_turn_and_whose_it_was_does_not_matter(
    installer: PackageInstaller, registry: LocalRegistry
) -> None:
    first = await ask(installer, NPM, wanted("shout"), tenant="one")
    registry.is_stuck = True
    flood = [asyncio.create_task(ask(installer, NPM, wanted("x", name=f"stuck{n}"), tenant=f"t{n}")) for n in range(4)]
    await eventually(lambda: _waiting_for(registry, "/npm/stuck"), lambda count: count >= 1)
    assert await ask(installer, NPM, wanted("shout"), tenant="other") == first
    registry.go_on.set()
    await asyncio.gather(*flood)


async def test_the_same_content_has_the_same_name(installer: PackageInstaller) -> None:
    first = await ask(installer, NPM, wanted("shout", "2.0.1"))
    second = await ask(installer, NPM, wanted("shout", "^2"))
    assert isinstance(first, Installed)
    assert isinstance(second, Installed)
    assert first.packages == second.packages


async def test_a_set_that_is_not_what_its_name_says_is_refused(redis: RedisClient, store: PackageStore) -> None:
    name = await store.put(b"some bytes")
    await redis.set(redis_keys.packages(name), b"other bytes")
    with pytest.raises(PackagesMissingError, match="not what they were"):
        await store.get(name)
    with pytest.raises(PackagesMissingError, match="deleted"):
        await store.get("0" * 64)


async def test_a_registry_that_never_answers_is_given_up_and_nothing_is_left(
    registry: LocalRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    registry.is_stuck = True
    installing = asyncio.create_task(install(NPM, wanted("greeting"), source=registry, timeout_s=5))
    await eventually(lambda: _programs_in(tmp_path), lambda programs: Path(LANGUAGES.deno).resolve() in programs)
    with pytest.raises(InstallFailedError, match="more than 5 s"):
        await installing
    assert list(tmp_path.iterdir()) == []
    await eventually(lambda: _programs_in(tmp_path), lambda programs: not programs)


@pytest.mark.parametrize("abi", [None, 3, 4, 5])
def test_an_installation_can_read_no_file_of_the_runner_and_write_only_its_own(tmp_path: Path, abi: int | None) -> None:
    """Also with Landlock as older kernels have it: signals are the filter's affair there."""
    secret, own = tmp_path / "master.key", tmp_path / "own"
    secret.write_text("secret")
    own.mkdir()
    tries = f"""
import fcntl, os, socket, sys
from pathlib import Path
from rulemint_runner.packages.installing.containment import contain
from rulemint_runner.packages.messages import InstallTerms
contain(Path({str(own)!r}), Path({LANGUAGES.deno!r}), InstallTerms(landlock_abi={abi}))
Path({str(own)!r}, "made").write_text("x")
for attempt in (
    lambda: Path({str(secret)!r}).read_text(),
    lambda: Path({str(tmp_path)!r}, "made").write_text("x"),
    lambda: Path("/proc/{os.getpid()}/environ").read_text(),
    lambda: os.kill({os.getpid()}, 0),
    lambda: fcntl.fcntl(socket.socketpair()[0], fcntl.F_SETOWN, {os.getpid()}),
    lambda: os.execv("/bin/sh", ["sh", "-c", "true"]),
):
    try:
        attempt()
    except PermissionError:
        continue
    sys.exit("it could")
"""
    done = subprocess.run([sys.executable, "-c", tries], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


async def _waiting_for(registry: LocalRegistry, path: str) -> int:
    """How many packages below *path* were asked for."""
    return sum(asked.startswith(path) for asked in registry.asked)


async def _programs_in(folder: Path) -> set[Path]:
    return set(running_in(folder))
