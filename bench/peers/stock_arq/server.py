"""The plain way through a queue: an aiohttp server that enqueues a stock arq job for each token and waits for its end.

``python server.py PORT SOCKET KEYS ALGORITHM POLL``: Valkey's socket, the file with the private keys as a JWK set,
which of them signs, and how often in seconds arq looks for the result. The queue is arq's as it comes; no Rulemint.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings

AUDIENCE = "https://bench.test/"
CLIENTS = {"bench": {"secret": "bench-secret", "tenant": "default", "name": "bench"}}
RESULT_TIMEOUT_S = 30
LIFETIME_S = 86_400
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi"})


class TokenServer:
    """One client, one API."""

    def __init__(self, *, port: int, socket: str, keys: dict[str, Any], algorithm: str, poll_s: float) -> None:
        self._issuer = f"http://127.0.0.1:{port}"
        self._socket = socket
        self._keys = keys
        self._algorithm = algorithm
        self._key = jwt.PyJWK(next(key for key in keys["keys"] if key["alg"] == algorithm)).key
        self._poll_s = poll_s
        self._redis: ArqRedis | None = None

    async def connect(self, _application: web.Application) -> None:
        """Open arq's pool."""
        self._redis = await create_pool(RedisSettings(unix_socket_path=self._socket))

    async def token(self, request: web.Request) -> web.Response:
        """The token endpoint."""
        form = await request.post()
        client_id = str(form.get("client_id"))
        client = CLIENTS.get(client_id)
        if client is None or not secrets.compare_digest(client["secret"], str(form.get("client_secret"))):
            return web.json_response({"error": "invalid_client"}, status=401)
        if self._redis is None or (job := await self._redis.enqueue_job("rule", client)) is None:
            return web.json_response({"error": "temporarily_unavailable"}, status=503)
        added = await job.result(timeout=RESULT_TIMEOUT_S, poll_delay=self._poll_s)
        now = int(time.time())
        claims = {
            "iss": self._issuer, "sub": client_id, "aud": AUDIENCE, "client_id": client_id, "iat": now,
            "exp": now + LIFETIME_S, "jti": secrets.token_urlsafe(16), "scope": "read write", **added,
        }  # fmt: skip
        headers = {"kid": self._algorithm, "typ": "at+jwt"}
        token = jwt.encode(claims, self._key, algorithm=self._algorithm, headers=headers)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_S, "scope": "read write"}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    async def jwks(self, _request: web.Request) -> web.Response:
        """The public keys."""
        keys = [{name: key[name] for name in key.keys() - PRIVATE_MEMBERS} for key in self._keys["keys"]]
        return web.json_response({"keys": keys})


def main() -> None:
    """Serve until SIGTERM."""
    port, socket, keys, algorithm, poll_s = sys.argv[1:]
    server = TokenServer(
        port=int(port),
        socket=socket,
        keys=json.loads(Path(keys).read_text()),
        algorithm=algorithm,
        poll_s=float(poll_s),
    )
    application = web.Application()
    application.on_startup.append(server.connect)
    application.router.add_post("/token", server.token)
    application.router.add_get("/jwks", server.jwks)
    web.run_app(application, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main()
