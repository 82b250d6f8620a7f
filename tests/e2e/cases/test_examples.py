"""The rules of examples/rules: each has cases, and they hold for real, with real packages and a real service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.processes import ROOT
from fixtures.rule_bench import KEY, Bench, Service
from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(240)

EXAMPLES = ROOT / "examples/rules"
RULES = sorted(file for file in EXAMPLES.iterdir() if file.suffix in {".js", ".ts", ".py"})
LIVE = """
cases:
  - name: the service knows
    client: {{id: robot/1}}
    expect:
      claims: {known}
      calls: [{{method: GET, status: {status}}}]
"""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_cases_of_an_example_hold(place: Workplace, rule: Path) -> None:
    done = place.rulemint("test", str(rule))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_an_example_says_yes_to_a_client_without_metadata(place: Workplace, rule: Path) -> None:
    cases = rule.with_name(f"{rule.stem}.cases.yaml").read_text()
    options = ["--dep", "ip-address"] if "ip-address" in cases else ["--dep", "httpx"] if "httpx" in cases else []
    tried = place.json("try", str(rule), "--client", "{}", "--scope", "read", *options)
    assert (tried["outcome"], tried["scope"][0]) == ("granted", "read")


@pytest.mark.parametrize(
    ("rule", "secret", "known", "otherwise"),
    [
        pytest.param("service.js", "PLANS", {"plan": "gold"}, {"plan": "free", "plan_is_current": False}, id="fetch"),
        pytest.param("httpx-roles.py", "ROLES", {"https://example.com/roles": ["editor"]},
                     {"https://example.com/roles": []}, id="httpx"),
    ],
)  # fmt: skip
def test_an_example_that_calls_a_service_falls_back_when_that_is_wrong_or_slow(
    bench: Bench, tmp_path: Path, rule: str, secret: str, known: dict[str, Any], otherwise: dict[str, Any]
) -> None:
    service = bench.service

    def run(claims: dict[str, Any], *, status: str = "200") -> None:
        cases = tmp_path / "live.yaml"
        cases.write_text(LIVE.format(known=claims, status=status))
        dependencies = ["--dep", "httpx"] if rule.endswith(".py") else []
        options = ["--secret", f"{secret}_URL={service.url}", "--secret", f"{secret}_KEY={KEY}"]
        done = bench.place.rulemint(
            "test", str(EXAMPLES / rule), "--cases", str(cases), *options, "--allow-host", service.host, *dependencies
        )
        assert done.returncode == 0, (done.stdout, done.stderr)

    run(known)
    assert service.asked == [_path(rule)]
    service.status = 500
    run(otherwise, status="500")
    service.status, service.body = 200, b"no json"
    run(otherwise)
    _hang(service)
    run(otherwise, status="null")


def _path(rule: str) -> str:
    return "/clients/robot%2F1" if rule == "service.js" else "/roles?client=robot%2F1"


def _hang(service: Service) -> None:
    service.is_stuck = True
