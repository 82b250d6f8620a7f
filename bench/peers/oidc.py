"""npm ``oidc-provider`` as a subject, with the hook inline or in a worker thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from bench.children import started
from bench.load import Request
from bench.peers import FORM, node_packages
from bench.subjects.subject import Subject
from bench.system import free_port

TITLES = {"inline": "oidc-provider, inline hook", "thread": "oidc-provider, hook in a worker thread"}


@contextmanager
def started_oidc(place: str, algorithm: str) -> Iterator[Subject]:
    """A server of its own, its hook in that *place*; it ends with the block."""
    port = free_port()
    command = [node_packages.NODE, "server.js", str(port), algorithm, place]
    folder = node_packages.installed()
    with started(command, cwd=folder, environment=node_packages.environment()) as child:
        child.wait_for_port(port)
        host = f"127.0.0.1:{port}"
        yield Subject(
            name=f"oidc-{place}",
            title=TITLES[place],
            algorithm=algorithm,
            request=Request(url=f"http://{host}/token", host=host, body=urlencode(FORM)),
            keys_url=f"http://{host}/jwks",
            pid=child.pid,
        )
