"""``rulemint dev`` as its user meets it: the first start, the stop, and everything that can go wrong between."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.free_ports import free_port

from fixtures.processes import BIN, ROOT, Started, family_of, is_alive, is_ready, started, started_dev, until
from fixtures.system import System
from fixtures.valkey import ONE_SERVER

pytestmark = pytest.mark.timeout(120)

DEMO_REQUEST = {
    "client_id": "demo-client",
    "client_secret": "demo-secret-not-for-production",
    "audience": "https://api.example.com/",
    "grant_type": "client_credentials",
}


def ask(port: int, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/oauth/token", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=15) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def payload_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return payload


def gets_a_token(port: int) -> bool:
    try:
        return ask(port, DEMO_REQUEST)[0] == 200
    except OSError:
        return False


def test_the_printed_curl_line_answers_with_the_token_that_the_demo_s_rule_made(demo_system: System) -> None:
    output = demo_system.process.output
    curl = output[output.index("curl -s ") : output.index("Command line")]
    done = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 86_400, "test extra")
    payload = payload_of(answer["access_token"])
    assert payload.pop("exp") == payload.pop("iat") + 86_400
    assert payload.pop("jti")
    assert payload == {
        "iss": demo_system.admin["issuer"],
        "sub": "demo-client@clients",
        "aud": "https://api.example.com/",
        "azp": "demo-client",
        "client_id": "demo-client",
        "gty": "client-credentials",
        "scope": "test extra",
        "https://foo.com/claim": "bar",
    }


def test_the_printed_command_line_is_found_as_printed(demo_system: System) -> None:
    output = demo_system.process.output
    line = next(line for line in output.splitlines() if line.startswith("Command line:"))
    typed = line.removeprefix("Command line:").replace("    then: ", " && ").strip()
    done = subprocess.run(
        ["bash", "-c", typed], capture_output=True, text=True, check=True, cwd=ROOT, env={"PATH": "/usr/bin:/bin"}
    )
    assert "Usage: rulemint" in done.stdout


def test_a_program_gets_one_line_that_says_where_the_system_is(tmp_path: Path) -> None:
    port, tls_port = free_port(), free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RULEMINT_")}
    variables = {"RULEMINT_DATA_DIR": "data", "RULEMINT_PORT": str(port), "RULEMINT_TLS_PORT": str(tls_port)}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [str(BIN / "rulemint"), "dev", "--json"],
            cwd=tmp_path, env={**inherited, **variables}, stdout=subprocess.PIPE, stderr=log, text=True,
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            assert ready == {
                "url": f"http://localhost:{port}/",
                "domain": f"localhost:{port}",
                "tls_domain": f"localhost:{tls_port}",
                "tls_authority": str(tmp_path / "data/tls/ca.pem"),
                "admin_file": str(tmp_path / "data/admin.json"),
                "logs_url": f"http://localhost:{port}/logs",
            }
            assert gets_a_token(port)
            assert json.loads(Path(ready["admin_file"]).read_text())["tls_domain"] == ready["tls_domain"]
            trusting = ssl.create_default_context(cafile=ready["tls_authority"])
            with urllib.request.urlopen(f"https://{ready['tls_domain']}/readyz", context=trusting) as answer:
                assert answer.status == 200
        finally:
            process.terminate()
        assert process.stdout.read() == ""
        assert process.wait(10) == 0
    assert "gateway" in (tmp_path / "log").read_text()


def test_what_it_keeps_is_for_its_owner_only(demo_system: System) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    data_dir = demo_system.data_dir
    assert mode(data_dir) == mode(data_dir / "valkey") == 0o700
    assert [mode(data_dir / name) for name in ("master.key", "runner.key", "admin.json", "valkey.password")] == [
        0o600
    ] * 4
    assert set(demo_system.admin) == {"issuer", "client_id", "client_secret", "audience"}


def test_no_secret_is_in_the_log_or_in_a_command_line(demo_system: System) -> None:
    ask(int(demo_system.url.rpartition(":")[2]), DEMO_REQUEST)
    password = (demo_system.data_dir / "valkey.password").read_text().strip()
    master_key = (demo_system.data_dir / "master.key").read_text().strip()
    command_lines = [
        Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in family_of(demo_system.process.process.pid)
    ]
    runner_key = (demo_system.data_dir / "runner.key").read_text().strip().partition(":")[2]
    for secret in (password, master_key, runner_key, demo_system.admin["client_secret"]):
        assert secret not in demo_system.process.output
        assert not [line for line in command_lines if secret in line]


def test_sigterm_ctrl_c_and_sigkill_leave_no_process_and_the_next_start_remembers_what_was_acknowledged(
    tmp_path: Path,
) -> None:
    port = free_port()
    with started_dev({}, data_dir=tmp_path / "data", port=port) as process:
        family = family_of(process.process.pid)
        assert len(family) >= 5
        admin = (tmp_path / "data/admin.json").read_text()
        process.process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert not [pid for pid in family if is_alive(pid)]
    with started_dev({}, data_dir=tmp_path / "data", port=port) as process:
        assert (tmp_path / "data/admin.json").read_text() == admin
        assert gets_a_token(port)
        delete_the_demo_s_client(port, json.loads(admin))
        family = family_of(process.process.pid)
        process.process.kill()
        until(lambda: not [pid for pid in family if is_alive(pid)])
    with started_dev({}, data_dir=tmp_path / "data", port=port) as process:
        assert ask(port, DEMO_REQUEST)[1]["error"] == "invalid_client"
        process.process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert "Traceback" not in process.output
        assert process.lines[-1].endswith("stopped")


def delete_the_demo_s_client(port: int, admin: dict[str, str]) -> None:
    own = {name: admin[name] for name in ("client_id", "client_secret", "audience")}
    token = ask(port, {**own, "grant_type": "client_credentials"})[1]["access_token"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v2/clients/demo-client",
        method="DELETE",
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request) as response:
        assert response.status == 204


@pytest.fixture(scope="module")
def maimed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Started, int]]:
    """A system whose children tests kill and stop: each test leaves it as it was, or the next fails."""
    port = free_port()
    with started_dev({}, data_dir=tmp_path_factory.mktemp("maimed") / "data", port=port) as process:
        yield process, port


@pytest.mark.parametrize(
    "name", ["rulemint_gateway", "rulemint_runner", pytest.param("valkey-server", marks=ONE_SERVER)]
)
def test_a_child_that_dies_is_started_again(maimed: tuple[Started, int], name: str) -> None:
    process, port = maimed
    until(lambda: gets_a_token(port), failing=process)
    victim = child_named(process, name)
    os.kill(victim, signal.SIGKILL)
    until(lambda: not is_alive(victim) and gets_a_token(port), failing=process)


def child_named(process: Started, name: str) -> int:
    """The process that runs the program or module *name* itself, not one of its own children."""
    for pid in family_of(process.process.pid):
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
        if name in {Path(argv[0].split(" ")[0]).name, argv[-1]}:  # Valkey writes its address behind its name
            return pid
    raise AssertionError(f"no process {name}")


@pytest.mark.parametrize("case", ["port", "port of https", "data directory", "second copy", "master key", "setting"])
def test_what_cannot_work_gets_one_clear_line_and_a_failing_exit(
    demo_system: System, tmp_path: Path, case: str
) -> None:
    port, data_dir = free_port(), tmp_path / "data"
    environment = {"RULEMINT_DATA_DIR": str(data_dir), "RULEMINT_PORT": str(port), "RULEMINT_TLS_PORT": "0"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted, code = "", 1
        if case == "port":
            environment["RULEMINT_PORT"] = str(taken.getsockname()[1])
            wanted = "set RULEMINT_PORT to a free port"
        elif case == "port of https":
            environment["RULEMINT_TLS_PORT"] = str(taken.getsockname()[1])
            wanted = "set RULEMINT_TLS_PORT to a free port, or to 0 for no https"
        elif case == "data directory":
            data_dir.write_text("a file")
            wanted = "set RULEMINT_DATA_DIR"
        elif case == "master key":
            data_dir.mkdir()
            (data_dir / "master.key").write_text("nonsense")
            wanted = "master.key"
        elif case == "setting":
            environment["RULEMINT_PORT"] = "eighty"
            wanted, code = "RULEMINT_PORT", 2
        elif case == "second copy":
            environment["RULEMINT_DATA_DIR"] = str(demo_system.data_dir)
            wanted = "another rulemint dev"
        check_refusal(environment, wanted, code)


def check_refusal(environment: dict[str, str], wanted: str, code: int) -> None:
    with started([str(BIN / "rulemint"), "dev"], environment) as process:
        assert process.wait(20) == code, process.output
    complaints = [line for line in process.lines if line.startswith("rulemint: ")]
    assert len(complaints) == 1, process.output
    assert wanted in complaints[0]
    assert "Traceback" not in process.output


def test_it_uses_a_server_that_runs_already_and_the_first_request_after_readiness_finds_the_demo(
    tmp_path: Path, empty_redis_url: str
) -> None:
    port, data_dir = free_port(), tmp_path / "data"
    environment = {
        "RULEMINT_REDIS_URL": empty_redis_url,
        "RULEMINT_DATA_DIR": str(data_dir),
        "RULEMINT_PORT": str(port),
        "RULEMINT_TLS_PORT": "0",
    }
    with started([str(BIN / "rulemint"), "dev"], environment) as process:
        until(lambda: is_ready(port), failing=process)
        status, answer = ask(port, DEMO_REQUEST)
        assert (status, answer.get("scope")) == (200, "test extra")
        assert not list((data_dir / "valkey").iterdir())
        assert not [line for line in process.lines if line.startswith("valkey")]


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
def test_an_ordinary_user_can_run_it_too() -> None:
    """As root the whole suite has shown the rest; here only that nothing needs root."""
    if not can_read_the_checkout():
        pytest.skip("an ordinary user cannot read this checkout or its interpreter")
    folder = Path(tempfile.mkdtemp(prefix="rulemint-user-"))  # pytest's own folders are root's alone
    os.chown(folder, 65534, 65534)
    port = free_port()
    try:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(BIN / "rulemint"), "dev"]
        environment = {"RULEMINT_DATA_DIR": str(folder / "data"), "RULEMINT_PORT": str(port), "HOME": str(folder)}
        environment["RULEMINT_TLS_PORT"] = str(free_port())
        with started(command, environment) as process:
            until(lambda: gets_a_token(port), failing=process)
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in family_of(process.process.pid)}
            assert owners == {65534}
    finally:
        shutil.rmtree(folder)


def can_read_the_checkout() -> bool:
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(BIN / "python"), "-c", "import arq"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_the_logs_command_shows_what_a_rule_writes(demo_system: System) -> None:
    port = int(demo_system.url.rpartition(":")[2])
    command = [str(BIN / "rulemint"), "logs", "--url", demo_system.url]
    environment = {"RULEMINT_DATA_DIR": str(demo_system.data_dir)}
    with started([*command, "--follow"], environment) as watcher:
        until(lambda: "watching" in watcher.output, failing=watcher)
        assert gets_a_token(port)
        until(lambda: "granted" in watcher.output, failing=watcher)
        assert "seed@1" in watcher.output
        watcher.process.send_signal(signal.SIGINT)
        assert watcher.wait() == 0
        assert "Traceback" not in watcher.output
    with started([*command, "--type", "invocation.ended", "--since", "1h"], environment) as shown:
        assert shown.wait() == 0
    assert "granted" in shown.output
    assert "started" not in shown.output


def test_without_a_runner_a_token_is_unavailable_for_a_while_and_the_system_unready(
    maimed: tuple[Started, int],
) -> None:
    process, port = maimed
    until(lambda: gets_a_token(port), failing=process)
    runner = child_named(process, "rulemint_runner")
    os.kill(runner, signal.SIGSTOP)
    try:
        until(lambda: not is_ready(port), failing=process)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/oauth/token",
            json.dumps(DEMO_REQUEST).encode(),
            {"Content-Type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=15)
        answer = json.load(refused.value)
        assert (refused.value.code, answer["error"]) == (503, "temporarily_unavailable")
        assert int(refused.value.headers["Retry-After"]) >= 1
        assert answer["exchange_id"] == refused.value.headers["X-Request-Id"]
    finally:
        os.kill(runner, signal.SIGCONT)
    until(lambda: gets_a_token(port), failing=process)
