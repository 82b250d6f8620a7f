"""What metadata may say of other packages: names and versions, however they are written, and no place."""

from __future__ import annotations

import pytest

from rulemint_runner.packages.installing.references import foreign_in_npm, foreign_in_python


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
