"""Authlib on Flask under gunicorn as a subject: a worker for each processor, some threads in each."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from bench.children import started
from bench.free_ports import free_port
from bench.load import Request
from bench.peers import FORM, python_packages
from bench.subjects.subject import Subject

PROGRAM = Path(__file__).parent / "authlib_flask"
THREADS = 8
BACKLOG = 2_048


@contextmanager
def started_authlib(algorithm: str) -> Iterator[Subject]:
    """A server of its own; it ends with the block."""
    port = free_port()
    host = f"127.0.0.1:{port}"
    command = [
        python_packages.installed() / "python", "-m", "gunicorn", "app:app", "--bind", host,
        "--worker-class", "gthread", "--workers", str(len(os.sched_getaffinity(0))), "--threads", str(THREADS),
        "--keep-alive", "30", "--backlog", str(BACKLOG), "--log-level", "warning",
    ]  # fmt: skip
    with tempfile.NamedTemporaryFile("w", suffix=".json") as keys:
        keys.write(private_keys())
        keys.flush()
        named = {"BENCH_KEYS": keys.name, "BENCH_ALGORITHM": algorithm, "BENCH_ISSUER": f"http://{host}"}
        with started(command, cwd=PROGRAM, environment={**os.environ, **named}) as child:
            child.wait_for_port(port)
            yield Subject(
                name="authlib",
                title="Authlib on Flask, gunicorn",
                algorithm=algorithm,
                request=Request(url=f"http://{host}/token", host=host, body=urlencode(FORM)),
                keys_url=f"http://{host}/jwks",
                pid=child.pid,
            )


def private_keys() -> str:
    """A JWK set with a new key for each algorithm: P-256, and RSA of 2,048 bits, as ours are."""
    keys = {
        "ES256": ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True),
        "RS256": RSAAlgorithm.to_jwk(rsa.generate_private_key(public_exponent=65537, key_size=2048), as_dict=True),
    }
    named = [{**key, "alg": alg, "kid": alg, "use": "sig"} for alg, key in keys.items()]
    for key in named:
        key.pop("key_ops", None)
    return json.dumps({"keys": named})
