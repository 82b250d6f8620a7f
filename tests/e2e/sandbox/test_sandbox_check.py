"""``rulemint sandbox check``, and a runner whose machine does not contain rules."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.free_ports import free_port

from fixtures.processes import BIN, Started, is_ready, started, until
from fixtures.refusals import without_landlock
from rulemint_shared.contract.sandbox_report import AttackOutcome, LayerState, SandboxReport, decode_report

RULEMINT = str(BIN / "rulemint")
CHECK = (RULEMINT, "sandbox", "check")
DEMO_REQUEST = {
    "client_id": "demo-client",
    "client_secret": "demo-secret-not-for-production",
    "audience": "https://api.example.com/",
    "grant_type": "client_credentials",
}


def checked(*argv: str) -> tuple[int, str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


def report_of(*argv: str) -> tuple[int, SandboxReport]:
    code, text = checked(*argv)
    return code, decode_report(text)


def states(report: SandboxReport) -> dict[str, LayerState]:
    return {layer.name: layer.state for layer in report.layers}


def test_a_machine_that_contains_rules_gets_a_table_and_exit_code_0() -> None:
    code, text = checked(*CHECK)
    assert code == 0
    assert "Rules are contained on this machine." in text
    for shown in ("Landlock", "seccomp", "network namespace", "become another program", "run past its deadline"):
        assert shown in text


def test_the_report_names_every_layer_and_every_attack() -> None:
    code, report = report_of(*CHECK, "--json")
    assert code == 0
    assert report.problems == []
    assert {layer.name for layer in report.layers if layer.required} == {
        "seccomp",
        "Landlock",
        "the runner's own memory",
    }
    assert {attack.host for attack in report.attacks} == {"javascript", "python"}
    assert {attack.outcome for attack in report.attacks} == {AttackOutcome.FAILED}


@pytest.mark.parametrize("abi", [3, 4, 5])
def test_an_older_kernel_s_landlock_can_be_tried_and_holds_with_the_filter(abi: int) -> None:
    code, report = report_of(*CHECK, "--landlock-abi", str(abi), "--json")
    assert code == 0
    assert report.problems == []
    (landlock,) = (layer for layer in report.layers if layer.name == "Landlock")
    assert landlock.state is LayerState.ENFORCED
    assert landlock.detail.startswith(f"ABI {abi}")
    assert {attack.outcome for attack in report.attacks} == {AttackOutcome.FAILED}
    named = {attack.name for attack in report.attacks}
    assert {"name whom a descriptor signals (F_SETOWN)", "read another process's clock (clock_gettime)"} <= named


def test_a_landlock_that_rules_cannot_be_held_with_is_not_tried() -> None:
    done = subprocess.run([*CHECK, "--landlock-abi", "2"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "--landlock-abi" in done.stderr


def test_a_machine_that_lacks_a_layer_gets_a_line_with_what_would_mend_it_and_exit_code_78() -> None:
    code, text = checked(sys.executable, "-c", without_landlock(*CHECK))
    assert code == 78
    assert "Rules are NOT contained on this machine:" in text
    assert "Landlock: ABI 0, 3 is needed; use Linux 6.2 or newer" in text


def test_what_a_missing_layer_would_have_stopped_is_attacked_all_the_same() -> None:
    code, report = report_of(sys.executable, "-c", without_landlock(*CHECK, "--json"))
    assert code == 78
    assert states(report)["Landlock"] is LayerState.MISSING
    assert AttackOutcome.NOT_RUN not in {attack.outcome for attack in report.attacks}
    succeeded = {attack.name for attack in report.attacks if attack.outcome is AttackOutcome.SUCCEEDED}
    assert {"list /", "become another program"} <= succeeded
    assert "open a socket" not in succeeded  # what is there still holds
    if states(report).get("mount namespace") is LayerState.ENFORCED:
        assert "read /etc/passwd" not in succeeded
    else:
        assert "read /etc/passwd" in succeeded


def without_landlock_dev(data_dir: Path, port: int, **variables: str) -> tuple[list[str], dict[str, str]]:
    environment = {"RULEMINT_DATA_DIR": str(data_dir), "RULEMINT_PORT": str(port), "RULEMINT_TLS_PORT": "0"} | variables
    return [sys.executable, "-c", without_landlock(RULEMINT, "dev")], environment


def test_a_runner_that_lacks_a_layer_does_not_serve(tmp_path: Path) -> None:
    with started(*without_landlock_dev(tmp_path / "data", free_port())) as process:
        assert process.wait(30) == 1
    assert "runner cannot start: Landlock: ABI 0" in process.output
    assert "runner ended (exit code 78)" in process.output


@pytest.fixture(scope="module")
def insecure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Started, int]]:
    """The whole system on a kernel without Landlock, because somebody insists."""
    port = free_port()
    argv, environment = without_landlock_dev(
        tmp_path_factory.mktemp("insecure") / "data",
        port,
        RULEMINT_INSECURE_SANDBOX="1",
        RULEMINT_SELF_CHECK_INTERVAL="1",
        RULEMINT_METRICS_PORT=str(free_port()),
    )
    with started(argv, environment) as process:
        until(lambda: is_ready(port) and "Ask for a token" in process.output, failing=process)
        yield process, port


def test_an_insecure_runner_serves_and_shouts_again_and_again(insecure: tuple[Started, int]) -> None:
    process, port = insecure
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/oauth/token",
        json.dumps(DEMO_REQUEST).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=15) as response:
        assert json.load(response)["scope"] == "test extra"
    until(lambda: process.output.count("INSECURE: RULES ARE NOT CONTAINED") >= 3, failing=process)
    assert "Landlock: ABI 0" in process.output


def test_a_gateway_says_that_its_runners_are_insecure(insecure: tuple[Started, int]) -> None:
    process, port = insecure
    answers: list[dict[str, Any]] = []

    def seen() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
            answers.append(json.load(response))
            return response.status == 200 and "sandbox" in answers[-1]

    until(seen, failing=process)
    assert answers[-1]["sandbox"] == "INSECURE: 1 of 1 runners do not contain rules"
    assert "INSECURE: runners that do not contain rules" in process.output


def test_a_gateway_s_metrics_raise_the_alarm(insecure: tuple[Started, int]) -> None:
    process, _ = insecure

    def seen() -> bool:
        url = f"http://127.0.0.1:{process.environment['RULEMINT_METRICS_PORT']}/metrics"
        with urllib.request.urlopen(url, timeout=5) as response:
            return "rulemint_insecure_runners 1.0" in response.read().decode().splitlines()

    until(seen, failing=process)
