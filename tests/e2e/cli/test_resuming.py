"""A rule that pauses runs again when somebody says so on the command line."""

from __future__ import annotations

import pytest

from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(120)

SECRET = "demo-secret-not-for-production"  # of the demo, for all to know
ASK = ("token", "--client", "demo-client", "--audience", "https://api.example.com/")
CRASHES = "import os\n\ndef rule(client, scope, audience, context):\n    __import__('ctypes').CDLL(None)._exit(3)\n"


@pytest.mark.parametrize(
    ("more", "whom"),
    [
        pytest.param((), "all clients", id="for all"),
        pytest.param(("--client", "demo-client"), "the client demo-client", id="for one client"),
    ],
)
def test_a_rule_that_pauses_is_resumed(workplace: Workplace, more: tuple[str, ...], whom: str) -> None:
    file = workplace.folder / "crashing.py"
    file.write_text(CRASHES)
    assert workplace.rulemint("rules", "deploy", str(file), "--yes").returncode == 0
    try:
        codes = [workplace.rulemint(*ASK, RULEMINT_CLIENT_SECRET=SECRET).stderr for _ in range(4)]
        assert ["temporarily_unavailable" in text for text in codes] == [False] * 3 + [True]
        assert "for the client demo-client until " in workplace.rulemint("rules", "list").stdout
        shown = workplace.json("rules", "show", "crashing")["pause"]
        assert (shown["clients"], shown["why"]) == (["demo-client"], "three crashes")
        done = workplace.rulemint("rules", "resume", "crashing", *more)
        assert (done.returncode, done.stdout.endswith(f"runs again for {whom}\n")) == (0, True), done.stdout
        assert "temporarily_unavailable" not in workplace.rulemint(*ASK, RULEMINT_CLIENT_SECRET=SECRET).stderr
    finally:
        workplace.rulemint("rules", "delete", "crashing", "--yes")


def test_what_is_not_there_cannot_be_resumed(workplace: Workplace) -> None:
    assert "there is no rule nothing" in workplace.rulemint("rules", "resume", "nothing").stderr
