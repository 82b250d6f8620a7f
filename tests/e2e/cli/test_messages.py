"""What goes wrong is said in plain words: no text of a library, and with --json as JSON."""

from __future__ import annotations

import json
import re
import shlex
import socket

import pytest
from bench.free_ports import free_port

from fixtures.workplace import Workplace

LIBRARY_WORDS = re.compile(r"Invalid response status|Connect call failed|Server disconnected|Traceback")


@pytest.mark.parametrize("arguments", [("logs",), ("logs", "--since", "1h"), ("rules", "list"), ("exchanges",)])
def test_a_system_that_is_stopped_ends_a_command_with_status_1(
    workplace: Workplace, arguments: tuple[str, ...]
) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    done = workplace.rulemint(*arguments, "--url", url)
    assert done.returncode == 1
    assert f"{url} does not answer (Connection refused): start it (rulemint dev)" in done.stderr
    assert not LIBRARY_WORDS.search(done.stderr)


def test_an_error_of_a_command_with_json_is_json_on_standard_error(workplace: Workplace) -> None:
    done = workplace.rulemint("clients", "update", "demo-client", "--set", "nonsense=1", "--json")
    error = json.loads(done.stderr)["error"]
    assert (done.returncode, done.stdout) == (1, "")
    assert (error["status"], error["field"]) == (400, "nonsense")
    assert "nonsense" in error["message"]


def test_http_at_the_port_of_https_is_named(workplace: Workplace) -> None:
    done = workplace.rulemint("rules", "list", "--url", f"http://localhost:{workplace.tls_port}/")
    assert done.returncode == 1
    assert f"if its port speaks https, write https://localhost:{workplace.tls_port}/" in done.stderr
    assert not LIBRARY_WORDS.search(done.stderr)


def test_https_at_the_port_of_http_is_named(workplace: Workplace) -> None:
    done = workplace.rulemint("rules", "list", "--url", f"https://localhost:{workplace.port}/")
    assert done.returncode == 1
    assert f"if its port speaks http, write http://localhost:{workplace.port}/" in done.stderr
    assert not LIBRARY_WORDS.search(done.stderr)


def test_an_address_with_a_path_too_much_is_said_to_be_wrong_and_not_the_credentials(workplace: Workplace) -> None:
    done = workplace.rulemint("rules", "list", "--url", f"http://localhost:{workplace.port}/console/")
    assert done.returncode == 1
    assert "/console/ has no token endpoint: check the address" in done.stderr
    assert "refuses the client" not in done.stderr


def test_a_query_of_the_log_that_is_refused_says_what_the_system_says(workplace: Workplace) -> None:
    done = workplace.rulemint("logs", "--contains", "x" * 2_000)
    assert done.returncode == 1
    assert "refuses to show its logs" in done.stderr
    assert "contains" in done.stderr
    assert not LIBRARY_WORDS.search(done.stderr)


def test_a_level_that_is_none_is_answered_with_all_levels(workplace: Workplace) -> None:
    done = workplace.rulemint("logs", "--level", "trace")
    assert done.returncode == 2
    assert "'debug', 'info', 'warn', 'error'" in done.stderr


def test_an_invocation_that_the_log_does_not_have_is_said_to_be_missing(workplace: Workplace) -> None:
    done = workplace.rulemint("logs", "--invocation", "exc_" + "0" * 28)
    assert (done.returncode, "the log has no record of the invocation exc_0000" in done.stderr) == (1, True)


def test_deleting_a_client_s_only_secret_asks_with_what_follows(workplace: Workplace) -> None:
    (secret,) = workplace.json("clients", "secrets", "demo-client")
    done = workplace.rulemint("clients", "delete-secret", "demo-client", secret["name"], stdin="no\n")
    assert (done.returncode, "the client gets no token until it has another" in done.stderr) == (1, True)
    assert len(workplace.json("clients", "secrets", "demo-client")) == 1


def test_our_own_management_api_is_not_called_auth0_s_in_the_list(workplace: Workplace) -> None:
    listed = workplace.rulemint("apis", "list").stdout
    assert "Management API (built in)" in listed
    assert "Auth0" not in listed


def test_doctor_finds_a_running_system_well_and_names_what_it_looked_at(workplace: Workplace) -> None:
    port, tls_port = str(workplace.port), str(workplace.tls_port)
    done = workplace.process("doctor", "--json", RULEMINT_PORT=port, RULEMINT_TLS_PORT=tls_port)
    found = {each["check"]: each for each in json.loads(done.stdout)}
    assert {"kernel", "port", "disk", "keys", "certificate", "gateway", "Valkey", "time", "system"} <= found.keys()
    assert found["gateway"]["state"] == found["Valkey"]["state"] == found["keys"]["state"] == "ok", done.stdout
    assert done.returncode == int(any(each["state"] == "wrong" for each in found.values()))


def test_doctor_names_the_setting_for_a_port_that_another_program_has(workplace: Workplace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        done = workplace.process("doctor", RULEMINT_PORT=str(number), RULEMINT_TLS_PORT="0")
    assert (done.returncode, f"{number} belongs to another program" in done.stdout) == (1, True), done.stdout
    assert "set RULEMINT_PORT to another port" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("logs", "--level", "trace"), "warn"),
        (("rules", "list", "--nonsense"), "--nonsense"),
        (("rules", "show"), "ID"),
        (("rules", "deploy", "none.js"), "none.js"),
    ],
)
def test_a_wrong_command_line_with_json_is_json_too(
    workplace: Workplace, arguments: tuple[str, ...], said: str
) -> None:
    done = workplace.rulemint(*arguments, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in json.loads(done.stderr)["error"]["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("rules", "show", "nothing"),
        ("clients", "show", "nobody"),
        ("keys", "revoke", "none", "--yes"),
        ("secrets", "delete", "a rule", "NONE", "--yes"),
        ("clients", "delete-secret", "demo-client", "none", "--yes"),
        ("profiles", "use", "none"),
        ("exchanges", "show", "ffffffff"),
        ("rules", "create", "a rule.js"),
        ("rules", "rollback", "a rule", "--yes"),
        ("tenants", "delete", "to-keep", "--yes"),
    ],
    ids=" ".join,
)
def test_a_command_that_a_message_names_works_when_it_is_pasted(
    workplace: Workplace, arguments: tuple[str, ...]
) -> None:
    (workplace.folder / "a rule.js").write_text("export default () => ({});")
    workplace.rulemint("rules", "deploy", "a rule.js", "--client", "nobody-at-all", "--yes")
    workplace.rulemint("tenants", "create", "to-keep", "--host", "to-keep.example.com")
    said = workplace.rulemint(*arguments)
    advised = re.search(
        r"rulemint ((?:[a-z-]+|'[^']+'|to-keep)(?: (?!shows|lists|changes|takes)(?:[a-z-]+|'[^']+'))*)",
        said.both.partition(": ")[2],
    )
    assert advised is not None, said.both
    assert workplace.rulemint(*shlex.split(advised[1])).returncode == 0, (advised[0], said.both)
