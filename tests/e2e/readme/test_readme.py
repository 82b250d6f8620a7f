"""The README is run, not only read."""

from __future__ import annotations

import json
import re
import subprocess

from fixtures.processes import ROOT
from fixtures.system import System

README = (ROOT / "README.md").read_text()


def block_with(text: str) -> str:
    """The indented block of the README that contains *text*."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", README, re.MULTILINE)
    return next("\n".join(line[4:] for line in block.splitlines()) for block in blocks if text in block)


def run(script: str, system: System) -> str:
    port = system.url.rpartition(":")[2]
    script = script.replace("localhost:8080", f"localhost:{port}").replace(".rulemint/", f"{system.data_dir}/")
    return subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_the_curl_of_the_first_screen_gets_the_answer_that_stands_below_it(demo_system: System) -> None:
    answer = json.loads(run(block_with('"client_id": "demo-client"'), demo_system))
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 86_400, "test extra")


def test_the_rule_of_the_first_screen_is_the_one_that_runs() -> None:
    assert block_with("module.exports").strip() == (ROOT / "examples/rules/seed.js").read_text().strip()


def test_the_management_example_makes_a_rule(demo_system: System) -> None:
    example = block_with("token()")
    made = json.loads(run(example, demo_system))
    try:
        assert (made["name"], made["language"], made["version"]) == ("greeter", "python", 1)
        answer = json.loads(run(block_with('"client_id": "demo-client"'), demo_system))
        assert answer["scope"] == "test extra"
    finally:  # others use this system too
        token = example[: example.index("curl -s http://localhost:8080/api/v2")]
        delete = (
            f'curl -sf -X DELETE http://localhost:8080/api/v2/rules/{made["id"]} -H "Authorization: Bearer $(token)"'
        )
        run(f"{token}\n{delete}", demo_system)


def test_the_first_command_comes_early() -> None:
    assert README.splitlines().index("    make run") < 15
