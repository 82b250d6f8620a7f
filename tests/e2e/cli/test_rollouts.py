"""``rulemint rules deploy --canary`` and ``rulemint rules rollout``, as an operator types them."""

from __future__ import annotations

import pytest

from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(120)


def a_text(number: int) -> str:
    return f'def rule(client, scope, audience, context):\n    return {{"n": {number}}}\n'


def test_a_canary_is_begun_shown_stopped_and_promoted(workplace: Workplace) -> None:
    file = workplace.folder / "rolling.py"
    file.write_text(a_text(1))
    none_yet = workplace.rulemint("rules", "deploy", str(file), "--canary", "5%,100%", "--yes")
    assert (none_yet.returncode, "deploy it first" in none_yet.stderr) == (1, True)
    assert workplace.rulemint("rules", "deploy", str(file), "--yes").returncode == 0
    same = workplace.rulemint("rules", "deploy", str(file), "--canary", "5%,100%", "--yes")
    assert (same.returncode, "nothing differs from version 1" in same.stderr) == (1, True)

    file.write_text(a_text(2))
    began = workplace.rulemint("rules", "deploy", str(file), "--canary", "5%,100%", "--hold", "10m", "--yes")
    assert began.stdout.endswith("version 2 of rolling runs for 5 % of the clients\n"), began.stderr
    shown = workplace.json("rules", "rollout", "rolling")
    assert (shown["state"], shown["steps"], shown["hold_s"]) == ("running", [5.0, 100.0], 600)
    lines = workplace.rulemint("rules", "rollout", "rolling").stdout.splitlines()
    assert lines[:2] == ["canary of version 2 of rolling: running", "steps: 5 %, 100 %; now 5 %"]
    stopped = workplace.rulemint("rules", "rollout", "rolling", "--stop", "--yes").stdout
    assert stopped.startswith("canary of version 2 of rolling: stopped\n")

    workplace.rulemint("rules", "deploy", str(file), "--canary", "5", "--yes")
    promoted = workplace.rulemint("rules", "rollout", "rolling", "--promote", "--yes")
    assert promoted.stdout == "the rule rolling runs as version 2\n"
    assert workplace.json("rules", "rollout", "rolling")["state"] == "promoted"
    workplace.rulemint("rules", "delete", "rolling", "--yes")


def test_a_shadow_is_begun_and_its_runs_are_counted(workplace: Workplace) -> None:
    file = workplace.folder / "shady.py"
    file.write_text(a_text(1))
    workplace.rulemint("rules", "deploy", str(file), "--yes")
    file.write_text(a_text(2))
    began = workplace.rulemint("rules", "deploy", str(file), "--shadow", "10%", "--yes")
    assert began.stdout.endswith("version 2 of shady runs behind 10 % of the token requests\n"), began.stderr
    shown = workplace.rulemint("rules", "rollout", "shady").stdout.splitlines()
    assert shown[-2:] == [
        "0 equal, 0 different, 0 where nobody can tell, 0 dropped",
        "rulemint logs --type=diff --rule shady shows the differences",
    ]
    workplace.rulemint("rules", "delete", "shady", "--yes")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(("--canary", "many"), "write it as 10%", id="no share"),
        pytest.param(("--canary", "5%", "--shadow", "5%"), "either --canary or --shadow", id="both"),
        pytest.param(("--minimum", "50"), "needs --canary", id="a minimum alone"),
        pytest.param(("--canary", "5%", "--hold", "soon"), "write it as 30m", id="no span"),
    ],
)
def test_options_that_do_not_fit_are_refused(workplace: Workplace, options: tuple[str, ...], said: str) -> None:
    file = workplace.folder / "unfit.py"
    file.write_text(a_text(1))
    refused = workplace.rulemint("rules", "deploy", str(file), *options, "--yes")
    assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr
