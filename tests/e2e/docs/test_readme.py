"""The README is run, not only read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from bench.free_ports import free_port

from fixtures.clone import make_clone
from fixtures.processes import ROOT, is_ready, started, until

pytestmark = pytest.mark.timeout(120)

README = (ROOT / "README.md").read_text()
BLOCKS = [
    "\n".join(line[4:] for line in block.splitlines()).strip()
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", README, re.MULTILINE)
]
MOST_DISTRIBUTIONS, MOST_MIB = 60, 300
"""What `make run` may install. The bigger environment of `make develop` is another."""


def block_with(text: str) -> str:
    """The indented block of the README that contains *text*."""
    return next(block for block in BLOCKS if text in block)


def test_the_rule_of_the_first_screen_has_three_lines_and_is_the_one_that_is_deployed() -> None:
    rule = block_with("module.exports").strip()
    assert len(rule.splitlines()) == 3
    assert rule in block_with("cat > plan.js")


def test_the_first_command_comes_early() -> None:
    assert README.splitlines().index("    make run") < 16


@pytest.mark.timeout(600)
def test_from_a_fresh_clone_in_an_empty_folder_every_command_works_in_its_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clone, port = make_clone(tmp_path / "rulemint"), free_port()
    site = clone / "gateway/rulemint_gateway/site/inline.json"
    site.parent.mkdir()
    site.write_text("{}")  # the pages have tests of their own, and take a minute to build
    make = shutil.which("make")
    assert make is not None
    began_s = time.monotonic()
    environment = {"RULEMINT_PORT": str(port), "RULEMINT_TLS_PORT": "0"}
    with started([make, "-C", str(clone), "run"], environment) as process:
        until(lambda: is_ready(port), timeout_s=500, failing=process)
        took_s = time.monotonic() - began_s
        first, *others = BLOCKS[BLOCKS.index("make run") + 1 :]
        answer = json.loads(_typed(first, clone, port))
        assert answer["scope"] == "test extra", "the first request finds the demo"
        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 86_400)
        printed = _typed("\n".join(others), clone, port)
        said = re.search(r"The token has `(\S+)  (\w+)`", README)
        assert said is not None
        before, _, after = printed.partition("the rule plan runs as version 1\n")
        assert before
        assert re.search(rf"^{re.escape(said[1])} +{said[2]}$", after, re.MULTILINE)
        assert "plan@1" in after, "the log shows the rule"
    packages = list((clone / ".venv").glob("lib/*/site-packages/*.dist-info"))
    mib = sum(file.lstat().st_blocks for file in (clone / ".venv").rglob("*")) * 512 / 1024**2
    with capsys.disabled():
        print(f"\nmake run: ready after {took_s:.0f} s; {len(packages)} distributions, {mib:.0f} MiB")
    assert len(packages) < MOST_DISTRIBUTIONS
    assert mib < MOST_MIB


def _typed(script: str, clone: Path, port: int) -> str:
    """What a shell prints that begins in *clone* with nothing of ours in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RULEMINT_", "VIRTUAL_ENV"))}
    script = script.replace("localhost:8080", f"localhost:{port}")
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=clone,
        env=kept,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
