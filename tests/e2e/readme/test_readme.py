"""The README is run, not only read."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from fixtures.processes import BIN, ROOT
from fixtures.system import System

README = (ROOT / "README.md").read_text()


def block_with(text: str) -> str:
    """The indented block of the README that contains *text*."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", README, re.MULTILINE)
    return next("\n".join(line[4:] for line in block.splitlines()) for block in blocks if text in block)


def run(script: str, system: System, *, folder: Path = ROOT) -> str:
    port = system.url.rpartition(":")[2]
    script = script.replace("localhost:8080", f"localhost:{port}").replace(".rulemint/", f"{system.data_dir}/")
    path = f"{BIN}:{os.environ['PATH']}"  # as after `source .venv/bin/activate`
    environment = {**os.environ, "PATH": path, "RULEMINT_DATA_DIR": str(system.data_dir)}
    done = subprocess.run(
        ["bash", "-euc", script], capture_output=True, text=True, check=True, cwd=folder, env=environment
    )
    return done.stdout


def test_the_curl_of_the_first_screen_gets_the_answer_that_stands_below_it(demo_system: System) -> None:
    answer = json.loads(run(block_with('"client_id": "demo-client"'), demo_system))
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 86_400, "test extra")


def test_the_rule_of_the_first_screen_has_three_lines_and_is_the_one_that_is_deployed() -> None:
    rule = block_with("module.exports").strip()
    assert len(rule.splitlines()) == 3
    assert rule in block_with("cat > plan.js")


def test_the_commands_are_followed_word_for_word_and_do_what_the_page_says(demo_system: System, tmp_path: Path) -> None:
    try:
        run(block_with("cat > plan.js").replace("source .venv/bin/activate\n", ""), demo_system, folder=tmp_path)
        printed = run(block_with("rules deploy"), demo_system, folder=tmp_path)
        assert "the rule plan runs as version 1\n" in printed
        said = re.search(r"The token has `(\S+)  (\w+)`", README)
        assert said is not None
        assert re.search(rf"^{re.escape(said[1])} +{said[2]}$", printed.rpartition("version 1")[2], re.MULTILINE)
        watched = run(block_with("rulemint logs"), demo_system, folder=tmp_path)
        assert "plan@1" in watched
        assert said[1] in watched
        answer = json.loads(run(block_with('"client_id": "demo-client"'), demo_system))
        assert answer["scope"] == "test extra"
    finally:  # others use this system too
        run("rulemint rules delete plan --yes", demo_system)


def test_the_first_command_comes_early() -> None:
    assert README.splitlines().index("    make run") < 16
