"""Every command of docs/explain.md runs as it stands there, one after the other, against a real system."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator

import jwt
import pytest

from fixtures.processes import ROOT, until
from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(300)

PAGE = ROOT / "docs/explain.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "\x1e"
"""Printed after each block, with its exit status."""


def blocks() -> list[str]:
    """The shell blocks of the page, in their order."""
    return [text for kind, text in _BLOCK.findall(PAGE.read_text()) if kind == "sh"]


class Shell:
    """A shell of somebody who pastes one block after the other."""

    def __init__(self, place: Workplace) -> None:
        self._process = subprocess.Popen(
            ["bash"],
            cwd=place.folder,
            env=place.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def paste(self, block: str) -> str:
        """What *block* prints; each of its lines has to succeed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"failed=0; trap 'failed=1' ERR\n{block}\ntrap - ERR; printf '{END}%s\\n' $failed\n")
        self._process.stdin.flush()
        printed = ""
        for line in self._process.stdout:
            printed += line
            if END in line:
                break
        printed, _, failed = printed.partition(END)
        assert failed.strip() == "0", f"{block}\n{printed}"
        return printed

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture
def shell(workplace: Workplace) -> Iterator[Shell]:
    opened = Shell(workplace)
    yield opened
    opened.close()


def test_every_command_of_the_page_runs_and_shows_what_the_page_says(workplace: Workplace, shell: Shell) -> None:
    printed = {block: _pasted(workplace, shell, block) for block in blocks()}

    def of(text: str) -> str:
        return next(output for block, output in printed.items() if text in block)

    assert json.loads(of("api GET exchanges/$EXCHANGE\n").splitlines()[-1])["outcome"] == "granted"
    assert "equal" in of("exchanges replay $EXCHANGE\n")
    assert "claims.limit" in of("--set client.metadata.plan=gold")
    assert "1 of 1 cases hold" in of("exchanges save-as-test")
    assert "the draft changes none of 1 token requests" in of("rules backtest stock.js")
    assert "silver may read" in of("exchanges/$EXCHANGE/case")
    assert "at line 6" in of("rulemint explain $EXCHANGE")
    explained = json.loads(of("exchanges/$EXCHANGE/explanation"))
    assert explained["depth"] == "replayed"
    assert [(each["name"], each["set_by"][0]["line"]) for each in explained["claims"]] == [("plan", 6)]
    assert [each["reason"] for each in explained["absent"] if each["name"] == "limit"] == ["branch_not_taken"]
    assert "would have come with client.metadata.plan=gold" in of("--flip claim:limit")
    assert json.loads(of("exchanges/$EXCHANGE/flip"))["set"] == ["client.metadata.plan=gold"]


def _pasted(workplace: Workplace, shell: Shell, block: str) -> str:
    """What the block prints. Who reads is slower than records, which are written behind the answer."""
    printed = shell.paste(block.replace("localhost:8080", f"localhost:{workplace.port}"))
    for line in printed.splitlines():
        assert not line.startswith('{"statusCode"'), f"{block}\n{printed}"
    if "rulemint token --client" in block:
        token = (workplace.folder / "stock.token").read_text().strip()
        exchange = jwt.decode(token, options={"verify_signature": False})["jti"]
        until(lambda: workplace.rulemint("exchanges", "show", exchange).returncode == 0)
        until(lambda: workplace.rulemint("exchanges", "tape", exchange).returncode == 0)
    return printed


def test_no_command_of_the_page_stands_where_it_is_not_run() -> None:
    page = PAGE.read_text()
    others = [text for kind, text in _BLOCK.findall(page) if kind != "sh"]
    assert [text for text in others if "rulemint " in text or "api " in text] == []


def test_what_the_page_names_in_its_sentences_is_run_in_a_block_or_is_there(workplace: Workplace) -> None:
    """A command in a sentence is one that exists."""
    text = _BLOCK.sub("", PAGE.read_text())
    named = {" ".join(re.findall(r"[a-z-]+", found)[:2]) for found in re.findall(r"`rulemint ([a-z -]+)", text)}
    assert named
    for command in named:
        words = command.split()
        ended = workplace.rulemint(*words, "--help")
        assert ended.returncode == 0, f"rulemint {command}: {ended.both}"
