"""The libraries that rules are written with, as everybody gets them, against an HTTPS server, through the broker.

They need the public registries; where those do not answer, every test here is skipped, and says so.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import pytest
from aiohttp import web as http

from fixtures.hosts import LANGUAGES, Loaded, load_frame
from fixtures.packages import install, wanted
from fixtures.web import NAME, Web
from rulemint_runner.egress.invocation_calls import CallRights, InvocationCalls
from rulemint_runner.flow.rule_calls import fetch_through
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.packages.messages import Collected
from rulemint_runner.packages.package_store import _opened
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline

pytestmark = pytest.mark.timeout(180)

JS, PY = Language.JAVASCRIPT, Language.PYTHON
SETS = {
    "today's": (
        Registry.NPM,
        {"request": "2.88.2", "axios": "1.21.1", "lodash": "4.18.1", "jsonwebtoken": "9.0.3", "jwks-rsa": "4.1.0",
         "uuid": "14.0.3", "moment": "2.31.0", "node-fetch": "3.3.2", "auth0": "4.37.1"},
    ),
    "yesterday's": (
        Registry.NPM,
        {"request": "2.56.0", "axios": "0.21.4", "lodash": "3.10.1", "jsonwebtoken": "8.5.1", "jwks-rsa": "1.12.3",
         "uuid": "8.3.2", "moment": "2.29.4", "node-fetch": "2.7.0", "auth0": "2.44.0"},
    ),
    "python": (Registry.PYPI, {"httpx": "0.28.1", "requests": "2.34.2", "pyjwt": "2.15.1", "urllib3": "2.8.0"}),
}  # fmt: skip
_installed: dict[str, msgspec.Raw] = {}
_unreachable: set[Registry] = set()

USES = {
    "request": """
      const send = (options) => new Promise((ok, no) =>
        require('request')(options, (error, response, body) => error ? no(error) : ok([response.statusCode, body])));
      return [await send({ url: url('/json'), method: 'POST', json: true, body: { a: 1 } }),
              await send({ url: url('/moved') }), await send({ url: url('/form'), method: 'POST', form: { b: 2 } })]
        .map(([status, body]) => [status, (typeof body === 'string' ? JSON.parse(body) : body).said]);
    """,
    "axios": """
      const axios = require('axios');
      const answers = [await axios.post(url('/json'), { a: 1 }), await axios.get(url('/moved')),
                       await axios.post(url('/form'), 'b=2')];
      return answers.map(({ status, data }) => [status, data.said]);
    """,
    "node-fetch": """
      const fetch = require('node-fetch').default ?? require('node-fetch');
      const answers = [await fetch(url('/json'), { method: 'POST', body: '{"a":1}' }), await fetch(url('/moved')),
                       await fetch(url('/form'), { method: 'POST', body: 'b=2' })];
      return Promise.all(answers.map(async (answer) => [answer.status, (await answer.json()).said]));
    """,
}


async def serve(web: Web, port: list[int]) -> int:
    """An HTTPS server that says what it was told, and is an Auth0 tenant too."""

    async def handler(request: http.Request) -> http.StreamResponse:
        if request.path == "/moved":
            raise http.HTTPFound(f"https://{NAME}:{port[0]}/there")
        if request.path == "/slow":
            await asyncio.sleep(float(request.query.get("s", "3")))
        body = await request.text()
        key = {"kid": "k1", "kty": "RSA", "use": "sig", "alg": "RS256", "n": "1" * 340, "e": "AQAB"}
        return http.json_response(
            {"said": f"{request.method} {request.path} {body}", "keys": [key], "access_token": "t"}
        )

    return await web.serve(handler, tls=web.authority.server())


async def set_of(name: str) -> msgspec.Raw:
    """A set of packages, installed once; skips the test where the registry is out of reach."""
    kind, dependencies = SETS[name]
    if name not in _installed and kind not in _unreachable:
        if not isinstance(await install(kind, wanted({Registry.NPM: "ms", Registry.PYPI: "idna"}[kind])), Collected):
            _unreachable.add(kind)
        else:
            answer = await install(kind, *(wanted(each, version) for each, version in dependencies.items()))
            assert isinstance(answer, Collected), answer
            _installed[name] = msgspec.Raw(_opened_whole(answer.content))
    if kind in _unreachable:
        pytest.skip(f"NOT TESTED: THE PUBLIC {kind.upper()} REGISTRY DOES NOT ANSWER")
    return _installed[name]


def _opened_whole(content: bytes) -> bytes:
    import hashlib

    return _opened(hashlib.sha256(content).hexdigest(), content)


@dataclass
class Rules:
    """Runs rules with packages, whose calls go through the broker to one server."""

    web: Web
    sandbox: Sandbox
    port: int

    async def value(self, script: str, language: Language, packages: msgspec.Raw, *ports: int) -> Any:
        """The value that the rule of *script* returns, which may call our server, and others at *ports*."""
        rights = CallRights("default", tuple(f"{NAME}:{port}" for port in (self.port, *ports)))
        calls = InvocationCalls(self.web.broker, rights, Deadline.after(20), lambda _report: None)
        host: Host = await start_host(self.sandbox, LANGUAGES.program(language))
        rule = Loaded(host, fetch=partial(fetch_through, calls))
        try:
            await host.load(load_frame(script, language, packages=packages), Deadline.after(20), rule.write)
            return msgspec.json.decode(await rule.value())
        finally:
            await calls.close()
            host.kill(FailureReason.INTERRUPTED, "the test is over")
            await host.ended.wait()

    async def javascript(self, body: str, packages: msgspec.Raw) -> Any:
        """What a rule of this body returns."""
        script = f"""
const url = (path) => `https://{NAME}:{self.port}${{path}}`, domain = '{NAME}:{self.port}';
const run = async () => {{ {body} }};
module.exports = async (client, scope, audience, context) => ({{ value: await run() }});
"""
        return (await self.value(script, JS, packages))["value"]


@pytest.fixture
async def rules(web: Web, sandbox: Sandbox) -> Rules:
    port: list[int] = []
    port.append(await serve(web, port))
    return Rules(web, sandbox, port[0])


@pytest.mark.parametrize("which", ["today's", "yesterday's"])
@pytest.mark.parametrize("library", USES)
async def test_a_javascript_library_calls_a_server(rules: Rules, library: str, which: str) -> None:
    answers = await rules.javascript(USES[library], await set_of(which))
    assert answers == [[200, 'POST /json {"a":1}'], [200, "GET /there "], [200, "POST /form b=2"]]


@pytest.mark.parametrize("which", ["today's", "yesterday's"])
@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(
            "const jwt = require('jsonwebtoken'); const { generateKeyPairSync } = require('crypto');"
            "const publicKeyEncoding = { type: 'spki', format: 'pem' };"
            "const privateKeyEncoding = { type: 'pkcs8', format: 'pem' };"
            "const { publicKey, privateKey } = generateKeyPairSync('rsa',"
            " { modulusLength: 2048, publicKeyEncoding, privateKeyEncoding });"
            "return [jwt.verify(jwt.sign({ a: 1 }, 'secret'), 'secret').a,"
            " jwt.verify(jwt.sign({ a: 2 }, privateKey, { algorithm: 'RS256' }), publicKey).a];",
            [1, 2],
            id="jsonwebtoken",
        ),
        pytest.param("return require('lodash').camelCase('a b')", "aB", id="lodash"),
        pytest.param("return require('uuid').v4().length", 36, id="uuid"),
        pytest.param("return require('moment').utc(0).format('YYYY-MM-DD')", "1970-01-01", id="moment"),
    ],
)
async def test_a_javascript_library_computes(rules: Rules, body: str, value: Any, which: str) -> None:
    assert await rules.javascript(body, await set_of(which)) == value


@pytest.mark.parametrize("which", ["today's", "yesterday's"])
async def test_jwks_rsa_gets_a_key(rules: Rules, which: str) -> None:
    body = """
      const client = require('jwks-rsa')({ jwksUri: url('/jwks') });
      const key = await new Promise((ok, no) => {
        const got = client.getSigningKey('k1', (error, key) => error ? no(error) : ok(key));
        got?.then?.(ok, no);
      });
      return key.getPublicKey().split('\\n')[0];
    """
    assert await rules.javascript(body, await set_of(which)) in {
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN RSA PUBLIC KEY-----",
    }


@pytest.mark.parametrize(
    ("which", "call"),
    [
        ("today's", "(await new ManagementClient({ domain, token: 't' }).clients.get({ client_id: 'x' })).data.said"),
        ("yesterday's", "(await new ManagementClient({ domain, token: 't' }).getClient({ client_id: 'x' })).said"),
    ],
)
async def test_auth0_manages_a_tenant(rules: Rules, which: str, call: str) -> None:
    body = f"const {{ ManagementClient }} = require('auth0'); return {call};"
    assert await rules.javascript(body, await set_of(which)) == "GET /api/v2/clients/x "


@pytest.mark.parametrize(
    "library",
    ["await fetch(other)", "await require('axios').get(other)", "await require('node-fetch')(other)"],
)
async def test_a_host_that_is_not_allowed_is_named_with_the_setting(rules: Rules, library: str) -> None:
    body = f"const other = 'https://other.example.com/'; try {{ {library} }} catch (e) {{ return e.message; }}"
    message = await rules.javascript(body, await set_of("yesterday's"))
    assert "other.example.com" in message
    assert "allow_hosts" in message


PYTHON = """
import {module}
def rule(client, scope, audience, context):
    url, other = "https://{name}:{port}", "https://other.example.com/"
    answers = []
{calls}
    try:
        {refused}
    except Exception as error:
        why = str(error)
    return {{"value": answers, "why": why}}
"""
PYTHON_CALLS = {
    "requests": """
    s = requests.Session()
    for a in s.post(url + "/json", json={"a": 1}), s.get(url + "/moved"), s.post(url + "/form", data={"b": 2}):
        answers.append([a.status_code, a.json()["said"]])
""",
    "httpx": """
    c = httpx.Client(follow_redirects=True)
    for a in c.post(url + "/json", json={"a": 1}), c.get(url + "/moved"), c.post(url + "/form", data={"b": 2}):
        answers.append([a.status_code, a.json()["said"]])
""",
    "urllib3": """
    ask = urllib3.PoolManager().request
    form = ask("POST", url + "/form", body="b=2")
    for a in ask("POST", url + "/json", json={"a": 1}), ask("GET", url + "/moved"), form:
        answers.append([a.status, a.json()["said"]])
""",
}
REFUSED = {"requests": "requests.get(other)", "httpx": "httpx.get(other)", "urllib3": "urllib3.request('GET', other)"}


@pytest.mark.parametrize("module", PYTHON_CALLS)
async def test_a_python_library_calls_a_server(rules: Rules, module: str) -> None:
    script = PYTHON.format(
        module=module, name=NAME, port=rules.port, calls=PYTHON_CALLS[module], refused=REFUSED[module]
    )
    result = await rules.value(script, PY, await set_of("python"))
    said = [[status, text.replace(": ", ":")] for status, text in result["value"]]
    assert said == [[200, 'POST /json {"a":1}'], [200, "GET /there "], [200, "POST /form b=2"]]
    assert "other.example.com" in result["why"]
    assert "allow_hosts" in result["why"]


async def test_httpx_calls_asynchronously_too(rules: Rules) -> None:
    script = f"""
import httpx
async def rule(client, scope, audience, context):
    async with httpx.AsyncClient(follow_redirects=True) as c:
        return {{"value": (await c.get("https://{NAME}:{rules.port}/moved")).json()["said"]}}
"""
    assert (await rules.value(script, PY, await set_of("python")))["value"] == "GET /there "


async def test_pyjwt_signs_and_verifies(rules: Rules) -> None:
    script = """
import jwt
def rule(client, scope, audience, context):
    key = "0123456789" * 4
    return {"value": jwt.decode(jwt.encode({"a": 1}, key, algorithm="HS256"), key, algorithms=["HS256"])["a"]}
"""
    assert (await rules.value(script, PY, await set_of("python")))["value"] == 1


TIMED = """
import asyncio
import urllib.request

import httpx
import requests

URL = "https://{name}:{port}"


async def awaited(how):
    async with httpx.AsyncClient(timeout=None) as http:
        return await how(http)


async def stopped(http):
    async with asyncio.timeout(0.2):
        await http.get(f"{{URL}}/slow")


async def several(http):
    await asyncio.gather(*(http.get(f"{{URL}}/slow", timeout=0.3) for _ in range(3)))


WAYS = {{
    "requests": lambda: requests.get(f"{{URL}}/slow", timeout=0.2),
    "requests, each": lambda: requests.get(f"{{URL}}/slow", timeout=(5, 0.2)),
    "httpx": lambda: httpx.get(f"{{URL}}/slow", timeout=0.2),
    "httpx, read": lambda: httpx.get(f"{{URL}}/slow", timeout=httpx.Timeout(5, read=0.2)),
    "urllib": lambda: urllib.request.urlopen(f"{{URL}}/slow", timeout=0.2),
    "httpx, async": lambda: asyncio.run(awaited(lambda http: http.get(f"{{URL}}/slow", timeout=0.2))),
    "wait_for": lambda: asyncio.run(awaited(lambda http: asyncio.wait_for(http.get(f"{{URL}}/slow"), 0.2))),
    "asyncio.timeout": lambda: asyncio.run(awaited(stopped)),
    "gather": lambda: asyncio.run(awaited(several)),
}}


def rule(client, scope, audience, context):
    seen = {{}}
    for name, call in WAYS.items():
        try:
            call()
            seen[name] = "answered"
        except Exception as error:
            seen[name] = type(error).__name__
    after = requests.get(f"{{URL}}/there").json()["said"], httpx.get(f"{{URL}}/there").json()["said"]
    return {{"seen": seen, "after": after}}
"""


async def test_the_timeouts_of_python_s_clients_hold(rules: Rules) -> None:
    script = TIMED.format(name=NAME, port=rules.port)
    value = await rules.value(script, PY, await set_of("python"))
    reads, stops = dict.fromkeys(("requests", "requests, each", "httpx", "httpx, read"), "ReadTimeout"), "TimeoutError"
    more = {"httpx, async": "ReadTimeout", "gather": "ReadTimeout"}
    assert value["seen"] == {**reads, **more, "urllib": stops, "wait_for": stops, "asyncio.timeout": stops}
    assert value["after"] == ["GET /there ", "GET /there "]


SLOW_TO_CONNECT = """
import asyncio
import http.client
import urllib.request

import httpx
import requests
import urllib3

URL = "https://{name}:{mute}/"
ONCE = {{"timeout": urllib3.Timeout(connect=0.2, read=5), "retries": urllib3.Retry(connect=1, read=0)}}


async def awaited(timeout):
    async with httpx.AsyncClient(timeout=timeout) as http:
        return await http.get(URL)


WAYS = {{
    "requests": lambda: requests.get(URL, timeout=(0.2, 5)),
    "httpx": lambda: httpx.get(URL, timeout=httpx.Timeout(5, connect=0.2)),
    "httpx, async": lambda: asyncio.run(awaited(httpx.Timeout(5, connect=0.2))),
    "urllib3": lambda: urllib3.PoolManager().request("GET", URL, **ONCE),
    "urllib": lambda: urllib.request.urlopen(URL, timeout=0.2),
}}


def rule(client, scope, audience, context):
    seen = {{}}
    for name, call in WAYS.items():
        try:
            call()
            seen[name] = "answered"
        except Exception as error:
            seen[name] = type(getattr(error, "reason", error)).__name__
    slow = f"https://{name}:{port}/slow?s=0.5"
    return {{"seen": seen, "connected": requests.get(slow, timeout=(0.4, 9)).status_code}}
"""


async def test_a_connection_has_the_time_that_python_s_clients_give_it(rules: Rules) -> None:
    """It is told apart from an answer that takes too long."""

    async def never(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        """Say nothing: the client waits for the handshake."""

    mute = await rules.web.serve_raw(never)
    script = SLOW_TO_CONNECT.format(name=NAME, port=rules.port, mute=mute)
    value = await rules.value(script, PY, await set_of("python"), mute)
    connects = dict.fromkeys(("requests", "httpx", "httpx, async"), "ConnectTimeout")
    assert value["seen"] == {**connects, "urllib3": "ConnectTimeoutError", "urllib": "TimeoutError"}
    assert value["connected"] == 200


NOT_LISTED = """
import asyncio
import http.client
import urllib.error
import urllib.request

import httpx
import requests
import rulemint
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

URL = "{url}"
stubborn = requests.Session()
stubborn.mount("https://", HTTPAdapter(max_retries=Retry(total=5, backoff_factor=60)))


async def awaited():
    async with httpx.AsyncClient() as http:
        await http.get(URL)


def by_hand():
    connection = http.client.HTTPSConnection("not-listed.example.com")
    connection.request("GET", "/")
    connection.getresponse()


WAYS = [
    (requests.ConnectionError, lambda: requests.get(URL)),
    (requests.ConnectionError, lambda: stubborn.get(URL)),
    (httpx.ConnectError, lambda: httpx.get(URL)),
    (httpx.ConnectError, lambda: httpx.Client(transport=httpx.HTTPTransport(retries=5)).get(URL)),
    (httpx.ConnectError, lambda: asyncio.run(awaited())),
    (urllib.error.URLError, lambda: urllib.request.urlopen(URL)),
    (urllib3.exceptions.HTTPError, lambda: urllib3.PoolManager().request("GET", URL)),
    (OSError, by_hand),
    (OSError, lambda: rulemint.fetch(URL)),
]


def rule(client, scope, audience, context):
    seen = []
    for expected, call in WAYS:
        try:
            call()
        except expected as error:
            seen.append([error.code, "not-listed.example.com" in str(error), "allow_hosts" in str(error)])
    return {{"seen": seen}}
"""


async def test_a_refused_host_is_an_error_of_the_library_that_it_does_not_try_again(rules: Rules) -> None:
    script = NOT_LISTED.format(url="https://not-listed.example.com/plan")
    value = await rules.value(script, PY, await set_of("python"))
    assert value["seen"] == [["ERR_RULEMINT_FORBIDDEN_HOST", True, True]] * 9


async def test_what_a_python_client_may_not_do_says_so(rules: Rules) -> None:
    script = f"""
import httpx
import requests

URL = "https://{NAME}:{rules.port}/json"
PROXY = "http://proxy.example:3128"
WAYS = [
    lambda: requests.get(URL, proxies={{"https": PROXY}}),
    lambda: httpx.get(URL, proxy=PROXY),
    lambda: requests.post(URL, data=b"x" * (2 << 20)),
    lambda: requests.get(URL, headers={{"Upgrade": "websocket"}}),
]


def rule(client, scope, audience, context):
    seen = []
    for call in WAYS:
        try:
            call()
        except (requests.ConnectionError, httpx.ConnectError) as error:
            seen.append(error.code.removeprefix("ERR_RULEMINT_"))
    return {{"seen": seen}}
"""
    value = await rules.value(script, PY, await set_of("python"))
    assert value["seen"] == ["UNSUPPORTED", "UNSUPPORTED", "BODY_TOO_LARGE", "FORBIDDEN_HEADER"]
