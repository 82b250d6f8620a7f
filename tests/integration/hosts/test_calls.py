"""A rule's calls to other services, up to the runner: what it asks for, what it gets back, and when it may."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass, field

import msgspec
import pytest

from fixtures.hosts import loaded
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

JS, PY = Language.JAVASCRIPT, Language.PYTHON
IN_PYTHON = "def rule(client, scope, audience, context):\n    "


@dataclass
class Service:
    """Answers every call with what was asked, and remembers it."""

    calls: list[frames.Call] = field(default_factory=list)
    status: int = 200

    async def __call__(self, call: frames.Call) -> frames.Reply:
        self.calls.append(call)
        return frames.Reply(
            id=call.id,
            status=self.status,
            reason="OK",
            headers=[("content-type", "application/json"), ("set-cookie", "a=1"), ("set-cookie", "b=2")],
            body=msgspec.json.encode({"method": call.method, "body": call.body.decode()}),
            url=call.url,
        )


SENDS_PIECES = """
import http.client
def rule(client, scope, audience, context):
    connection = http.client.HTTPSConnection("api.example.com")
    body = %s
    connection.request("POST", "/", body=body, encode_chunked=not isinstance(body, bytes),
                       headers={} if isinstance(body, bytes) else {"Transfer-Encoding": "chunked"})
    answer = connection.getresponse()
    return {"length": answer.headers.get_all("content-length")}
"""
JAVASCRIPT_FETCHES = """
export default async () => {
  const answer = await fetch('https://api.example.com/a?b=c#d', {
    method: 'POST', headers: { 'X-Key': 'k' }, body: JSON.stringify({ x: 'ü' }),
  });
  return { status: answer.status, url: answer.url, said: await answer.json(), cookies: answer.headers.getSetCookie() };
};
"""
PYTHON_FETCHES = """
from rulemint import fetch
def rule(client, scope, audience, context):
    answer = fetch("https://api.example.com/a?b=c#d", method="POST", headers={"X-Key": "k"}, json={"x": "ü"})
    return {"status": answer.status, "url": answer.url, "said": answer.json()}
"""
PYTHON_OPENS_A_URL = """
import json, urllib.request
def rule(client, scope, audience, context):
    request = urllib.request.Request("https://api.example.com/a?b=c#d", b'{"x": "\\u00fc"}', {"X-Key": "k"})
    with urllib.request.urlopen(request) as answer:
        cookies = answer.headers.get_all("set-cookie")
        return {"status": answer.status, "said": json.load(answer), "cookies": cookies}
"""
PYTHON_USES_A_CONNECTION = """
import http.client, json
def rule(client, scope, audience, context):
    connection = http.client.HTTPSConnection("api.example.com")
    said = []
    for _ in range(2):
        parts = iter([b'{"x": ', b'"\\u00fc"}'])
        connection.request("POST", "/a?b=c", body=parts, headers={"X-Key": "k"}, encode_chunked=True)
        said.append(json.load(connection.getresponse()))
    return {"status": 200, "said": said[0]}
"""


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(JS, JAVASCRIPT_FETCHES, id="javascript fetch"),
        pytest.param(PY, PYTHON_FETCHES, id="python fetch"),
        pytest.param(PY, PYTHON_OPENS_A_URL, id="python urllib"),
        pytest.param(PY, PYTHON_USES_A_CONNECTION, id="python http.client"),
    ],
)
async def test_a_rule_calls_a_service_and_reads_its_answer(sandbox: Sandbox, language: Language, script: str) -> None:
    service = Service()
    async with loaded(sandbox, script, language, fetch=service) as rule:
        value = msgspec.json.decode(await rule.value())
    call = service.calls[0]
    assert call.method == "POST"
    assert call.url.replace(":443", "").startswith("https://api.example.com/a?b=c")
    assert ("x-key", "k") in call.headers
    assert msgspec.json.decode(call.body) == {"x": "ü"}
    assert value["status"] == 200
    assert value["said"]["method"] == "POST"
    assert value.get("cookies", ["a=1", "b=2"]) == ["a=1", "b=2"]


async def test_a_python_client_gets_a_body_in_the_coding_that_it_asked_for(sandbox: Sandbox) -> None:
    async def packed(call: frames.Call) -> frames.Reply:
        assert call.as_sent
        assert ("accept-encoding", "gzip") in call.headers
        headers = [("content-encoding", "gzip"), ("content-length", "3")]
        return frames.Reply(id=call.id, status=200, headers=headers, body=gzip.compress(b"unpacked"), url=call.url)

    script = """
import gzip, urllib.request
def rule(client, scope, audience, context):
    request = urllib.request.Request("https://api.example.com/", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        return {"text": gzip.decompress(answer.read()).decode(), "coding": answer.headers["content-encoding"]}
"""
    async with loaded(sandbox, script, PY, fetch=packed) as rule:
        assert json.loads(await rule.value()) == {"text": "unpacked", "coding": "gzip"}


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(JS, "export default async () => { await fetch('https://api.example.com/') }", id="javascript"),
        pytest.param(
            PY, f"from rulemint import fetch\n{IN_PYTHON}fetch('https://api.example.com/')", id="python fetch"
        ),
        pytest.param(
            PY, f"import urllib.request as u\n{IN_PYTHON}u.urlopen('https://api.example.com/')", id="python urllib"
        ),
    ],
)
async def test_a_call_that_fails_is_an_exception_that_says_why(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw)
    assert "there is nowhere to go in this test" in answer.text


async def test_several_calls_are_under_way_at_once(sandbox: Sandbox) -> None:
    meet = asyncio.Barrier(3)

    async def fetch(call: frames.Call) -> frames.Reply:
        await meet.wait()
        return frames.Reply(id=call.id, status=204)

    script = """
    export default async () => {
      const answers = await Promise.all([1, 2, 3].map((n) => fetch(`https://api.example.com/${n}`)));
      return { statuses: answers.map((answer) => answer.status) };
    };
    """
    async with loaded(sandbox, script, fetch=fetch) as rule:
        assert await rule.value() == '{"statuses":[204,204,204]}'


async def test_calls_one_after_the_other_each_get_their_own_answer(sandbox: Sandbox) -> None:
    script = """
    export default async () => {
      const said = [];
      for (const word of ['a', 'b', 'c']) {
        said.push((await (await fetch('https://api.example.com/', { method: 'POST', body: word })).json()).body);
      }
      return { said };
    };
    """
    async with loaded(sandbox, script, fetch=Service()) as rule:
        for _ in range(3):
            assert await rule.value() == '{"said":["a","b","c"]}'


GIVES_UP = """
import signal
from rulemint import fetch

class Enough(Exception): pass

def stop(*_):
    raise Enough

def rule(client, scope, audience, context):
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        fetch("https://api.example.com/")
    except Enough:
        return {"done": True}
"""


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(
            JS,
            "export default () => { fetch('https://api.example.com/').catch(() => {}); return { done: true } }",
            id="javascript",
        ),
        pytest.param(PY, GIVES_UP, id="python"),
    ],
)
async def test_a_call_that_its_rule_does_not_wait_for_is_cancelled_and_the_host_goes_on(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    cancelled = asyncio.Event()

    async def fetch(call: frames.Call) -> frames.Reply:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return frames.Reply(id=call.id)

    async with loaded(sandbox, script, language, fetch=fetch) as rule:
        for _ in range(3):
            cancelled.clear()
            assert msgspec.json.decode(await rule.value()) == {"done": True}
            assert await rule.host.idle()
            await asyncio.wait_for(cancelled.wait(), 5)


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(JS, "await fetch('https://api.example.com/');\nexport default () => ({})", id="javascript"),
        pytest.param(
            PY, f"import rulemint\nrulemint.fetch('https://api.example.com/')\n{IN_PYTHON}return {{}}", id="python"
        ),
    ],
)
async def test_while_a_rule_is_loaded_it_may_call_nobody(sandbox: Sandbox, language: Language, script: str) -> None:
    with pytest.raises(Exception, match="only while an invocation runs"):
        async with loaded(sandbox, script, language, fetch=Service()):
            pass


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(
            JS,
            "export default async () => { await fetch('https://a.b/', { method: 'PUT', body: 'x'.repeat(2e6) }) }",
            id="javascript",
        ),
        pytest.param(
            PY, f"from rulemint import fetch\n{IN_PYTHON}fetch('https://a.b/', body='x' * 2_000_000)", id="python"
        ),
        pytest.param(PY, SENDS_PIECES % "iter([b'x' * 60_000] * 40)", id="python, in chunks"),
        pytest.param(PY, SENDS_PIECES % "b'x' * 2_000_000", id="python, with a length"),
    ],
)
async def test_a_body_that_is_too_large_is_named_before_it_is_sent(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language, fetch=Service()) as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.Threw)
        assert "the body is larger than 1048576 bytes" in answer.text
        assert rule.host.usable


async def test_a_body_in_a_thousand_pieces_arrives_whole(sandbox: Sandbox) -> None:
    service = Service()
    script = SENDS_PIECES % "(b'%03d' % n * 200 for n in range(1_000))"
    async with loaded(sandbox, script, PY, fetch=service) as rule:
        assert msgspec.json.decode(await rule.value())["length"]
    assert service.calls[0].body == b"".join(b"%03d" % n * 200 for n in range(1_000))


@pytest.mark.parametrize("chunk", ["x\r\n", "-3\r\nabc\r\n", "0\r\nA-Trailer: 1\r\n\r\n", "\r\n\r\n"])
async def test_chunks_that_are_none_are_refused_and_nothing_is_sent(sandbox: Sandbox, chunk: str) -> None:
    service = Service()
    script = f"""
import socket
def rule(client, scope, audience, context):
    connection = socket.create_connection(("api.example.com", 80))
    connection.sendall(b"POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
    connection.sendall({chunk.encode()!r})
    connection.sendall(b"0\\r\\n\\r\\n")
    connection.recv(100)
"""
    async with loaded(sandbox, script, PY, fetch=service) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw)
    assert "http://api.example.com:80/: " in answer.text
    assert service.calls == []


@pytest.mark.parametrize(("status", "length"), [(200, ["53"]), (204, None), (304, ["53"])])
async def test_an_answer_has_one_length_and_one_without_a_body_keeps_what_it_said(
    sandbox: Sandbox, status: int, length: list[str] | None
) -> None:
    async def fetch(call: frames.Call) -> frames.Reply:
        headers = [] if length is None else [("Content-Length", "53")]
        body = b"x" * 53 if status == 200 else b""
        return frames.Reply(id=call.id, status=status, reason="OK", headers=headers, body=body, url=call.url)

    script = """
import http.client
def rule(client, scope, audience, context):
    connection = http.client.HTTPConnection("api.example.com")
    connection.request("GET", "/")
    answer = connection.getresponse()
    return {"length": answer.headers.get_all("content-length"), "bytes": len(answer.read())}
"""
    async with loaded(sandbox, script, PY, fetch=fetch) as rule:
        value = msgspec.json.decode(await rule.value())
    assert value == {"length": length, "bytes": 53 if status == 200 else 0}


async def test_a_fetch_can_be_aborted(sandbox: Sandbox) -> None:
    async def fetch(_call: frames.Call) -> frames.Reply:
        await asyncio.Event().wait()
        raise AssertionError

    script = """
    export default async () => {
      try { await fetch('https://api.example.com/', { signal: AbortSignal.timeout(50) }) }
      catch (error) { return { error: error.name } }
    };
    """
    async with loaded(sandbox, script, fetch=fetch) as rule:
        assert await rule.value() == '{"error":"TimeoutError"}'
        assert await rule.host.idle()
