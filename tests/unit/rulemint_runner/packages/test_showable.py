"""What a rule's author is shown of an installer's words."""

from __future__ import annotations

import pytest

from rulemint_runner.packages.installing.showable import shown, without_credentials

GATE = "http://127.0.0.1:4567/0123456789abcdef/"
STANDS_FOR = {"npm/": "https://registry.example/", "files/0/package.tgz": "https://files.example/a-1.tgz"}


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        (f"404: GET {GATE}npm/a", "404: GET https://registry.example/a"),
        (f"failed: '{GATE}files/0/package.tgz'", "failed: 'https://files.example/a-1.tgz'"),
        (f"{GATE}what/else", "…"),
        ("cannot open '/tmp/rulemint-install-x/a': No such file", "cannot open '…': No such file"),
        ("/usr/lib/python3/site.py, line 3", "…, line 3"),
        ("file:///etc/passwd is not a folder", "… is not a folder"),
        ("@scope/name@1.0.0 needs a/b >=1/2", "@scope/name@1.0.0 needs a/b >=1/2"),
        ("No matching version found for greeting@9.", "No matching version found for greeting@9."),
    ],
)
def test_it_has_names_versions_and_the_registry_and_no_path_of_this_machine(said: str, seen: str) -> None:
    assert shown(said, gate=GATE, stands_for=STANDS_FOR) == seen


def test_a_registry_s_password_is_left_out() -> None:
    assert without_credentials("GET https://user:pass@registry.example/a ") == "GET https://registry.example/a"
