"""A lost or wrong master key is found at the start, in one line, before anybody is refused for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench.free_ports import free_port

from fixtures.processes import BIN, started, until
from fixtures.runner_keys import make_runner_key
from fixtures.system import answers
from fixtures.valkey import client_of
from rulemint_shared.contract import redis_keys
from rulemint_shared.secrets.vault import create_master_key

pytestmark = pytest.mark.timeout(120)

EVERYWHERE = {"RULEMINT_HOST": "0.0.0.0"}  # noqa: S104  # what a deployment does is tested


def gateway(redis_url: str, key: Path, **more: str) -> tuple[list[str], dict[str, str], int]:
    port = free_port()
    environment = {
        "RULEMINT_REDIS_URL": redis_url,
        "RULEMINT_MASTER_KEY_FILE": str(key),
        "RULEMINT_PORT": str(port),
        **more,
    }
    return [sys.executable, "-m", "rulemint_gateway"], environment, port


def serve_once(redis_url: str, key: Path) -> None:
    argv, environment, port = gateway(redis_url, key)
    with started(argv, environment) as process:
        until(lambda: answers(port), failing=process)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    create_master_key(tmp_path / "right" / "master.key")
    return tmp_path / "right" / "master.key"


@pytest.mark.parametrize("from_before", [False, True], ids=["now", "a store from before there was a check"])
def test_a_gateway_with_another_master_key_does_not_start(
    tmp_path: Path, empty_redis_url: str, key: Path, *, from_before: bool
) -> None:
    serve_once(empty_redis_url, key)
    if from_before:
        with client_of(empty_redis_url) as server:
            server.delete(redis_keys.KEY_CHECK)
    create_master_key(tmp_path / "wrong.key")
    admin = tmp_path / "admin.json"
    argv, environment, _port = gateway(empty_redis_url, tmp_path / "wrong.key", RULEMINT_ADMIN_FILE=str(admin))
    with started(argv, environment) as process:
        assert process.wait() == 1
    assert process.lines[-1].startswith("rulemint-gateway: RULEMINT_MASTER_KEY_FILE is not the master key")
    assert "Traceback" not in process.output
    assert not admin.exists()


def test_a_new_key_above_the_old_one_is_a_rotation_and_starts(tmp_path: Path, empty_redis_url: str, key: Path) -> None:
    serve_once(empty_redis_url, key)
    create_master_key(tmp_path / "new.key")
    (tmp_path / "new.key").write_bytes((tmp_path / "new.key").read_bytes() + key.read_bytes())
    serve_once(empty_redis_url, tmp_path / "new.key")


def test_a_runner_with_a_key_of_another_master_key_does_not_start(
    tmp_path: Path, empty_redis_url: str, key: Path
) -> None:
    serve_once(empty_redis_url, key)
    environment = {
        "RULEMINT_REDIS_URL": empty_redis_url,
        "RULEMINT_RUNNER_KEY_FILE": str(make_runner_key(tmp_path / "wrong")),
    }
    with started([sys.executable, "-m", "rulemint_runner"], environment) as process:
        assert process.wait(60) == 1
    assert "RULEMINT_RUNNER_KEY_FILE is of another master key" in process.lines[-1]
    assert "Traceback" not in process.output


def init(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / "rulemint", "init", *arguments], capture_output=True, text=True, check=False)


def test_init_makes_no_new_key_beside_the_data_of_another(tmp_path: Path) -> None:
    folder, data = tmp_path / "keys", tmp_path / "valkey"
    data.mkdir()
    assert init(folder, "--data", data).returncode == 0
    (data / "appendonlydir").mkdir()
    assert init(folder, "--data", data).returncode == 0
    (folder / "master.key").unlink()
    refused = init(folder, "--data", data)
    assert refused.returncode == 1
    assert f"there is data in {data} but no master key" in refused.stderr
    assert not (folder / "master.key").exists()


def test_dev_makes_no_new_key_beside_the_data_of_another(tmp_path: Path) -> None:
    (tmp_path / "valkey" / "appendonlydir").mkdir(parents=True)
    environment = {"RULEMINT_DATA_DIR": str(tmp_path), "RULEMINT_PORT": str(free_port())}
    with started([str(BIN / "rulemint"), "dev"], environment) as process:
        assert process.wait() == 1
    assert "no master key" in process.output
    assert not (tmp_path / "master.key").exists()


def test_the_demo_s_secret_is_warned_of_where_others_can_reach_it(
    tmp_path: Path, empty_redis_url: str, key: Path
) -> None:
    admin = tmp_path / "admin.json"
    argv, environment, port = gateway(empty_redis_url, key, RULEMINT_ADMIN_FILE=str(admin))
    words = "the demo client's secret is known to everyone"
    with started(argv, environment) as process:
        until(lambda: answers(port), failing=process)
        demo = [str(BIN / "rulemint"), "demo", "--admin-file", str(admin), "--url", f"http://127.0.0.1:{port}/"]
        made = subprocess.run(demo, check=False, capture_output=True, text=True)
        assert "no runner is there" in made.stderr, made.stderr  # its client is made all the same
    for exposed in (EVERYWHERE, {"RULEMINT_ISSUER": "https://id.example.com/"}):
        with started(argv, {**environment, **exposed}) as process:
            until(lambda: answers(port), failing=process)
            assert words in process.output
    with started(argv, environment) as process:
        until(lambda: answers(port), failing=process)
        assert words not in process.output
        removed = subprocess.run([*demo, "--remove", "--yes", "--json"], check=True, capture_output=True)
        assert len(json.loads(removed.stdout)["removed"]) == 2  # without a runner it has no rule
        again = subprocess.run([*demo, "--remove", "--yes", "--json"], check=True, capture_output=True)
        assert json.loads(again.stdout) == {"removed": []}
    with started(argv, {**environment, **EVERYWHERE}) as process:
        until(lambda: answers(port), failing=process)
        assert words not in process.output
