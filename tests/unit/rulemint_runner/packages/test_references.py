"""What metadata may say of other packages: names and versions, however they are written, and no place."""

from __future__ import annotations

import pytest

from rulemint_runner.packages.installing.references import foreign_in_npm, foreign_in_python

NPM_PLACES = [
    "https://registry.example/evil.tgz",
    "https://example.com/evil.tgz",
    "git+https://example.com/evil.git",
    "git+ssh://git@example.com/evil.git#v1",
    "git://example.com/evil.git",
    "git@example.com:evil.git",
    "github:somebody/evil",
    "gitlab:somebody/evil",
    "gist:11081aaa281",
    "somebody/evil",
    "somebody/evil#semver:^1",
    "file:/etc/passwd",
    "file:../../etc",
    "link:/etc",
    "portal:/etc",
    "workspace:*",
    "catalog:",
    "patch:evil@1#/etc/passwd",
    "jsr:@somebody/evil@1",
    "npm:../evil",
    "npm:http://example.com/evil.tgz",
    "/etc/passwd",
    "./evil",
    "~/evil",
    "HTTPS://EXAMPLE.COM/evil.tgz",
]
PYTHON_PLACES = [
    "evil @ https://registry.example/evil-1.0.0.tar.gz",
    "evil @ https://registry.example/evil-1.0.0-py3-none-any.whl",
    "evil@https://example.com/evil.tar.gz",
    "evil[extra] @ git+https://example.com/evil.git@main",
    "evil @ git+ssh://git@example.com/evil.git",
    "evil @ hg+http://example.com/evil",
    "evil @ svn+file:///srv/evil",
    "evil @ file:///etc/passwd",
    "evil @ file:///etc/passwd ; python_version > '3'",
    "evil @ file:///no/such/file ; extra == 'never'",
    "evil @ ./evil",
    "evil @ ../evil",
    "evil @ /etc/passwd",
    "https://example.com/evil.tar.gz",
    "./evil",
    "evil\n @ file:///etc/passwd",
]


@pytest.mark.parametrize("field", ["dependencies", "optionalDependencies", "peerDependencies"])
@pytest.mark.parametrize("place", NPM_PLACES)
def test_a_place_of_its_own_is_foreign_in_every_field_that_is_installed(place: str, field: str) -> None:
    assert list(foreign_in_npm({field: {"evil": place}})) == ["evil"]


@pytest.mark.parametrize("place", PYTHON_PLACES)
def test_so_is_one_that_a_wheel_requires(place: str) -> None:
    assert len(list(foreign_in_python(f"Name: a\nRequires-Dist: {place}\n".encode()))) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        "", "*", "latest", "next-11", "1.2.3", "v1.2.3", "=1.2.3", "^1.0.0-0", "~1.2", "1.x", "1.0.0 - 2.0.0",
        ">=1.2.3 <2.0.0 || ^3", ">= 1.0.0", "1.0.0-beta.1+build.5", "npm:string-width@^4.2.0", "npm:@scope/name@1",
        "npm:name",
    ],
)  # fmt: skip
def test_versions_ranges_tags_and_other_names_are_what_a_registry_has(wanted: str) -> None:
    assert list(foreign_in_npm({"dependencies": {"@types/node": wanted, "JSONStream": wanted}})) == []


@pytest.mark.parametrize(
    "wanted", [None, 1, ["1"], {"version": "1"}, "a/b", "a:b", "a@b", "1.0.0\n../x", "%2e", "\\\\x"]
)
def test_anything_else_is_a_place(wanted: object) -> None:
    assert list(foreign_in_npm({"dependencies": {"evil": wanted}})) == ["evil"]


@pytest.mark.parametrize("name", ["../evil", "a/b/c", "@a", "", "a b", "http://x", "-flag/", ".."])
def test_so_is_what_is_no_name(name: str) -> None:
    assert list(foreign_in_npm({"dependencies": {name: "1.0.0"}})) == [name]


@pytest.mark.parametrize("manifest", [None, [], "text", {"dependencies": ["evil"]}, {"devDependencies": {"a": "a/b"}}])
def test_what_is_not_installed_is_not_looked_at(manifest: object) -> None:
    assert list(foreign_in_npm(manifest)) == []


@pytest.mark.parametrize(
    "wanted",
    [
        "requests", "requests>=2", "requests (>=2.0,<3)", "requests[security,socks]>=2.8.1", "requests ~= 2.0",
        "requests===2.0+local", "requests !=2.*", "zope.interface", "typing-extensions>=4.0; python_version < '3.9'",
        "requests ; extra == 'all'", "colorama; (sys_platform == 'win32') and extra == \"x @ file:y\"",
        "pytz>dev", "six (>=1.0.*)",
    ],
)  # fmt: skip
def test_requirements_by_name_are_what_an_index_has(wanted: str) -> None:
    assert list(foreign_in_python(f"Name: a\nRequires-Dist: {wanted}\n".encode())) == []


@pytest.mark.parametrize(
    "wanted",
    [
        "evil @ https://x.example/evil.whl", "evil@git+ssh://x.example/evil", "evil[a] @ file:///x ; extra == 'a'",
        "evil (../evil)", "evil===../evil", "evil @", "evil\\\\x",
    ],
)  # fmt: skip
def test_a_requirement_of_a_place_is_not(wanted: str) -> None:
    assert list(foreign_in_python(f"Name: a\nRequires-Dist: {wanted}\n".encode())) == ["evil"]


def test_every_requirement_is_looked_at_and_no_text_below_the_headers() -> None:
    metadata = b"Name: a\nRequires-Dist: fine>=1\nrequires-dist: evil @ file:///x\n\nRequires-Dist: text @ file:///y\n"
    assert list(foreign_in_python(metadata)) == ["evil"]
