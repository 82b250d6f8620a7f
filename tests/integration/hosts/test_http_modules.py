"""`http` and `https` in JavaScript rules: what libraries do with them, over the calls that rules make anyway."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import msgspec
import pytest

from fixtures.hosts import loaded
from rulemint_runner.hosts.wire import frames
from rulemint_runner.hosts.wire.outbound import Fetch
from rulemint_runner.sandbox.sandbox import Sandbox

FORBIDDEN = "ERR_RULEMINT_FORBIDDEN_HOST"


class Service:
    """Says what it was asked; sends whoever asks for ``/moved`` elsewhere."""

    def __init__(self) -> None:
        self.calls: list[frames.Call] = []

    async def __call__(self, call: frames.Call) -> frames.Reply:
        self.calls.append(call)
        if "refused" in call.url:
            return frames.Reply(
                id=call.id, error="refused.example.com is not in the rule's allow_hosts", code=FORBIDDEN
            )
        if "slow" in call.url:
            await asyncio.sleep(2)
        return frames.Reply(
            id=call.id,
            status=302 if "moved" in call.url else 200,
            reason="",
            headers=[("Location", "/there"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X", "1"), ("X", "2")],
            body=json.dumps({"method": call.method, "body": call.body.decode()}).encode(),
            url=call.url,
        )


async def result(sandbox: Sandbox, body: str, service: Fetch) -> Any:
    """What a rule whose promise is settled by *body* (`ok`, `no`) returns."""
    script = f"""
const http = require('http'), https = require('https');
const read = (response, done) => {{
  let text = '';
  response.setEncoding('utf8').on('data', (piece) => text += piece).on('end', () => done(text));
}};
module.exports = async (client, scope, audience, context) => new Promise((ok, no) => {{ {body} }});
"""
    async with loaded(sandbox, script, fetch=service) as rule:
        return json.loads(await rule.value())


async def test_a_request_is_made_of_its_options_and_written_parts(sandbox: Sandbox) -> None:
    service = Service()
    body = """
      const options = { host: 'api.example.com', port: 8443, path: '/a?b=c', method: 'post', auth: 'u:p',
                        headers: { 'X-Key': ['1', '2'], 'Content-Type': 'text/plain' } };
      const request = https.request(options, (response) => read(response, (text) => ok({
        said: JSON.parse(text), status: response.statusCode, message: response.statusMessage,
        cookies: response.headers['set-cookie'], x: response.headers.x, complete: response.complete,
      })));
      request.setHeader('X-More', 3);
      request.removeHeader('content-type');
      request.write('one ');
      request.end('two');
    """
    assert await result(sandbox, body, service) == {
        "said": {"method": "POST", "body": "one two"},
        "status": 200,
        "message": "OK",
        "cookies": ["a=1", "b=2"],
        "x": "1, 2",
        "complete": True,
    }
    (call,) = service.calls
    assert (call.url, call.redirect) == ("https://api.example.com:8443/a?b=c", "manual")
    assert call.headers == [("X-Key", "1"), ("X-Key", "2"), ("Authorization", "Basic dTpw"), ("X-More", "3")]


async def test_get_takes_a_url_and_options_and_hands_out_redirects(sandbox: Sandbox) -> None:
    service = Service()
    body = """
      https.get('https://api.example.com/moved?x=1', { headers: { a: 'b' } }, (response) => {
        response.resume();
        http.get(new URL('http://api.example.com/'), (second) => {
          second.resume().on('end', () => ok({ codes: [response.statusCode, second.statusCode],
                                               to: response.headers.location }));
        });
      });
    """
    assert await result(sandbox, body, service) == {"codes": [302, 200], "to": "/there"}
    assert [call.url for call in service.calls] == ["https://api.example.com/moved?x=1", "http://api.example.com/"]


async def test_a_refused_call_is_an_error_event_that_names_the_host_and_the_setting(sandbox: Sandbox) -> None:
    body = """
      https.get('https://refused.example.com/').on('error', ({ message, code }) => ok({ message, code }));
    """
    said = await result(sandbox, body, Service())
    assert said["code"] == FORBIDDEN
    assert "refused.example.com" in said["message"]
    assert "allow_hosts" in said["message"]


async def test_a_timeout_is_an_event_and_destroying_the_request_an_error(sandbox: Sandbox) -> None:
    body = """
      const request = https.get({ host: 'slow.example.com', timeout: 50 });
      request.on('timeout', () => request.destroy()).on('error', ({ code }) => ok({ code }));
    """
    assert await result(sandbox, body, Service()) == {"code": "ECONNRESET"}


async def test_the_events_of_a_request_come_in_node_s_order(sandbox: Sandbox) -> None:
    body = """
      const seen = [];
      const request = https.request('https://api.example.com/', { method: 'POST' });
      const names = ['socket', 'finish', 'response', 'close', 'error', 'abort'];
      for (const name of names) request.on(name, () => seen.push(name));
      request.on('socket', (socket) => {
        for (const name of ['connect', 'secureConnect']) socket.on(name, () => seen.push(name));
        seen.push(`connecting ${socket.connecting}`);
      });
      request.on('response', (response) => {
        response.on('data', () => seen.push('data')).on('end', () => seen.push('end'));
      });
      request.on('close', () => ok({ seen }));
      request.end('a body');
    """
    said = await result(sandbox, body, Service())
    assert said["seen"] == [
        "socket", "connecting true", "connect", "secureConnect", "finish", "response", "data", "end", "close",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wait",
    [
        "{ const r = get({ timeout: 50 }); r.on('timeout', () => r.abort()).on('error', ({ code }) => ok({ code })); }",
        "{ const r = get({}); r.setTimeout(50, () => r.destroy()).on('error', ({ code }) => ok({ code })); }",
        "get({ signal: AbortSignal.timeout(50) }).on('error', ({ name }) => ok({ code: name }))",
        "get({}).on('socket', (s) => s.setTimeout(50, () => s.destroy())).on('error', ({ code }) => ok({ code }))",
        "get({ agent: new https.Agent({ timeout: 50 }) }).on('timeout', () => ok({ code: 'ECONNRESET' }))",
        "fetch('https://slow.example.com', { signal: AbortSignal.timeout(50) }).catch((e) => ok({ code: e.name }))",
    ],
)
async def test_a_client_gives_up_in_its_own_time(sandbox: Sandbox, wait: str) -> None:
    body = f"const get = (options) => https.get('https://slow.example.com/', options); {wait};"
    assert (await result(sandbox, body, Service()))["code"] in {"ECONNRESET", "AbortError", "TimeoutError"}


async def test_what_a_library_puts_on_a_response_is_its_own(sandbox: Sandbox) -> None:
    body = """
      https.get('https://api.example.com/', (response) => {
        response.body = '';
        response.on('data', (piece) => response.body += piece).on('end', () => ok(JSON.parse(response.body)));
      });
    """
    assert await result(sandbox, body, Service()) == {"method": "GET", "body": ""}


async def test_a_body_comes_in_the_coding_that_the_client_asked_for(sandbox: Sandbox) -> None:
    async def packed(call: frames.Call) -> frames.Reply:
        assert call.as_sent
        assert ("Accept-Encoding", "gzip") in call.headers
        headers = [("content-encoding", "gzip"), ("content-type", "text/plain")]
        return frames.Reply(id=call.id, status=200, headers=headers, body=gzip.compress(b"unpacked"), url=call.url)

    body = """
      https.get('https://api.example.com/', { headers: { 'Accept-Encoding': 'gzip' } }, (response) => {
        const coding = response.headers['content-encoding'];
        read(response.pipe(require('zlib').createGunzip()), (text) => ok({ text, coding }));
      });
    """
    assert await result(sandbox, body, packed) == {"text": "unpacked", "coding": "gzip"}


UNSUPPORTED = [
    pytest.param("https.get({ host: 'api.example.com', headers: { Connection: 'Upgrade', Upgrade: 'websocket' } })",
                 "never upgraded", id="upgrade"),
    pytest.param("https.request({ host: 'api.example.com', method: 'PUT', headers: { Expect: '100-continue' } })",
                 "100-continue", id="expect"),
    pytest.param("""(() => {
                 const r = https.request({ host: 'api.example.com', method: 'POST', headers: { Trailer: 'X' } });
                 r.addTrailers({ X: '1' }); r.end('a'); return r; })()""", "no trailers", id="trailers"),
    pytest.param("""(() => { const r = https.request({ host: 'api.example.com', method: 'POST' });
                 r.write('a'); r.addTrailers({ X: '1' }); r.end('a'); return r; })()""",
                 "no trailers", id="only trailers"),
    pytest.param("http.get({ host: 'proxy.example.com', port: 3128, path: 'http://api.example.com/' })",
                 "no proxy", id="a proxy by its path"),
    pytest.param("http.request({ host: 'proxy.example.com', method: 'CONNECT', path: 'api.example.com:443' }).end()",
                 "no proxy", id="a proxy by CONNECT"),
    pytest.param("https.get({ host: 'api.example.com', path: 'relative' })", "does not begin with /", id="a path"),
    pytest.param("https.get({ socketPath: '/run/docker.sock', path: '/' })", "no socket", id="a socket's path"),
    pytest.param("""(() => { const r = https.request('https://api.example.com', { method: 'PUT' });
                 r.end('x'.repeat(2 ** 21)); return r; })()""", "larger than", id="a large body"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "why"), UNSUPPORTED)
async def test_what_there_is_not_is_refused_by_a_code_of_ours(sandbox: Sandbox, request_: str, why: str) -> None:
    service = Service()
    body = f"""
      const answer = ({{ code, message }}) => ok({{ code, message }});
      try {{
        const made = {request_};
        made?.on?.('error', answer);
        made?.flushHeaders?.();
      }} catch (error) {{
        answer(error);
      }}
    """
    said = await result(sandbox, body, service)
    assert said["code"].startswith("ERR_RULEMINT_")
    assert why in said["message"]
    assert service.calls == []


async def test_an_agent_that_goes_elsewhere_is_refused(sandbox: Sandbox) -> None:
    service = Service()
    body = """
      class Elsewhere extends https.Agent {
        createConnection() { return require('net').connect(3128, 'proxy.example.com'); }
      }
      const request = https.get('https://api.example.com/', { agent: new Elsewhere() });
      request.on('error', ({ code, message }) => ok({ code, message }));
    """
    said = await result(sandbox, body, service)
    assert said["code"] == "ERR_RULEMINT_UNSUPPORTED"
    assert "proxy.example.com:3128" in said["message"]
    assert service.calls == []


@pytest.mark.parametrize("agent", ["new https.Agent({ keepAlive: true, maxSockets: 1 })", "false", "undefined"])
async def test_every_agent_of_node_s_own_leads_to_a_call(sandbox: Sandbox, agent: str) -> None:
    service = Service()
    body = f"""
      const agent = {agent};
      const get = (done) => https.get('https://api.example.com/', {{ agent }}, (response) => read(response, done));
      const once = () => new Promise(get);
      Promise.all([once(), once(), once()]).then(once).then(() => ok({{}}));
    """
    assert await result(sandbox, body, service) == {}
    assert len(service.calls) == 4


ELSEWHERE = [
    pytest.param("", "{ dispatcher: new (class ProxyAgent {})() }", id="undici's proxy"),
    pytest.param("", "{ dispatcher: { dispatch() {} } }", id="a dispatcher of the rule's own"),
    pytest.param("", "{ agent: new (class HttpsProxyAgent {})() }", id="node-fetch's proxy"),
    pytest.param("", "{ proxy: 'http://proxy.example.com' }", id="a proxy"),
    pytest.param(
        "globalThis[Symbol.for('undici.globalDispatcher.1')] = new (class EnvHttpProxyAgent {})();",
        "undefined",
        id="undici's proxy for all calls",
    ),
]


@pytest.mark.parametrize(("head", "options"), ELSEWHERE)
async def test_fetch_refuses_to_go_another_way(sandbox: Sandbox, head: str, options: str) -> None:
    service = Service()
    body = f"""{head}
      fetch('https://api.example.com/', {options}).catch(({{ message, code }}) => ok({{ message, code }}));
    """
    said = await result(sandbox, body, service)
    assert said["code"] == "ERR_RULEMINT_UNSUPPORTED"
    assert "no proxy and no dispatcher" in said["message"]
    assert service.calls == []


async def test_fetch_takes_a_dispatcher_that_only_keeps_connections(sandbox: Sandbox) -> None:
    body = """
      fetch('https://api.example.com/', { dispatcher: new (class Agent {})(), agent: new https.Agent() })
        .then(({ status }) => ok({ status }));
    """
    assert await result(sandbox, body, Service()) == {"status": 200}


async def test_an_error_of_fetch_has_a_cause_with_the_code_as_node_s_has(sandbox: Sandbox) -> None:
    body = """
      fetch('https://refused.example.com/path?secret=1').catch((error) => ok({
        name: error.name, code: error.code, message: error.message, cause: [error.cause.code, error.cause.message],
      }));
    """
    said = await result(sandbox, body, Service())
    why = "refused.example.com is not in the rule's allow_hosts"
    assert said == {
        "name": "TypeError",
        "code": FORBIDDEN,
        "message": f"GET https://refused.example.com: {why}",
        "cause": [FORBIDDEN, why],
    }


async def test_a_library_that_tries_again_whatever_the_error_is_ends_at_its_second_try(sandbox: Sandbox) -> None:
    service = Service()
    body = """
      const once = () => new Promise((done, fail) => https.get('https://refused.example.com/', done).on('error', fail));
      const tries = [];
      once().catch((first) => { tries.push(first.constructor.name); return once(); })
        .catch((second) => ok({ tries: [...tries, second.constructor.name], message: second.message }));
    """
    said = await result(sandbox, body, service)
    assert said["tries"] == ["Error", "TypeError"]
    assert "allow_hosts" in said["message"]
    assert len(service.calls) == 1


async def test_a_refusal_that_a_library_hides_is_in_the_text_of_the_failure(sandbox: Sandbox) -> None:
    script = """module.exports = async (client, scope, audience, context) => {
      try { await fetch('https://refused.example.com/'); } catch { throw new Error('Connection error.'); }
    };"""
    async with loaded(sandbox, script, fetch=Service()) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw)
    assert "Connection error." in answer.text
    assert "refused before: GET https://refused.example.com: " in answer.text


async def test_a_refused_connection_that_a_library_tries_again_is_in_the_log_and_in_the_text_of_the_failure(
    sandbox: Sandbox,
) -> None:
    script = """const net = require('net');
    module.exports = (client, scope, audience, context, cb) => {
      let tries = 0;
      const retry = () => {
        if (++tries > 3) throw new Error('Failed to connect before the deadline');
        net.connect(6379, 'cache.example.com').on('error', retry);
      };
      retry();
    };"""
    async with loaded(sandbox, script) as rule:
        answer = await rule.run()
    refusal = "no connection to cache.example.com:6379: a rule's sandbox refuses every socket"
    assert isinstance(answer, frames.Threw)
    assert f"refused before: {refusal}" in answer.text
    ((level, line),) = rule.lines
    assert (level, line.startswith(refusal)) == ("warn", True)


GRPC = {
    "@grpc/grpc-js@1/index.js": "exports.ready = (done) => require('dns').promises.lookup('a.example.com').catch(done);"
}


async def test_what_grpc_is_refused_says_that_it_cannot_work(sandbox: Sandbox) -> None:
    table = {"links": {}, "modules": [], "roots": {"@grpc/grpc-js": "@grpc/grpc-js@1/index.js"}}
    packages = msgspec.Raw(msgspec.json.encode({"files": GRPC, "data": {}, **table}))
    script = """const grpc = require('@grpc/grpc-js');
    module.exports = async () => {
      await new Promise((done) => grpc.ready(done));
      throw new Error('Failed to connect before the deadline');
    };"""
    async with loaded(sandbox, script, packages=packages) as rule:
        answer = await rule.run()
    why = "no look-up of a.example.com: gRPC needs HTTP/2 over a socket, which a rule does not have: "
    assert isinstance(answer, frames.Threw)
    assert f"refused before: {why}" in answer.text
    ((level, line),) = rule.lines
    assert (level, line.startswith(why)) == ("warn", True)


async def test_a_session_of_http2_ends_with_an_error_that_says_why(sandbox: Sandbox) -> None:
    body = """
      const session = require('http2').connect('https://a.example.com:8443', { timeout: 5 }, () => {});
      const request = session.request({ ':path': '/' });
      request.on('error', () => {});
      session.on('error', ({ message, code }) => ok({ message, code }));
    """
    said = await result(sandbox, body, Service())
    assert said["code"] == "ERR_RULEMINT_UNSUPPORTED"
    assert said["message"].startswith("no connection to a.example.com:8443: HTTP/2 needs a socket")


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("require('node:https')", id="with its scheme"),
        pytest.param("process.getBuiltinModule('https')", id="through process"),
        pytest.param("(await import('node:https')).default", id="imported"),
        pytest.param("await import('https')", id="imported without its scheme"),
    ],
)
async def test_every_way_to_the_module_leads_to_the_one_that_calls(sandbox: Sandbox, expression: str) -> None:
    body = f"""
      (async () => ({expression}).get('https://api.example.com/', (r) => {{ r.resume(); ok({{s: r.statusCode}}); }}))();
    """
    assert await result(sandbox, body, Service()) == {"s": 200}


@pytest.mark.parametrize(
    ("use", "error"),
    [
        pytest.param("require('fs').readFileSync('/etc/passwd')", "a rule's sandbox refuses that", id="a file"),
        pytest.param("require('child_process').execSync('id')", "a rule's sandbox refuses that", id="a process"),
        pytest.param("require('dns').promises.lookup('example.com')", "no look-up of example.com: ", id="a name"),
    ],
)
async def test_modules_that_reach_out_load_and_are_refused(sandbox: Sandbox, use: str, error: str) -> None:
    script = f"module.exports = async (client, scope, audience, context) => {{ await {use}; }};"
    async with loaded(sandbox, script) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw)
    assert error in answer.text


CONNECTIONS = [
    pytest.param("Deno.connect({ hostname: 'a.example.com', port: 25 })", "catch(", "a.example.com:25", id="Deno"),
    pytest.param(
        "require('net').connect(25, 'a.example.com')", "on('error', ", "a.example.com:25", id="net, by a name"
    ),
    pytest.param("require('net').connect(25, '192.0.2.1')", "on('error', ", "192.0.2.1:25", id="net, by an address"),
    pytest.param("require('tls').connect(443, 'a.example.com')", "on('error', ", "a.example.com:443", id="tls"),
]


@pytest.mark.parametrize(("connect", "on_error", "host"), CONNECTIONS)
async def test_a_refused_connection_names_the_host_and_the_setting_and_no_flag_of_deno_s(
    sandbox: Sandbox, connect: str, on_error: str, host: str
) -> None:
    begin = f"module.exports = (client, scope, audience, context, cb) => {{ {connect}"
    said = []
    async with loaded(sandbox, f"{begin}.{on_error}cb); }};") as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.Refused)
        said.append(answer.message)
    async with loaded(sandbox, f"{begin}; }};") as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.Threw)
        said.append(answer.text)
    async with loaded(sandbox, f"{begin}.{on_error}(error) => cb(null, console.error(error))); }};") as rule:
        await rule.run()
        said += [line for _, line in rule.lines]
    assert len(said) == 3
    for text in said:
        assert f"no connection to {host}: " in text
        assert "allow_hosts" in text
        assert "--allow" not in text


async def test_the_environment_is_empty_and_libraries_may_look(sandbox: Sandbox) -> None:
    script = """
module.exports = async (c, s, a, x) => ({ keys: Object.keys(process.env), proxy: process.env.HTTP_PROXY ?? 'no' });
"""
    async with loaded(sandbox, script) as rule:
        assert json.loads(await rule.value()) == {"keys": [], "proxy": "no"}


async def test_where_a_redirect_led_is_not_held_against_its_origin(sandbox: Sandbox) -> None:
    async def service(call: frames.Call) -> frames.Reply:
        if call.redirect == "follow":
            return frames.Reply(id=call.id, error="it redirects to b.example.com, which is not listed", code=FORBIDDEN)
        return frames.Reply(id=call.id, status=200, url=call.url)

    body = """
      fetch('https://a.example.com/moved').catch((error) => error.code).then((code) =>
        https.get('https://a.example.com/', (response) => ok({ code, status: response.statusCode })).on('error', no));
    """
    assert await result(sandbox, body, service) == {"code": FORBIDDEN, "status": 200}


async def test_what_a_url_itself_holds_is_no_call(sandbox: Sandbox) -> None:
    service = Service()
    body = """
      const text = async (url) => (await fetch(url)).text();
      Promise.all([text('data:text/plain,held'), text(URL.createObjectURL(new Blob(['in memory'])))]).then(ok, no);
    """
    script = f"module.exports = async (c, s, a, x) => ({{ found: await new Promise((ok, no) => {{ {body} }}) }});"
    async with loaded(sandbox, script, fetch=service) as rule:
        assert json.loads(await rule.value()) == {"found": ["held", "in memory"]}
    assert service.calls == []
