"""Rules that call other services, from the management API to the live log, against a real TLS server."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
import pytest
from bench.free_ports import free_port

from fixtures.management import Management, open_management, read_exchange
from fixtures.processes import started_dev
from fixtures.system import System
from fixtures.watching import watching
from fixtures.web import Authority

NAME = "plans.example.com"
JAVASCRIPT = """
export default async ({ client, context }) => {
  const answer = await fetch(`https://HOST/plans?client=${client.id}`, {
    headers: { authorization: `Bearer ${context.webtask.secrets.KEY}` },
  });
  const { plan } = await answer.json();
  return { plan };
};
"""
PYTHON = """
from rulemint import fetch


def rule(client, scope, audience, context):
    key = context["webtask"]["secrets"]["KEY"]
    answer = fetch(f"https://HOST/plans?client={client['id']}", headers={"authorization": f"Bearer {key}"})
    return {"plan": answer.json()["plan"]}
"""
URLLIB = """
import json
import urllib.request


def rule(client, scope, audience, context):
    key = context["webtask"]["secrets"]["KEY"]
    url = f"https://HOST/plans?client={client['id']}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request) as answer:
        return {"plan": json.load(answer)["plan"]}
"""


@dataclass
class Plans:
    """A service that knows clients' plans, for those who have its key."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    callers: list[object] = field(default_factory=list)
    """The other end of the connection of each of these."""

    @property
    def host(self) -> str:
        return f"{NAME}:{self.port}"


@dataclass(frozen=True)
class Scene:
    """A system whose rules can reach one service on this machine."""

    system: System
    plans: Plans


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("egress")
    authority = Authority(folder)
    plans = Plans()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept

        def do_GET(self) -> None:
            plans.asked.append(self.path)
            plans.callers.append(self.client_address)
            allowed = self.headers["authorization"] == "Bearer the-key-of-the-plans"
            body = json.dumps({"plan": "gold"} if allowed else {"plan": None}).encode()
            self.send_response(200 if allowed else 401)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = authority.server(NAME).wrap_socket(server.socket, server_side=True)
        plans.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with _started(folder, authority) as system:
            yield Scene(system, plans)
        server.shutdown()


@contextmanager
def _started(folder: Path, authority: Authority) -> Iterator[System]:
    hosts_file, data_dir, port = folder / "hosts", folder / "data", free_port()
    hosts_file.write_text(f"127.0.0.1 {NAME}\n10.0.0.1 inside.example.com\n")
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    environment = {
        "RULEMINT_EGRESS_HOSTS_FILE": str(hosts_file),
        "RULEMINT_EGRESS_CA_FILE": str(authority.file),
        "RULEMINT_EGRESS_ALLOW_PRIVATE": "127.0.0.0/8",
    }
    with started_dev(environment, data_dir=data_dir, port=port) as process:
        yield System(f"http://127.0.0.1:{port}", data_dir, process)


@pytest.fixture
async def management(scene: Scene) -> AsyncIterator[Management]:
    async with open_management(scene.system.url, scene.system.admin) as opened:
        yield opened


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param("javascript", JAVASCRIPT, id="javascript fetch"),
        pytest.param("python", PYTHON, id="python fetch"),
        pytest.param("python", URLLIB, id="python urllib"),
    ],
)
async def test_a_claim_comes_from_a_service_that_the_rule_may_call(
    scene: Scene, management: Management, language: str, script: str
) -> None:
    client = await management.a_client()
    rule = management.rule(
        script.replace("HOST", scene.plans.host),
        language=language,
        rule_secrets={"KEY": "the-key-of-the-plans"},
        allow_hosts=[scene.plans.host],
    )
    async with rule, watching(management) as watch:
        answer = await management.ask(client.request())
        assert answer.status == 200, answer.text
        record = await read_exchange(management, answer.headers["x-request-id"])
        records = await watch.until_ended(record["id"])
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    assert claims["plan"] == "gold"
    assert scene.plans.asked[-1] == f"/plans?client={client.client_id}"
    (kept,), (live,) = record["calls"], [each for each in records if each["type"] == "call"]
    assert (kept["method"], kept["host"], kept["status"]) == ("GET", scene.plans.host, 200)
    assert (live["host"], live["status"], live["bytes_received"]) == (scene.plans.host, 200, 16)
    assert "the-key-of-the-plans" not in json.dumps([record, records])
    assert "/plans" not in json.dumps([record, records])


async def test_a_rule_keeps_its_connection_and_shares_it_with_no_other_rule_of_its_tenant(
    scene: Scene, management: Management
) -> None:
    client = await management.a_client()
    script, allowed = JAVASCRIPT.replace("HOST", scene.plans.host), [scene.plans.host]
    secrets = {"KEY": "the-key-of-the-plans"}
    scene.plans.callers.clear()
    async with (
        management.rule(script, name="one", rule_secrets=secrets, allow_hosts=allowed),
        management.rule(script, name="other", rule_secrets=secrets, allow_hosts=allowed),
    ):
        for _ in range(3):
            assert (await management.ask(client.request())).status == 200
    one, other = set(scene.plans.callers[::2]), set(scene.plans.callers[1::2])
    assert len(scene.plans.callers) == 6
    assert len(one) == len(other) == 1
    assert one != other


async def test_a_host_that_is_not_listed_is_refused_and_the_log_says_which_entry_would_allow_it(
    scene: Scene, management: Management
) -> None:
    client = await management.a_client()
    asked = len(scene.plans.asked)
    async with management.rule(JAVASCRIPT.replace("HOST", scene.plans.host), allow_hosts=["other.example.com"]):
        answer = await management.ask(client.request())
        record = await read_exchange(management, answer.headers["x-request-id"])
    assert (answer.status, record["outcome"]) == (500, "failed:exception")
    assert scene.plans.host in record["lines"][-1]["message"]
    assert "allow_hosts" in record["lines"][-1]["message"]
    assert record["calls"][0]["error"].startswith("denied")
    assert len(scene.plans.asked) == asked


async def test_a_listed_name_that_leads_inside_is_refused(management: Management) -> None:
    client = await management.a_client()
    script = "export default async () => { await fetch('https://inside.example.com/') }"
    async with management.rule(script, allow_hosts=["inside.example.com"]):
        answer = await management.ask(client.request())
        record = await read_exchange(management, answer.headers["x-request-id"])
    assert answer.status == 500
    assert "not public" in record["lines"][-1]["message"]


async def test_a_changed_list_holds_from_the_next_invocation_on(scene: Scene, management: Management) -> None:
    client = await management.a_client()
    script = JAVASCRIPT.replace("HOST", scene.plans.host)
    secrets = {"KEY": "the-key-of-the-plans"}
    async with management.rule(script, rule_secrets=secrets, allow_hosts=[scene.plans.host]) as rule:
        assert (await management.ask(client.request())).status == 200
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"allow_hosts": []})
        assert (await management.ask(client.request())).status == 500
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"allow_hosts": [scene.plans.host]})
        assert (await management.ask(client.request())).status == 200
