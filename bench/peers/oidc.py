"""npm ``oidc-provider`` as a subject: the hook inline, in a worker thread, in a V8 isolate, or behind HTTP in Deno."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import deno

from bench.children import Child, started
from bench.free_ports import free_port
from bench.load import Request
from bench.peers import FORM, PeerMissingError, node_packages
from bench.subjects.subject import Subject

TITLES = {
    "inline": "oidc-provider, inline hook",
    "thread": "oidc-provider, hook in a worker thread",
    "isolated": "oidc-provider, hook in isolated-vm",
    "webhook": "oidc-provider, webhook on Deno",
}
NO_PERMISSIONS = ("--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm")
"""Deno has none by default, and nobody is asked; it loads no code but the program."""


@contextmanager
def started_oidc(place: str, algorithm: str) -> Iterator[Subject]:
    """A server of its own, its hook in that *place*; it ends with the block.

    Raises:
        PeerMissingError: ``isolated-vm`` does not load on this machine.
    """
    folder = node_packages.installed()
    if place == "isolated":
        require_isolates(folder)
    port = free_port()
    command: list[object] = [node_packages.NODE, "server.js", port, algorithm, place]
    if place == "webhook":
        with _started_hook(folder) as (hook, hook_port), _started_server([*command, hook_port], folder) as server:
            server.wait_for_port(port)
            yield _subject(place, algorithm, port, server.pid, hook.pid)
    else:
        with _started_server(command, folder) as server:
            server.wait_for_port(port)
            yield _subject(place, algorithm, port, server.pid)


def require_isolates(folder: Path) -> None:
    """See that ``isolated-vm`` loads: it ships a library for some systems and versions of Node, and none is built here.

    Raises:
        PeerMissingError: it does not; the text is Node's.
    """
    command = [str(node_packages.NODE), "--eval", "new (require('isolated-vm').Isolate)().dispose()"]
    done = subprocess.run(
        command, cwd=folder, env=node_packages.environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if "Error" in line), f"status {done.returncode}")
        raise PeerMissingError(f"isolated-vm does not load on this machine ({said.strip()})")


@contextmanager
def _started_server(command: list[object], folder: Path) -> Iterator[Child]:
    with started(command, cwd=folder, environment=node_packages.environment()) as child:
        yield child


@contextmanager
def _started_hook(folder: Path) -> Iterator[tuple[Child, int]]:
    """A Deno that may listen on one address of this machine, and nothing else; and its port."""
    port = free_port()
    argv = [deno.find_deno_bin(), "run", *NO_PERMISSIONS, f"--allow-net=127.0.0.1:{port}", "webhook_server.js", port]
    with started(argv, cwd=folder) as child:
        child.wait_for_port(port)
        yield child, port


def _subject(place: str, algorithm: str, port: int, pid: int, *further_pids: int) -> Subject:
    host = f"127.0.0.1:{port}"
    return Subject(
        name=f"oidc-{place}",
        title=TITLES[place],
        algorithm=algorithm,
        request=Request(url=f"http://{host}/token", host=host, body=urlencode(FORM)),
        keys_url=f"http://{host}/jwks",
        pid=pid,
        further_pids=further_pids,
    )
