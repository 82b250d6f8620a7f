"""A gateway behind a proxy: it says that it is about to stop and goes on answering, and its health check follows it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

from fixtures.processes import until
from fixtures.raw_gateway import RawGateway, StartRaw


def status_and_word(gateway: RawGateway, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{gateway.port}{path}", timeout=10) as answer:
            return int(answer.status), str(json.load(answer)["status"])
    except urllib.error.HTTPError as error:
        with error:
            return error.code, str(json.load(error)["status"])


def test_a_gateway_that_is_told_to_stop_answers_until_its_proxy_has_noticed(start_raw: StartRaw) -> None:
    with start_raw(RULEMINT_DRAIN_DELAY="3") as gateway:
        assert status_and_word(gateway, "/healthz") == (200, "alive")
        gateway.process.process.send_signal(signal.SIGTERM)
        until(lambda: status_and_word(gateway, "/healthz") == (200, "draining"), failing=gateway.process)
        assert status_and_word(gateway, "/readyz") == (503, "draining")


def test_without_a_delay_it_stops_at_once(start_raw: StartRaw) -> None:
    with start_raw() as gateway:
        gateway.process.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait() == 0


def test_the_health_check_asks_where_the_gateway_answers(start_raw: StartRaw) -> None:
    with start_raw() as gateway:
        http = {"RULEMINT_HOST": "0.0.0.0", "RULEMINT_PORT": str(gateway.port)}  # noqa: S104  # a setting that is read
        https = http | {"RULEMINT_PORT": str(gateway.tls_port), "RULEMINT_TLS_CERT": "any.pem"}
        for settings in (http, https):
            assert health_check(settings).returncode == 0
            wrong = health_check(settings | {"RULEMINT_PORT": str(gateway.metrics_port)})
            assert wrong.returncode == 1
            assert "Traceback" not in wrong.stderr


def test_a_proxy_that_is_trusted_by_its_name_says_for_whom_it_asks(start_raw: StartRaw) -> None:
    with start_raw(RULEMINT_TRUSTED_PROXY_NAMES="localhost,no-such-host.invalid") as gateway:
        until(lambda: '"trusting proxies"' in gateway.process.output, failing=gateway.process)
        assert "127.0.0.1" in gateway.process.output


def health_check(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RULEMINT_")}
    return subprocess.run(
        [sys.executable, "-m", "rulemint_gateway.alive"],
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
    )
