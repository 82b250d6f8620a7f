"""Ask for tokens by generated rules, replay each request from its tape, and again after one frame was altered."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, NamedTuple

from redis import Redis

from bench.replays.altering import altered, opened, sealed_again
from bench.replays.generating import generated
from rulemint_shared.contract import redis_keys
from rulemint_shared.secrets.vault import Vault

NAME = "service.test"
AUDIENCE = "https://generated.example/"
TENANT = "default"
PLANS = ("gold", "silver", "none")
_WAITS_S = 10.0


class Place(NamedTuple):
    """A running system, as its operator has it."""

    url: str
    admin: dict[str, str]
    redis: Redis
    vault: Vault
    service: str
    """The URL of the service that its rules may call."""


class Found(NamedTuple):
    """The results of a run."""

    verdicts: Counter[str]
    """Of replays of what was recorded: ``equal``, and whatever else there was."""
    places: Counter[str]
    """Of replays of what was altered: ``right`` or ``wrong``."""
    failures: list[str]
    """What was not equal, or diverged elsewhere, with its rule."""
    replay_ms: list[float]


def fuzz(place: Place, *, exchanges: int, each: int, seed: int, tell: Callable[[str], None]) -> Found:
    """Record and replay so many *exchanges*, *each* rule's so many; the same *seed* makes the same rules."""
    random, found = Random(seed), Found(Counter(), Counter(), [], [])  # noqa: S311  # the same for the same seed
    api = Api(place)
    clients = [api.client(plan) for plan in PLANS]
    left = exchanges
    while left > 0:
        rule = generated(random, place.service)
        allowed = [place.service]
        made = api.call("POST", "rules", {"name": f"rule {left}", **rule._asdict(), "allow_hosts": allowed})
        try:
            for _ in range(min(left, each)):
                exchange = api.exchange(random.choice(clients))
                _look_at(api, exchange, random, found, rule.script)
        finally:
            api.call("DELETE", f"rules/{made['id']}")
        left -= each
        tell(f"{exchanges - max(0, left)} of {exchanges}: {dict(found.verdicts)}, altered: {dict(found.places)}")
    return found


def _look_at(api: Api, exchange: str, random: Random, found: Found, script: str) -> None:
    began_s = time.perf_counter()
    replayed = api.call("POST", f"exchanges/{exchange}/replay", {})
    found.replay_ms.append((time.perf_counter() - began_s) * 1000)
    found.verdicts[replayed["verdict"]] += 1
    if replayed["verdict"] != "equal":
        found.failures.append(f"{replayed['text']} {replayed.get('diverged')}\n{script}")
        return
    name = redis_keys.tape(TENANT, exchange)
    sealed: Any = api.place.redis.get(name)
    tape, wanted = altered(opened(sealed, api.place.vault, TENANT, exchange), random)
    api.place.redis.set(name, sealed_again(tape, api.place.vault, TENANT, exchange), keepttl=True)
    again = api.call("POST", f"exchanges/{exchange}/replay", {})
    at = again.get("diverged", {}).get("at", "")
    is_right = again["verdict"] == "diverged" and at.startswith(wanted)
    found.places["right" if is_right else "wrong"] += 1
    if not is_right:
        found.failures.append(f"altered {wanted!r}, and it said {again['text']}\n{script}")


class Api:
    """The system over HTTP, as its administrator has it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._token = self._new_token()
        self.call("POST", "resource-servers", {"identifier": AUDIENCE})
        self.call("PATCH", "tenants/settings", {"tapes": {"failures": True, "one_in": 1}})

    def client(self, plan: str, *, metadata: dict[str, str] | None = None) -> dict[str, str]:
        """A client with this *plan*, or other *metadata*, as it asks for a token."""
        metadata = {"plan": plan} if metadata is None else metadata
        made = self.call("POST", "clients", {"name": f"client {plan}", "client_metadata": metadata})
        self.call("POST", "client-grants", {"client_id": made["client_id"], "audience": AUDIENCE, "scope": []})
        return {
            "grant_type": "client_credentials",
            "client_id": made["client_id"],
            "client_secret": made["client_secret"],
            "audience": AUDIENCE,
        }

    def exchange(self, client: dict[str, str]) -> str:
        """The id of a token request of *client*, whose tape is there."""
        _status, headers, _body = _send(f"{self.place.url}/oauth/token", "POST", client, {})
        exchange = str(headers["X-Request-Id"])
        deadline_s = time.monotonic() + _WAITS_S
        while not self.place.redis.exists(redis_keys.tape(TENANT, exchange)):
            if time.monotonic() > deadline_s:
                raise SystemExit(f"{exchange} left no tape")
            time.sleep(0.01)
        return exchange

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer of the management API."""
        headers = {"Authorization": f"Bearer {self._token}"}
        status, _headers, text = _send(f"{self.place.url}/api/v2/{path}", method, body, headers)
        if status >= 400:  # HTTP's
            raise SystemExit(f"{method} {path}: {status} {text}")
        return json.loads(text) if text else {}

    def _new_token(self) -> str:
        asked = {name: self.place.admin[name] for name in ("client_id", "client_secret", "audience")}
        body = {"grant_type": "client_credentials", **asked}
        _status, _headers, text = _send(f"{self.place.url}/oauth/token", "POST", body, {})
        return str(json.loads(text)["access_token"])


def _send(url: str, method: str, body: Any, headers: dict[str, str]) -> tuple[int, Any, str]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)  # noqa: S310  # ours
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # ours
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def a_redis(data: Path) -> Redis:
    """The Redis of the system in *data*."""
    password = (data / "valkey.password").read_text().strip()
    return Redis(unix_socket_path=str(data / "run" / "valkey.sock"), password=password)


@contextmanager
def a_service(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A service whose every answer is another, and the settings by which rules of a system reach it."""
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 {NAME}\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings = {"RULEMINT_EGRESS_ALLOW_PRIVATE": "127.0.0.0/8", "RULEMINT_EGRESS_HOSTS_FILE": str(hosts)}
        yield f"http://{NAME}:{server.server_port}", settings
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        number = int(self.path.rpartition("/")[2])
        if "slow" in self.path:
            time.sleep(number / 1000)
        body = json.dumps({"n": number, "now": time.time_ns()}).encode()
        self.send_response(200 if number < 8 else 503)  # some are refused
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # a rule that waits no longer has its call ended
            self.end_headers()
            self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""
