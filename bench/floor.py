"""What aiohttp and PyJWT alone take: the floor under every token of ours.

``python -m bench.floor`` starts one process that reads the form of a token request and answers a constant, and one that
signs a token for each and does nothing else, and has ``wrk`` ask both. `serve` is what they run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import uuid
from urllib.parse import urlencode

import jwt
import uvloop
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from bench.children import started
from bench.command import run
from bench.free_ports import free_port
from bench.load import Request, load_generator

CONNECTIONS = 32
SECONDS = 3.0
WAYS = {"constant": "aiohttp, a form in and a constant out", "signed": "the same with a token that PyJWT signs, ES256"}
FORM = {
    "grant_type": "client_credentials",
    "client_id": "c" * 16,
    "client_secret": "s" * 40,
    "audience": "https://api/",
}


async def serve(way: str, port: int) -> None:
    """Answer on *port*, until cancelled."""
    key = ec.generate_private_key(ec.SECP256R1())

    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        signed = _signed(key, str(form["client_id"]), str(form["audience"])) if way == "signed" else "x" * 500
        answer = {"access_token": signed, "token_type": "Bearer", "expires_in": 3600, "scope": "read write"}
        return web.json_response(answer)

    app = web.Application()
    app.router.add_post("/oauth/token", token)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


def _signed(key: ec.EllipticCurvePrivateKey, client_id: str, audience: str) -> str:
    now = int(time.time())
    claims = {
        "iss": "https://floor.test/", "sub": client_id, "client_id": client_id, "aud": audience, "iat": now,
        "exp": now + 3600, "jti": uuid.uuid4().hex, "scope": "read write",
    }  # fmt: skip
    return jwt.encode(claims, key, "ES256", headers={"typ": "at+jwt", "kid": "floor"})


def main() -> int:
    """Measure and print; 0 if every request was answered."""
    parser = argparse.ArgumentParser(prog="bench.floor", description=__doc__)
    parser.add_argument("way", nargs="?", choices=WAYS, help="only serve, in this way")
    parser.add_argument("port", nargs="?", type=int, default=0, help="on this port")
    arguments = parser.parse_args()
    if arguments.way:
        uvloop.run(serve(arguments.way, arguments.port))
    return _measure()


def _measure() -> int:
    load = load_generator()
    failed = 0
    for way, title in WAYS.items():
        port = free_port()
        with started([sys.executable, "-m", "bench.floor", way, str(port)]) as child:
            child.wait_for_port(port)
            request = Request(url=f"http://127.0.0.1:{port}/oauth/token", host="floor.test", body=urlencode(FORM))
            load.run(request, connections=CONNECTIONS, seconds=SECONDS)
            loaded = load.run(request, connections=CONNECTIONS, seconds=SECONDS)
        failed += loaded.failed
        sys.stdout.write(f"{title}: {loaded.per_second:.0f}/s, p50 {loaded.p50_ms:.2f} ms, {loaded.failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    run(main)
