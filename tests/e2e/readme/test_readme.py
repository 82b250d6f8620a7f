"""The README is run, not only read."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess

from fixtures.processes import BIN, ROOT
from fixtures.system import System

README = (ROOT / "README.md").read_text()


def block_with(text: str) -> str:
    """The indented block of the README that contains *text*."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", README, re.MULTILINE)
    return next("\n".join(line[4:] for line in block.splitlines()) for block in blocks if text in block)


def run(script: str, system: System) -> str:
    port = system.url.rpartition(":")[2]
    script = script.replace("localhost:8080", f"localhost:{port}").replace(".rulemint/", f"{system.data_dir}/")
    path = f"{BIN}:{os.environ['PATH']}"  # as after `source .venv/bin/activate`
    environment = {**os.environ, "PATH": path, "RULEMINT_DATA_DIR": str(system.data_dir)}
    done = subprocess.run(
        ["bash", "-euc", script], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    return done.stdout


def claims_of(token: str) -> str:
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


def test_the_curl_of_the_first_screen_gets_the_answer_that_stands_below_it(demo_system: System) -> None:
    answer = json.loads(run(block_with('"client_id": "demo-client"'), demo_system))
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 86_400, "test extra")


def test_the_rule_of_the_first_screen_is_the_one_that_runs() -> None:
    assert block_with("module.exports").strip() == (ROOT / "examples/rules/seed.js").read_text().strip()


def test_the_command_line_example_deploys_a_rule_and_the_one_over_http_lists_it(demo_system: System) -> None:
    try:
        assert run(block_with("rules deploy"), demo_system).endswith("the rule greeter runs as version 1\n")
        rules = json.loads(run(block_with("/api/v2/rules"), demo_system))
        assert "greeter" in {rule["name"] for rule in rules}
        answer = json.loads(run(block_with('"client_id": "demo-client"'), demo_system))
        assert answer["scope"] == "test extra"
        assert '"plan":"gold"' in claims_of(answer["access_token"])
    finally:  # others use this system too
        run("rulemint rules delete greeter --yes", demo_system)


def test_the_first_command_comes_early() -> None:
    assert README.splitlines().index("    make run") < 15
