"""Generates rules that see all that a tape has: storage, cache, calls, random draws, the clock, timers and lines.

A rule is a list of steps. Each adds what it saw to a list, which becomes a claim: whatever a replay gave otherwise
shows there.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

JAVASCRIPT, PYTHON = "javascript", "python"
_MOST_STEPS = 7


class Generated(NamedTuple):
    """A rule that was generated."""

    language: str
    script: str


def generated(random: Random, url: str) -> Generated:
    """A rule that calls the service at *url*: an action, a webtask in JavaScript, or a function in Python."""
    make = random.choice((_action, _webtask, _python))
    return make(random, url)


def _steps(random: Random, known: tuple[Callable[[Random, str], str], ...], url: str) -> str:
    return "\n".join(random.choice(known)(random, url) for _ in range(random.randint(2, _MOST_STEPS)))


# ---- JavaScript ----

_JAVASCRIPT: tuple[Callable[[Random, str], str], ...] = (
    lambda _random, _url: "seen.push(Date.now(), new Date().toISOString());",
    lambda _random, _url: "seen.push(performance.now() > 0, Math.random());",
    lambda _random, _url: "seen.push(crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(9)).join());",
    lambda _random, _url: "console.log('line', seen.length, Date.now(), Math.random());",
    lambda random, _url: f"await new Promise((go) => setTimeout(go, {random.randint(0, 12)})); seen.push(Date.now());",
    lambda random, url: f"seen.push(await (await fetch('{url}/{random.randint(1, 9)}')).text(), Date.now());",
    lambda random, url: (
        f"seen.push(await fetch('{url}/{random.randint(1, 9)}', {{ method: 'POST', body: JSON.stringify([client.id, "
        "seen.length]) }).then(async (answer) => [answer.status, await answer.text()]));"
    ),
    lambda random, url: (
        f"await Promise.all([{', '.join(str(random.randint(1, 9)) for _ in range(random.randint(2, 4)))}].map(async "
        f"(n) => {{ const got = await (await fetch(`{url}/slow/${{n}}`)).text(); seen.push(n, got, Date.now()); }}));"
    ),
    lambda random, url: (
        f"seen.push(await Promise.race([fetch('{url}/slow/{random.randint(1, 9)}').then((answer) => answer.text()), "
        f"new Promise((go) => setTimeout(go, {random.randint(1, 15)}, 'late'))]));"
    ),
    lambda _random, _url: (
        "try { await fetch('https://not.allowed.example/'); } catch (error) { seen.push(error.message); }"
    ),
    lambda _random, _url: "if (Math.random() < 0.1) throw new Error(`by chance at ${Date.now()}`);",
    lambda random, url: (
        f"try {{ seen.push(await (await fetch('{url}/slow/{random.randint(1, 9)}', {{ signal: AbortSignal.timeout("
        f"{random.randint(1, 12)}) }})).text()); }} catch (error) {{ seen.push(error.name, Date.now()); }}"
    ),
    lambda random, url: (
        f"{{ const ticks = setInterval(() => seen.push('tick', Date.now()), {random.randint(1, 6)});"
        f"for await (const part of (await fetch('{url}/slow/{random.randint(1, 9)}')).body) seen.push(part.length);"
        "clearInterval(ticks); }"
    ),
    lambda random, url: (
        f"seen.push(await Promise.race([{random.randint(1, 9)}, {random.randint(1, 9)}].map(async (n) => "
        f"(await fetch(`{url}/slow/${{n}}`)).text())), Date.now());"
    ),
    lambda random, _url: (
        "seen.push(await Promise.race([3e5, 2e5, 9].map((size) => crypto.subtle.digest('SHA-256', new Uint8Array(size))"
        f".then(() => size)))); await new Promise((go) => {{ setTimeout(() => seen.push(1), {random.randint(1, 3)});"
        f"setTimeout(() => setImmediate(go), {random.randint(1, 3)}); }}); seen.push(Date.now());"
    ),
)
_CACHE: tuple[Callable[[Random, str], str], ...] = (
    lambda _random, _url: "seen.push(api.cache.get('n')?.value ?? null);",
    lambda _random, _url: "api.cache.set('n', String(Math.random()), { ttl: 60000 });",
    lambda _random, _url: "api.cache.delete('n');",
)
_STORAGE: tuple[Callable[[Random, str], str], ...] = (
    lambda _random, _url: "seen.push(await read());",
    lambda _random, _url: "{ const n = (await read())?.n ?? 0; await write({ n: n + 1, at: Date.now() }); }",
)


def _action(random: Random, url: str) -> Generated:
    steps = _steps(random, _JAVASCRIPT + _CACHE * 2, url)
    return Generated(
        JAVASCRIPT,
        f"""exports.onExecuteCredentialsExchange = async (event, api) => {{
const seen = [], client = {{ id: event.client.client_id }};
{steps}
if (event.client.metadata.plan === 'none') return api.access.deny('access_denied', `no plan at ${{Date.now()}}`);
api.accessToken.setCustomClaim('seen', seen);
}};
""",
    )


def _webtask(random: Random, url: str) -> Generated:
    steps = _steps(random, _JAVASCRIPT + _STORAGE * 2, url)
    return Generated(
        JAVASCRIPT,
        f"""module.exports = (client, scope, audience, context, cb) => {{
const {{ storage }} = context.webtask, seen = [];
const read = () => new Promise((go, fail) => storage.get((error, data) => error ? fail(error) : go(data)));
const write = (data) => new Promise((go) => storage.set(data, {{ force: 1 }}, (error) => go(error?.message)));
(async () => {{
{steps}
if (client.metadata.plan === 'none') throw new Error(`no plan at ${{Date.now()}}`);
return {{ scope, 'https://rules.example/seen': seen }};
}})().then((result) => cb(null, result), cb);
}};
""",
    )


# ---- Python ----

_PYTHON: tuple[Callable[[Random, str], str], ...] = (
    lambda _random, _url: "seen += [time.time(), datetime.datetime.now().isoformat()]",
    lambda _random, _url: "seen += [random.random(), random.choice('abcdef'), random.sample(range(99), 3)]",
    lambda _random, _url: "seen += [secrets.token_hex(8), os.urandom(5).hex(), str(uuid.uuid4())]",
    lambda _random, _url: "print('line', len(seen), time.time(), random.random())",
    lambda random, _url: f"time.sleep({random.randint(0, 12)} / 1000); seen.append(time.time())",
    lambda random, url: (
        f"seen += [urllib.request.urlopen('{url}/{random.randint(1, 9)}').read().decode(), time.time()]"
    ),
    lambda random, url: (
        f"seen.append(urllib.request.urlopen('{url}/{random.randint(1, 9)}', data=b'posted').read().decode())"
    ),
    lambda _random, _url: (
        "try:\n        urllib.request.urlopen('https://not.allowed.example/')\n"
        "    except Exception as error:\n        seen.append(str(error))"
    ),
    lambda _random, _url: "seen.append(list({'one', 'two', 'three', 'four', 'five'}))",
    lambda _random, _url: "seen.append(storage.get())",
    lambda _random, _url: "storage.set({'n': len(seen), 'at': time.time()}, force=True)",
    lambda _random, _url: "if random.random() < 0.1: raise ValueError(f'by chance at {time.time()}')",
    lambda random, url: (
        f"seen.append(asyncio.run(raced('{url}/slow/{random.randint(1, 9)}', {random.randint(1, 9)} / 1000, "
        f"{random.randint(1, 9)} / 1000)))"
    ),
)
_RACED = """
async def raced(url, *delays_s):
    seen = []
    async def waited(delay_s):
        await asyncio.sleep(delay_s)
        seen.append([delay_s, time.time()])
    async def called():
        answer = await asyncio.to_thread(lambda: urllib.request.urlopen(url).read().decode())
        seen.append([answer, time.time()])
    waits = {asyncio.create_task(waited(delay_s), name=str(delay_s)) for delay_s in delays_s}
    calls = asyncio.create_task(called())
    done, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    await calls
    try:
        await asyncio.wait_for(asyncio.gather(*rest), 0.002)
    except TimeoutError:
        seen.append("late")
    return [sorted(task.get_name() for task in done), seen]
"""


def _python(random: Random, url: str) -> Generated:
    steps = "\n".join("    " + random.choice(_PYTHON)(random, url) for _ in range(random.randint(2, _MOST_STEPS)))
    return Generated(
        PYTHON,
        f"""import asyncio, datetime, os, random, secrets, time, urllib.request, uuid
{_RACED}
def rule(client, scope, audience, context):
    storage, seen = context["webtask"]["storage"], []
{steps}
    if client["metadata"].get("plan") == "none":
        raise AccessDenied(f"no plan at {{time.time()}}")
    return {{"seen": seen}}
""",
    )
