"""Packages that lead elsewhere, and that unpack to more than there is room for, installed by the real programs."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from fixtures.hostile_packages import MIB, add_npm, add_wheel, metadata, npm_archive, pure_wheel, zeros
from fixtures.packages import install, opened, wanted
from fixtures.registry import Registry as LocalRegistry
from fixtures.registry import open_registry
from rulemint_runner.packages.messages import Answer, Collected, InstallTerms, NotCollected
from rulemint_shared.contract.dependencies import Registry

NPM, PYPI = Registry.NPM, Registry.PYPI
SMALL = InstallTerms(folder_mib=32, files=500)
NPM_SAMPLE = [
    ("{url}/evil.tgz", "dependencies"),
    ("git+ssh://git@example.com/evil.git#v1", "optionalDependencies"),
    ("file:../../etc", "peerDependencies"),
    ("npm:http://example.com/evil.tgz", "dependencies"),
]
PYTHON_SAMPLE = [
    "evil @ {url}/evil-1.0.0-py3-none-any.whl",
    "evil @ file:///etc/passwd ; python_version > '3'",
    "./evil",
]
"""Of the places that tests/unit/rulemint_runner/packages/test_references.py has: each way that one can take to here."""


def refused(answer: Answer) -> str:
    assert isinstance(answer, NotCollected), answer
    assert not answer.is_ours
    return answer.message


def asked_for_evil(registry: LocalRegistry) -> list[str]:
    return [path for path in registry.asked if "evil" in path]


@pytest.mark.parametrize(("place", "field"), NPM_SAMPLE)
async def test_an_npm_package_that_asks_for_something_elsewhere_is_refused(
    registry: LocalRegistry, place: str, field: str
) -> None:
    add_npm(registry, "leads-away", says={field: {"evil": place.format(url=registry.url)}})
    message = refused(await install(NPM, wanted("leads-away"), source=registry))
    assert message.startswith("leads-away@1.0.0 asks for 'evil' from a URL, a repository or a path.")
    assert asked_for_evil(registry) == []


async def test_so_is_one_that_another_package_needs(registry: LocalRegistry) -> None:
    add_npm(registry, "innocent", says={"dependencies": {"between": "^1.0.0"}})
    add_npm(registry, "between", says={"dependencies": {"leads-away": "1.x"}})
    add_npm(registry, "leads-away", says={"dependencies": {"evil": "git+https://example.com/evil.git"}})
    assert "leads-away@1.0.0 asks for 'evil'" in refused(await install(NPM, wanted("innocent"), source=registry))


async def test_so_is_one_whose_archive_says_what_the_registry_does_not(registry: LocalRegistry) -> None:
    add_npm(registry, "two-faced", manifest={"dependencies": {"evil": f"{registry.url}/evil.tgz"}})
    assert "two-faced@1.0.0 asks for 'evil'" in refused(await install(NPM, wanted("two-faced"), source=registry))
    assert asked_for_evil(registry) == []


async def test_a_version_that_nobody_chooses_is_in_nobody_s_way(registry: LocalRegistry) -> None:
    add_npm(registry, "was-bad", says={"dependencies": {"evil": "somebody/evil"}}, version="1.0.0")
    add_npm(registry, "was-bad", version="1.1.0")
    answer = await install(NPM, wanted("was-bad"), source=registry)
    assert isinstance(answer, Collected), answer
    assert answer.resolved == {"was-bad": "1.1.0"}
    assert "was-bad@1.0.0 asks" in refused(await install(NPM, wanted("was-bad", "1.0.0"), source=registry))


async def test_another_name_for_a_package_of_the_registry_leads_nowhere_else(registry: LocalRegistry) -> None:
    main = b"module.exports = require('loud')"
    member = tarfile.TarInfo("package/main.js")
    member.size = len(main)
    archive = npm_archive({"name": "renames", "version": "1.0.0", "main": "main.js"}, [(member, io.BytesIO(main))])
    add_npm(registry, "renames", says={"dependencies": {"loud": "npm:shout@^2.0.0"}}, archive=archive)
    answer = await install(NPM, wanted("renames"), source=registry)
    assert isinstance(answer, Collected), answer
    assert "shout@2.0.1/lib/index.js" in opened(answer.content).files


@pytest.mark.parametrize("place", PYTHON_SAMPLE)
async def test_a_wheel_that_asks_for_something_elsewhere_is_refused(registry: LocalRegistry, place: str) -> None:
    add_wheel(registry, "leads-away", requires=[place.format(url=registry.url)])
    message = refused(await install(PYPI, wanted("leads-away"), source=registry))
    assert message.startswith("leads_away-1.0.0-py3-none-any.whl asks for ")
    assert "from a URL, a repository or a path" in message
    assert asked_for_evil(registry) == []


async def test_so_is_one_that_another_wheel_needs(registry: LocalRegistry) -> None:
    add_wheel(registry, "innocent", requires=["leads-away>=1"])
    add_wheel(registry, "leads-away", requires=["evil @ https://example.com/evil.tar.gz"])
    assert "leads_away-1.0.0" in refused(await install(PYPI, wanted("innocent"), source=registry))


async def test_so_is_one_whose_index_says_something_else(registry: LocalRegistry) -> None:
    says, asks = metadata("two-faced"), ["evil @ https://example.com/evil.tar.gz"]
    add_wheel(registry, "two-faced", requires=asks, says_apart=says)
    assert "asks for 'evil'" in refused(await install(PYPI, wanted("two-faced"), source=registry))
    add_wheel(registry, "two-faced", says_apart=metadata("two-faced", asks))
    assert "asks for 'evil'" in refused(await install(PYPI, wanted("two-faced"), source=registry))


@pytest.mark.parametrize("kind", [NPM, PYPI])
async def test_no_error_tells_which_files_exist_here(registry: LocalRegistry, kind: Registry, tmp_path: Path) -> None:
    there, missing = tmp_path / "there", tmp_path / "missing"
    there.write_text("a secret")
    messages = []
    for path in (there, missing):
        add_npm(registry, "looks-around", says={"dependencies": {"evil": f"file:{path}"}})
        add_wheel(registry, "looks-around", requires=[f"evil @ file://{path}"])
        messages.append(refused(await install(kind, wanted("looks-around"), source=registry)))
    assert messages[0] == messages[1]
    assert str(tmp_path) not in messages[0]


async def test_a_source_distribution_is_not_even_looked_at(registry: LocalRegistry) -> None:
    page = f'<a href="{registry.url}/archives/evil-1.0.0.tar.gz">evil-1.0.0.tar.gz</a>'
    registry.also["/simple/evil/"] = ("text/html", page.encode())
    assert "No matching distribution" in refused(await install(PYPI, wanted("evil"), source=registry))
    assert "/archives/evil-1.0.0.tar.gz" not in registry.asked


WITHIN = [
    "http://localhost:{port}/x",
    "http://[::1]:{port}/x",
    "http://127.0.0.2:{port}/x",
    "http://127.0.0.1:6379/x",
    "http://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "file:///etc/passwd",
    "ftp://127.0.0.1/x",
]


@pytest.mark.parametrize(
    ("kind", "place"), [*((NPM, place) for place in WITHIN), (PYPI, WITHIN[0]), (PYPI, "file:///etc/passwd")]
)
async def test_a_registry_s_files_are_not_fetched_from_within_this_network(
    registry: LocalRegistry, kind: Registry, place: str
) -> None:
    at = place.format(port=registry.url.rpartition(":")[2])
    add_npm(registry, "elsewhere", archive_at=at)
    add_wheel(registry, "elsewhere", wheel_at=at)
    assert "the registry keeps files" in refused(await install(kind, wanted("elsewhere"), source=registry))
    assert "/x" not in registry.asked


async def test_what_a_registry_redirects_to_is_looked_at_too(registry: LocalRegistry) -> None:
    with open_registry() as other:
        registry.redirects["/archives/moved-1.0.0.tgz"] = f"{other.url}/archives/moved-1.0.0.tgz"
        add_npm(registry, "moved")
        assert "the registry keeps files" in refused(await install(NPM, wanted("moved"), source=registry))
        assert not other.asked


@contextmanager
def peak_of(folder: Path) -> Iterator[list[int]]:
    """The most bytes that were ever in *folder*, looked at every few milliseconds."""
    peak, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            size = 0
            for place, _, names in os.walk(folder):
                for name in names:
                    with suppress(OSError):  # it has just been removed
                        size += Path(place, name).lstat().st_size
            peak[0] = max(peak[0], size)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        over.set()
        looking.join()


@pytest.mark.parametrize("kind", [NPM, PYPI])
async def test_what_unpacks_to_a_gigabyte_is_stopped_before_it_does(
    registry: LocalRegistry, kind: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if kind is NPM:
        members = [zeros(f"{number}.js", 100 * MIB) for number in range(10)]
        archive = npm_archive({"name": "bomb", "version": "1.0.0"}, members)
        add_npm(registry, "bomb", archive=archive)
    else:
        archive = pure_wheel("bomb", zeros_bytes=1024 * MIB)
        add_wheel(registry, "bomb", wheel=archive)
    assert len(archive) < 8 * MIB
    with peak_of(tmp_path) as peak:
        message = refused(await install(kind, wanted("bomb"), source=registry, terms=SMALL))
    assert "unpack to more than 32 MiB" in message
    assert "RULEMINT_INSTALL_MB" in message
    assert peak[0] < 32 * MIB
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [NPM, PYPI])
async def test_several_packages_have_the_room_of_one_together(registry: LocalRegistry, kind: Registry) -> None:
    for name in ("one", "two"):
        add_npm(registry, name, archive=npm_archive({"name": name, "version": "1.0.0"}, [zeros("zeros.js", 20 * MIB)]))
        add_wheel(registry, name, wheel=pure_wheel(name, zeros_bytes=20 * MIB))
    together = (wanted("one"), wanted("two"))
    assert "RULEMINT_INSTALL_MB" in refused(await install(kind, *together, source=registry, terms=SMALL))


@pytest.mark.parametrize("kind", [NPM, PYPI])
async def test_so_many_files_are_refused(registry: LocalRegistry, kind: Registry) -> None:
    members = [zeros(f"{number}.js", 0) for number in range(600)]
    add_npm(registry, "many", archive=npm_archive({"name": "many", "version": "1.0.0"}, members))
    add_wheel(registry, "many", wheel=pure_wheel("many", files=600))
    assert "RULEMINT_INSTALL_FILES" in refused(await install(kind, wanted("many"), source=registry, terms=SMALL))


@pytest.mark.parametrize("kind", [NPM, PYPI])
async def test_an_endless_index_is_given_up_compressed_or_not(registry: LocalRegistry, kind: Registry) -> None:
    path = "/npm/endless" if kind is NPM else "/simple/endless/"
    registry.also[path] = ("application/json", b'{"versions": {"1.0.0": "' + b" " * (65 * MIB))
    if kind is PYPI:
        registry.also[path] = ("application/json", gzip.compress(registry.also[path][1]))
        registry.codings[path] = "gzip"
    assert "more than 64 MiB" in refused(await install(kind, wanted("endless"), source=registry))


@pytest.mark.parametrize(
    "kind_of_member", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE], ids=str
)
async def test_an_archive_with_more_than_files_is_refused(registry: LocalRegistry, kind_of_member: bytes) -> None:
    member = tarfile.TarInfo("package/index.js")
    member.type, member.linkname = kind_of_member, "/etc/passwd"
    add_npm(registry, "odd", archive=npm_archive({"name": "odd", "version": "1.0.0"}, [(member, io.BytesIO())]))
    assert "neither a file nor a folder" in refused(await install(NPM, wanted("odd"), source=registry))


@pytest.mark.parametrize("kind", [NPM, PYPI])
@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08broken", b"PK\x03\x04broken"], ids=repr)
async def test_what_is_no_archive_is_refused_by_its_name(
    registry: LocalRegistry, kind: Registry, content: bytes
) -> None:
    add_npm(registry, "broken-archive", archive=content)
    add_wheel(registry, "broken-archive", wheel=content)
    message = refused(await install(kind, wanted("broken-archive"), source=registry))
    assert "its archive cannot be read" in message


async def test_no_configuration_of_this_machine_is_followed(
    registry: LocalRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:1/\n")
    (tmp_path / ".npmrc").write_text("registry=http://127.0.0.1:1/\n")
    elsewhere = {
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "PIP_INDEX_URL": "http://127.0.0.1:1/",
        "PIP_NO_BINARY": ":all:",
        "NPM_CONFIG_REGISTRY": "http://127.0.0.1:1/",
        "HTTP_PROXY": "http://127.0.0.1:1/",
    }
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    for kind in (NPM, PYPI):
        assert isinstance(await install(kind, wanted("shout"), source=registry), Collected)
