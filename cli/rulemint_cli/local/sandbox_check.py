"""Show how rules are isolated on this machine (``rulemint sandbox check``). The runner attacks its own sandbox."""

from __future__ import annotations

import subprocess
import sys

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.printable import printable
from rulemint_shared.contract.sandbox_report import AttackOutcome, LayerState, SandboxReport, decode_report
from rulemint_shared.process.settings import environment_for_child

NO_SANDBOX = 78
"""EX_CONFIG of sysexits(3), which the runner itself ends with."""
CHECK_WITHIN_S = 60.0
_LAYER_STYLES = {LayerState.ENFORCED: "green", LayerState.MISSING: "bold red", LayerState.UNAVAILABLE: "yellow"}
_ATTACK_WORDS = {AttackOutcome.FAILED: "blocked"}
"""The words of an attack's outcome for a reader who looks for failures."""
_ATTACK_STYLES = {
    AttackOutcome.FAILED: "green",
    AttackOutcome.SUCCEEDED: "bold red",
    AttackOutcome.NOT_RUN: "yellow",
}


def check_sandbox(landlock_abi: int | None = None) -> tuple[SandboxReport, bytes]:
    """Let the runner of this installation check its sandbox. Return its report, and the same as JSON.

    With *landlock_abi*, the sandbox uses no newer Landlock, to show what an older kernel would stop.

    Raises:
        CommandError: the check does not finish, or cannot run.
    """
    lowered = () if landlock_abi is None else ("--landlock-abi", str(landlock_abi))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "rulemint_runner", "--check-sandbox", *lowered],
            env=environment_for_child({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CHECK_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(
            f"the runner did not finish its check within {CHECK_WITHIN_S:g} s: try again when this machine is less busy"
        ) from error
    try:
        return decode_report(done.stdout), done.stdout
    except msgspec.DecodeError as error:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise CommandError(f"the runner of this installation cannot check its sandbox: {said[-1]}") from error


def show_report(report: SandboxReport, console: Console) -> None:
    """Print a table of the layers, a table of the attacks, and one line for each problem."""
    layers = Table("layer", "state", "required", "detail", title="Layers", title_justify="left")
    for layer in report.layers:
        state = Text(layer.state, style=_LAYER_STYLES[layer.state])
        layers.add_row(layer.name, state, "yes" if layer.required else "no", Text(printable(layer.detail)))
    attacks = Table(title="Attacks", title_justify="left")
    for heading in ("host", "a rule tries to", "outcome"):
        attacks.add_column(heading, no_wrap=True)
    attacks.add_column("detail")
    for attack in report.attacks:
        outcome = Text(_ATTACK_WORDS.get(attack.outcome, attack.outcome), style=_ATTACK_STYLES[attack.outcome])
        detail = Text(printable(attack.detail), style="dim", no_wrap=True, overflow="ellipsis")
        attacks.add_row(attack.host, attack.name, outcome, detail)
    console.print(layers)
    console.print(attacks)
    problems = report.problems
    console.print("Rules are NOT contained on this machine:" if problems else "Rules are contained on this machine.")
    for problem in problems:
        console.print(Text(printable(problem)), soft_wrap=True)
