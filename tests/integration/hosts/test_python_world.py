"""A Python rule's world as libraries know it: its own module, names that are free, threads, streams and errors."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import msgspec
import pytest

from fixtures.hosts import loaded
from rulemint_runner.hosts.errors import RuleNotLoadedError
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

PY = Language.PYTHON
RULE = "def rule(client, scope, audience, context):\n    "
HOST_FILES = [
    "calls",
    "capture",
    "channel",
    "failures",
    "fetch",
    "invocation",
    "machine",
    "main",
    "packages",
    "parameters",
    "paths",
    "refusals",
    "refused",
    "requests_sent",
    "sockets",
    "stalled",
    "storage",
    "strays",
]


async def result(sandbox: Sandbox, script: str, packages: dict[str, str] | None = None) -> Any:
    """What the rule of *script* returns."""
    content = {"files": packages, "data": {}}
    raw = frames.NO_PACKAGES if packages is None else msgspec.Raw(msgspec.json.encode(content))
    async with loaded(sandbox, script, PY, packages=raw) as rule:
        return json.loads(await rule.value())


async def thrown(sandbox: Sandbox, script: str) -> str:
    async with loaded(sandbox, script, PY) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw), answer
    return answer.text


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(
            "from __future__ import annotations\nfrom dataclasses import asdict, dataclass\n"
            "from typing import ClassVar\n@dataclass\nclass Plan:\n    name: str\n    version: ClassVar[int] = 3\n"
            f"{RULE}return asdict(Plan('gold'))",
            {"name": "gold"},
            id="a class variable of a dataclass",
        ),
        pytest.param(
            "from __future__ import annotations\nimport typing\nclass A:\n    other: B\nclass B: pass\n"
            f"{RULE}return {{'same': typing.get_type_hints(A)['other'] is B}}",
            {"same": True},
            id="hints of types that follow",
        ),
        pytest.param(
            f"import pickle\nclass P: pass\n{RULE}return {{'same': type(pickle.loads(pickle.dumps(P()))) is P}}",
            {"same": True},
            id="pickle finds its classes",
        ),
        pytest.param(
            f"import sys\nimport rule as me\n{RULE}return {{'same': me.rule is rule and sys.modules[__name__] is me}}",
            {"same": True},
            id="it can import itself",
        ),
        pytest.param(
            "import asyncio\nasync def rule(*_):\n    loop = asyncio.get_running_loop()\n"
            "    in_executor = await loop.run_in_executor(None, int)\n"
            "    return {'to_thread': await asyncio.to_thread(max, 1, 3), 'executor': in_executor}",
            {"to_thread": 3, "executor": 0},
            id="work for a thread is done at once",
        ),
        pytest.param(
            "import asyncio\nasync def rule(*_):\n    try:\n        await asyncio.to_thread(int, 'x')\n"
            "    except ValueError as error:\n        return {'error': str(error)[:15]}",
            {"error": "invalid literal"},
            id="an error of work for a thread is its awaiter's",
        ),
        pytest.param(
            f"import concurrent.futures as f\n{RULE}try:\n        f.ThreadPoolExecutor().submit(int)\n"
            "    except RuntimeError as error:\n        return {'refused': 'sandbox' in str(error)}",
            {"refused": True},
            id="a pool of threads fails so that it can be handled",
        ),
    ],
)
async def test_a_rule_is_a_module_and_does_without_threads(sandbox: Sandbox, script: str, expected: object) -> None:
    assert await result(sandbox, script) == expected


async def test_no_file_of_the_host_can_be_imported(sandbox: Sandbox) -> None:
    script = f"""
import importlib, sys
{RULE}found = []
    for name in {[*HOST_FILES, "__main__"]}:
        try:
            found.append([name, getattr(importlib.import_module(name), '__file__', None)])
        except ImportError:
            pass
    return {{'found': found, 'paths': [path for path in sys.path if 'host_programs' in path]}}
"""
    assert await result(sandbox, script) == {"found": [["__main__", "my-rule.py"]], "paths": []}


@pytest.mark.parametrize("name", HOST_FILES)
async def test_a_package_may_have_the_name_of_a_file_of_the_host(sandbox: Sandbox, name: str) -> None:
    script = f"import {name}\n{RULE}return {{'of': {name}.OF}}"
    assert await result(sandbox, script, {f"{name}.py": "OF = 'the rule'"}) == {"of": "the rule"}


async def test_bytes_for_standard_output_are_lines(sandbox: Sandbox) -> None:
    script = f"import sys\n{RULE}sys.stdout.buffer.write(b'caf\\xc3\\xa9 \\xff\\nrest')\n    return {{}}"
    async with loaded(sandbox, script, PY) as rule:
        await rule.value()
        lines = [text for _level, text in rule.lines]
    assert lines == ["café \\xff", "rest"]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        pytest.param(
            "try:\n        {}['a']\n    except KeyError as error:\n        raise ValueError('no plan') from error",
            ["my-rule.py:5:9: ValueError: no plan", "  caused by: KeyError: 'a' (my-rule.py:3:9)"],
            id="a cause",
        ),
        pytest.param(
            "try:\n        {}['a']\n    except KeyError:\n        raise ValueError('no plan')",
            ["my-rule.py:5:9: ValueError: no plan", "  while handling: KeyError: 'a' (my-rule.py:3:9)"],
            id="what was handled",
        ),
        pytest.param(
            "try:\n        {}['a']\n    except KeyError:\n        raise ValueError('no plan') from None",
            ["my-rule.py:5:9: ValueError: no plan"],
            id="what was hidden",
        ),
        pytest.param(
            "raise ExceptionGroup('all', [ValueError('a'), KeyError('b')])",
            [
                "my-rule.py:2:5: ExceptionGroup: all (2 sub-exceptions)",
                "  in it: ValueError: a",
                "  in it: KeyError: 'b'",
            ],
            id="a group",
        ),
    ],
)
async def test_an_error_shows_what_led_to_it(sandbox: Sandbox, body: str, lines: list[str]) -> None:
    assert (await thrown(sandbox, RULE + body)).splitlines() == lines


async def test_an_endless_chain_of_causes_is_cut(sandbox: Sandbox) -> None:
    loop = "for n in range(50):\n        new = ValueError(n)\n        new.__cause__, error = error, new\n"
    text = await thrown(sandbox, f"{RULE}error = None\n    {loop}    raise error")
    assert text.count("caused by") == 8
    assert text.endswith("…")


async def test_a_missing_package_says_what_to_add(sandbox: Sandbox) -> None:
    with pytest.raises(
        RuleNotLoadedError,
        match=r"my-rule.py:1:1: .*'jwt': add pyjwt, the package that has it, to the rule's dependencies",
    ):
        async with loaded(sandbox, f"import jwt\n{RULE}return {{}}", PY):
            pass


@pytest.mark.parametrize("value", ["'\\ud83d'", "['x', {'y': '\\ud83d'}]"], ids=["a text", "deep in it"])
async def test_half_a_character_names_its_claim(sandbox: Sandbox, value: str) -> None:
    async with loaded(sandbox, f"{RULE}return {{'ok': 1, 'name': {value}}}", PY) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.BadReturn)
    assert answer.why.startswith("the claim 'name' has half of a surrogate pair")


class Slow:
    """A runner that answers in time only what may take its time."""

    def __init__(self) -> None:
        self.waits: list[tuple[int | None, int | None]] = []

    async def __call__(self, call: frames.Call) -> frames.Reply:
        self.waits.append((call.connect_timeout_ms, call.timeout_ms))
        if call.timeout_ms is None:
            return frames.Reply(id=call.id, status=200, body=b"late", url=call.url)
        return frames.Reply(id=call.id, error="no whole response in time", code="ETIMEDOUT")


async def test_the_runner_is_told_how_long_a_client_waits(sandbox: Sandbox) -> None:
    script = f"""
import http.client, socket, urllib.request
import rulemint

URL = "https://api.example.com/"
def by_hand():
    connection = http.client.HTTPSConnection("api.example.com", timeout=1.5)
    connection.request("POST", "/", b"x")
    return connection.getresponse()

{RULE}seen = []
    for call in (lambda: urllib.request.urlopen(URL, timeout=0.25), by_hand, lambda: rulemint.fetch(URL, timeout=2)):
        try:
            call()
        except TimeoutError:
            seen.append("timed out")
    return {{"seen": seen, "late": [urllib.request.urlopen(URL).read().decode(), rulemint.fetch(URL).text()]}}
"""
    service = Slow()
    async with loaded(sandbox, script, PY, fetch=service) as rule:
        value = json.loads(await rule.value())
    assert value == {"seen": ["timed out"] * 3, "late": ["late", "late"]}
    clients = [(250, 300), (1500, 1550)]  # a connection that takes too long is told apart from an answer that does
    assert service.waits == [*clients, (None, 2000), (None, None), (None, None)]


async def test_a_request_whose_answer_nobody_reads_is_made_all_the_same(sandbox: Sandbox) -> None:
    script = f"""
import http.client
{RULE}connection = http.client.HTTPSConnection("api.example.com")
    connection.request("POST", "/", b"x")
    connection.close()
    return {{}}
"""
    service = Slow()
    async with loaded(sandbox, script, PY, fetch=service) as rule:
        await rule.value()
    assert service.waits == [(None, None)]


async def test_a_library_that_compares_the_name_of_a_certificate_itself_finds_the_one_it_asked_for(
    sandbox: Sandbox,
) -> None:
    script = f"""
import socket, ssl
tls = ssl.create_default_context()
{RULE}seen = []
    with socket.create_connection(("api.example.com", 443)) as raw, tls.wrap_socket(raw) as connection:
        seen += [connection.getpeercert()["subjectAltName"], connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)]
        try:
            connection.getpeercert(binary_form=True)
        except OSError as error:
            seen += [error.code, str(error)]
    return {{"seen": seen}}
"""
    names, error_number, code, why = (await result(sandbox, script))["seen"]
    assert (names, error_number, code) == ([["DNS", "api.example.com"]], 0, "ERR_RULEMINT_UNSUPPORTED")
    assert why.endswith("the runner verifies the certificate, and a rule does not see it: leave the fingerprint out")


STALLED = [
    pytest.param("await asyncio.Event().wait()", id="an event"),
    pytest.param("await asyncio.get_running_loop().create_future()", id="a future"),
    pytest.param("await asyncio.gather(asyncio.sleep(0), asyncio.Queue().get())", id="a queue"),
]


@pytest.mark.parametrize("wait", STALLED)
async def test_a_rule_that_awaits_what_nobody_ends_is_answered_at_once(sandbox: Sandbox, wait: str) -> None:
    script = f"import asyncio\nasync {RULE}{wait}\n"
    async with loaded(sandbox, script, PY) as rule:
        for _ in range(2):
            answer = await rule.run(timeout_s=60)
            assert isinstance(answer, frames.Threw), answer
            assert "nothing is left that it could wait for: no call, no timer" in answer.text


WAITS = [
    pytest.param("await asyncio.wait_for(asyncio.Event().wait(), 0.05)", id="a timer"),
    pytest.param(
        "loop = asyncio.get_running_loop(); done = loop.create_future()\n"
        "    signal.signal(signal.SIGALRM, lambda *_: loop.call_soon_threadsafe(done.set_result, 1))\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.05); await done",
        id="a signal",
    ),
    pytest.param(
        "asyncio.get_running_loop().call_later(0.05, asyncio.current_task().cancel); await asyncio.Event().wait()",
        id="a cancellation",
    ),
]


@pytest.mark.parametrize("wait", WAITS)
async def test_a_rule_that_something_wakes_waits_for_it(sandbox: Sandbox, wait: str) -> None:
    script = f"""
import asyncio, signal
async def wait():
    {wait}

async {RULE}try:
        await wait()
    except (TimeoutError, asyncio.CancelledError):
        pass
    return {{"waited": True}}
"""
    assert await result(sandbox, script) == {"waited": True}


@pytest.mark.parametrize("taken", ["client, scope", "user, context, callback", "client, scope, audience, *, context"])
async def test_a_rule_that_cannot_be_given_its_arguments_does_not_load(sandbox: Sandbox, taken: str) -> None:
    with pytest.raises(RuleNotLoadedError, match="a rule gets four arguments: def rule"):
        async with loaded(sandbox, f"def rule({taken}):\n    return {{}}", PY):
            pass


async def test_what_a_rule_imports_from_beside_it_is_told_that_it_is_one_file(sandbox: Sandbox) -> None:
    with pytest.raises(RuleNotLoadedError, match="a rule is one file"):
        async with loaded(sandbox, "from .helpers import plan\ndef rule(client, scope, audience, context): ...", PY):
            pass


BOTOCORE = """
class Connection:
    def request(self, method, url, body=None, headers=None, *more):
        self.sent = [method, url, body, headers, *more]

class AWSConnection(Connection):
    def request(self, method, url, body=None, headers=None, *args, **kwargs):
        super().request(method, url, body, headers, *args, **kwargs)
"""


async def test_the_client_of_aws_stores_without_100_continue(sandbox: Sandbox) -> None:
    script = f"""
from botocore.awsrequest import AWSConnection
{RULE}connection = AWSConnection()
    connection.request("PUT", "/b/k", b"x".decode(), {{"Expect": "100-continue", "X-Key": "1"}})
    return {{"sent": connection.sent}}
"""
    files = {"botocore/__init__.py": "", "botocore/awsrequest.py": BOTOCORE}
    assert await result(sandbox, script, files) == {"sent": ["PUT", "/b/k", "x", {"X-Key": "1"}]}


async def refused_here(_call: frames.Call) -> frames.Reply:
    return frames.Reply(id=_call.id, error="this host is not in allow_hosts", code="ERR_RULEMINT_FORBIDDEN_HOST")


HIDDEN = [
    pytest.param(
        "import rulemint",
        "rulemint.fetch('https://refused.example.com/a')",
        "GET https://refused.example.com/a: this host is not in allow_hosts",
        id="a host that is not listed",
    ),
    pytest.param(
        "import socket",
        "socket.create_connection(('mail.example.com', 25)).recv(10)",
        "no connection to mail.example.com:25: a rule's sandbox refuses every socket",
        id="another protocol",
    ),
    pytest.param(
        "import socket",
        "socket.create_connection(('api.example.com', 443)).sendall(b'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n')",
        "no connection to api.example.com:443: HTTP/2 needs a socket: a rule's sandbox refuses every socket",
        id="HTTP/2",
    ),
    pytest.param(
        "import asyncio, sys; sys.modules['grpclib'] = asyncio",
        "asyncio.run(asyncio.open_connection('api.example.com', 443))",
        "no connection to api.example.com:443: gRPC needs HTTP/2 over a socket, which a rule does not have",
        id="gRPC",
    ),
]


@pytest.mark.parametrize(("head", "use", "said"), HIDDEN)
async def test_a_refusal_that_a_library_hides_is_in_the_text_of_the_failure(
    sandbox: Sandbox, head: str, use: str, said: str
) -> None:
    script = f"""
{head}
{RULE}try:
        {use}
    except Exception:
        pass
    raise RuntimeError("Connection error.")
"""
    async with loaded(sandbox, script, PY, fetch=refused_here) as rule:
        answer = await rule.run()
        again = await rule.run()
    assert isinstance(answer, frames.Threw)
    assert "RuntimeError: Connection error." in answer.text
    assert f"refused before: {said}" in answer.text
    assert isinstance(again, frames.Threw)
    assert again.text.count("refused before") == 1


async def test_a_rule_writes_to_every_name_of_its_streams(sandbox: Sandbox) -> None:
    script = f"""
import io, os, sys
{RULE}sys.stdout.buffer.write("b\\u00fctes\\n".encode())
    sys.stdout.buffer.flush()
    io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", write_through=True).write("wrapped\\n")
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    os.write(1, b"raw\\n")
    os.write(2, b"raw error\\n")
    print("original", file=sys.__stdout__)
    print("original error", file=sys.__stderr__)
    return {{}}
"""
    async with loaded(sandbox, script, PY) as rule:
        await rule.value()
    infos = [text for level, text in rule.lines if level == "info"]
    assert infos == ["b\u00fctes", "wrapped", "raw", "original"]
    assert [text for level, text in rule.lines if level == "error"] == ["raw error", "original error"]


SHOWN = """
import json, logging, traceback
from rulemint import fetch
{rule}traceback.print_stack()
    try:
        fetch("https://api.example.com/" + "x" * 9000)
    except OSError:
        logging.exception("not called")
    json.loads("{{")
"""


async def test_no_path_of_the_machine_is_in_a_line_or_an_error(sandbox: Sandbox) -> None:
    async with loaded(sandbox, SHOWN.format(rule=RULE), PY) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw)
    texts = [answer.text, *(text for _, text in rule.lines)]
    assert [text for text in texts if sys.base_prefix + "/lib" in text or "host_programs" in text] == []
    assert any('File "rulemint/main.py"' in text for text in texts)


async def test_no_path_of_the_machine_is_in_an_error_of_loading(sandbox: Sandbox) -> None:
    with pytest.raises(RuleNotLoadedError) as refused:
        async with loaded(sandbox, f"from collections import MutableMapping\n{RULE}return {{}}", PY):
            pass
    assert re.search(r"ImportError: cannot import name 'MutableMapping' .*\(python3\.\d+/", refused.value.text)


NESTED = """
import asyncio

async def inner(value):
    await asyncio.sleep(0)
    return value

def own():
    return asyncio.run(inner("ran"))

async def rule(client, scope, audience, context):
    loop = asyncio.get_running_loop()
    got = [await asyncio.to_thread(asyncio.run, inner("to_thread")), await loop.run_in_executor(None, own)]
    return {"got": got, "same": asyncio.get_running_loop() is loop and asyncio.current_task() is not None}
"""


async def test_work_for_a_thread_may_run_a_loop_of_its_own(sandbox: Sandbox) -> None:
    async with loaded(sandbox, NESTED, PY) as rule:
        assert json.loads(await rule.value()) == {"got": ["to_thread", "ran"], "same": True}
