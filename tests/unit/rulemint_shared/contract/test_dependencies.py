from __future__ import annotations

import pytest

from rulemint_shared.contract.dependencies import MAX_DEPENDENCIES, Registry, named_in, requirement
from rulemint_shared.contract.dependency_checks import check_dependencies

NPM, PYPI = Registry.NPM, Registry.PYPI


@pytest.mark.parametrize(
    ("registry", "name", "version"),
    [
        (NPM, "lodash", "4.17.21"),
        (NPM, "@auth0/thing", "^1.2.3"),
        (NPM, "JSONStream", ">=1.0.0 <2.0.0 || ~3.1"),
        (NPM, "lodash.get", "latest"),
        (NPM, "x", "1.0.0-beta.1+build"),
        (NPM, "x", "1.x"),
        (NPM, "x", ""),
        (PYPI, "httpx", "0.28.1"),
        (PYPI, "PyJWT", ">=2,<3"),
        (PYPI, "httpx[http2,socks]", "~=0.28"),
        (PYPI, "zope.interface", "==5.*, !=5.1"),
        (PYPI, "x", "*"),
        (PYPI, "x", "===1.0+local"),
        (PYPI, "x", "1.0rc1.post2"),
        (PYPI, "requests", "^2"),
        (PYPI, "requests", "~2.31"),
        (PYPI, "requests", "2.x"),
        (NPM, "x", ">=1,<2"),
        (NPM, "x", "==1.*"),
        (NPM, "x", "~=1.2"),
    ],
)
def test_names_and_versions_are_taken(registry: Registry, name: str, version: str) -> None:
    check_dependencies(registry, {name: version})


@pytest.mark.parametrize(
    ("registry", "name", "version"),
    [
        (NPM, "", "1"),
        (NPM, "../x", "1"),
        (NPM, "a/b", "1"),
        (NPM, "@a/../b", "1"),
        (NPM, "-x", "1"),
        (NPM, ".bin", "1"),
        (NPM, "x y", "1"),
        (NPM, "x" * 215, "1"),
        (NPM, "x", "https://example.com/x.tgz"),
        (NPM, "x", "git+ssh://example.com/x"),
        (NPM, "x", "owner/repository"),
        (NPM, "x", "file:../x"),
        (NPM, "x", "npm:y@1"),
        (NPM, "x", "workspace:*"),
        (NPM, "x", "--registry"),
        (NPM, "x", "1\n2"),
        (NPM, "x", "1" * 129),
        (PYPI, "-r", "1"),
        (PYPI, "x @ https://example.com/x.whl", ""),
        (PYPI, "x", "@ file:///etc/passwd"),
        (PYPI, "x", "==1; python_version > '3'"),
        (PYPI, "x", "1 --pre"),
        (PYPI, "x", "===../y"),
        (PYPI, "x", "===http://example.com/"),
        (PYPI, "x", ">=1.0.*"),
        (PYPI, "x", "~=1"),
        (PYPI, "x", "one"),
        (PYPI, "x", "[extra]"),
        (PYPI, "x", "==1\n2"),
        (PYPI, "x", "1 2"),
        (PYPI, "x>=1", "1"),
        (PYPI, "x\n", "1"),
        (PYPI, "x; python_version > '3'", ""),
        (PYPI, "./x", "1"),
        (PYPI, "x[../y]", "1"),
        (PYPI, "x", "1 || 2"),
        (PYPI, "x", "1 - 2"),
        (PYPI, "x", "next"),
        (NPM, "x", "!=1"),
    ],
)
def test_what_leads_elsewhere_is_refused(registry: Registry, name: str, version: str) -> None:
    with pytest.raises(ValueError, match=r"is not"):
        check_dependencies(registry, {name: version})


def test_there_is_a_limit_to_them() -> None:
    with pytest.raises(ValueError, match="at most"):
        check_dependencies(NPM, {f"p{number}": "1" for number in range(MAX_DEPENDENCIES + 1)})


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("const j = require('jsonwebtoken@8.5.1');", [("jsonwebtoken@8.5.1", "jsonwebtoken", "8.5.1", "")]),
        ('import x from "npm:@a/b@^1.2/c/d.js"', [("npm:@a/b@^1.2/c/d.js", "@a/b", "^1.2", "/c/d.js")]),
        ("await import(`lodash/fp`)", [("lodash/fp", "lodash", None, "/fp")]),
        ("import 'side-effect'; export { y } from 'other@1'", [
            ("side-effect", "side-effect", None, ""), ("other@1", "other", "1", ""),
        ]),
        ("require('./near'); require('node:fs'); require(name); 'required@1'", []),
        ("send({ to: 'x' }, from 'someone@example.com')", []),
    ],
)  # fmt: skip
def test_packages_that_a_text_names_are_found(script: str, named: list[tuple[str, str, str | None, str]]) -> None:
    assert [(each.specifier, each.name, each.version, each.path) for each in named_in(script)] == named


def test_a_bare_python_version_means_exactly_that_one_if_it_is_whole() -> None:
    assert requirement("httpx", "0.28.1") == "httpx==0.28.1"
    assert requirement("requests", "2") == "requests==2.*"
    assert requirement("httpx", ">=0.28") == "httpx>=0.28"
    assert requirement("httpx", "latest") == "httpx"
