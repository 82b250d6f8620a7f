"""`http` and `https` in JavaScript rules: what libraries do with them, over the calls that rules make anyway."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fixtures.hosts import loaded
from rulemint_runner.hosts.wire import frames
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


async def result(sandbox: Sandbox, body: str, service: Service) -> Any:
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
