"""The proxies and the table of metrics on docs/operating.md, as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
import yaml
from bench.free_ports import free_port

from fixtures.management import Management, open_management
from fixtures.nginx import started_nginx
from fixtures.processes import ROOT, started, started_dev, until
from fixtures.snippets import files_of
from fixtures.system import System
from fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(120)

PAGE = ROOT / "docs/operating.md"
FILES = files_of(PAGE)
NAME = "id.example.com"
CLIENT = "127.0.0.2"
"""The address of a client: not that of the proxy, which the system trusts."""
SAYS = "export default async () => { console.log('through the proxy'); return {}; }"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with the settings that the page has for its proxies."""
    data_dir, port = tmp_path_factory.mktemp("behind") / "data", free_port()
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    settings = dict(re.findall(r"^    (RULEMINT_(?:ISSUER|TRUSTED_PROXIES))=(\S+)$", PAGE.read_text(), re.MULTILINE))
    assert set(settings) == {"RULEMINT_ISSUER", "RULEMINT_TRUSTED_PROXIES"}
    with started_dev(settings, data_dir=data_dir, port=port) as process:
        yield System(f"http://127.0.0.1:{port}", data_dir, process)


@dataclass(frozen=True)
class Proxy:
    """A running one, as its clients see it."""

    session: aiohttp.ClientSession
    url: str
    trust: ssl.SSLContext

    async def ask(self, method: str, path: str, *, host: str = NAME, **kwargs: Any) -> aiohttp.ClientResponse:
        headers = {"Host": host, "X-Forwarded-For": "203.0.113.9", **kwargs.pop("headers", {})}
        return await self.session.request(
            method, f"{self.url}{path}", headers=headers, ssl=self.trust, server_hostname=NAME, **kwargs
        )


Started = Callable[[Path, int, System], AbstractContextManager[object]]


def nginx(folder: Path, port: int, system: System) -> AbstractContextManager[object]:
    lines = FILES["rulemint.conf"].replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    lines = lines.replace("server 127.0.0.1:8080", f"server 127.0.0.1:{system.url.rpartition(':')[2]}")
    return started_nginx(folder, lines.replace(f"/etc/ssl/{NAME}", str(folder / NAME)))


@contextmanager
def caddy(folder: Path, port: int, system: System) -> Iterator[object]:
    """With a certificate of its own: it has none to ask for one."""
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("NOT TESTED: THERE IS NO Caddy (apt-get install caddy)")
    lines = FILES["Caddyfile"].replace("127.0.0.1:8080", f"127.0.0.1:{system.url.rpartition(':')[2]}")
    certificate = f"tls {folder / NAME}.pem {folder / NAME}.key"
    sites = f"https://{NAME}:{port}, https://caddy.example.com:{port}"
    lines = lines.replace(f"{NAME} {{", f"{sites} {{\n{certificate}\n", 1)
    options = "{\n admin off\n auto_https disable_redirects\n grace_period 1s\n servers {\n protocols h1 h2\n }\n}\n"
    written = folder / "Caddyfile"
    written.write_text(options + lines)
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with started([program, "run", "--config", str(written), "--adapter", "caddyfile"], homes) as process:
        yield process


@asynccontextmanager
async def proxied(start: Started, folder: Path, system: System) -> AsyncIterator[Proxy]:
    authority, port = trustme.CA(), free_port()
    certificate = authority.issue_cert(NAME, "caddy.example.com")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(folder / f"{NAME}.pem", append=True)
    certificate.private_key_pem.write_to_path(folder / f"{NAME}.key")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with start(folder, port, system):
        until(lambda: takes_connections(port))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(CLIENT, 0))) as session:
            yield Proxy(session, f"https://127.0.0.1:{port}", trust)


def takes_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def seen_by_a_watcher(proxy: Proxy, management: Management, request: dict[str, Any]) -> tuple[str, list[str]]:
    """Ask for a token while somebody watches the log as a websocket and as lines, both through *proxy*."""
    headers = {"Host": NAME, "Authorization": f"Bearer {management.token}"}
    options: dict[str, Any] = {"ssl": proxy.trust, "server_hostname": NAME, "headers": headers}
    watched = f"{proxy.url}/logs?type=line"
    async with proxy.session.ws_connect(watched, **options) as socket_of_logs:
        lines = await proxy.ask("GET", "/logs?type=line", headers=headers)
        answer = await proxy.ask("POST", "/oauth/token", json=request)
        assert answer.status == 200, await answer.text()
        first = [json.loads(await socket_of_logs.receive_str(timeout=20)), json.loads(await lines.content.readline())]
        lines.close()
    return answer.headers["X-Request-Id"], [record["message"] for record in first]


@pytest.mark.parametrize("start", [nginx, caddy])
async def test_a_proxy_of_the_page_passes_on_the_host_the_address_and_log_streams(
    start: Started, behind: System, tmp_path: Path
) -> None:
    async with open_management(behind.url, behind.admin) as management, proxied(start, tmp_path, behind) as proxy:
        client = await management.a_client()
        found = await (await proxy.ask("GET", "/.well-known/openid-configuration")).json()
        assert found["issuer"] == f"https://{NAME}/"

        name = start.__name__
        await management.create("tenants", {"name": name, "hosts": [f"{name}.example.com"]})
        other = await proxy.ask("GET", "/.well-known/openid-configuration", host=f"{name}.example.com")
        assert (await other.json())["issuer"].rstrip("/").endswith(f"{name}.example.com")

        async with management.rule(SAYS):
            exchange, messages = await seen_by_a_watcher(proxy, management, client.request())
        assert messages == ["through the proxy"] * 2
        record = await seen_record(management, exchange)
        assert record["ip"] == CLIENT, "not the proxy, and not what the client made up"


async def seen_record(management: Management, exchange: str) -> Any:
    """The record of a token request, which is written after its answer."""
    answer = await eventually(
        lambda: management.call("GET", f"/api/v2/exchanges/{exchange}"), lambda seen: seen.status == 200
    )
    return answer.body


def test_the_lines_for_traefik_can_be_read() -> None:
    service = yaml.safe_load(FILES["traefik.yml"])["http"]["services"]["rulemint"]["loadBalancer"]
    assert service["passHostHeader"] is True


def test_each_of_these_files_is_run_or_says_that_it_is_not() -> None:
    assert set(FILES) == {"rulemint.conf", "Caddyfile", "traefik.yml"}
    assert "Our tests do not\nrun it." in PAGE.read_text()
