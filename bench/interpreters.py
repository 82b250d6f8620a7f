"""The Pythons of this machine that the services can run on, the fastest first: `make` sets up its environment with it.

``python3 bench/interpreters.py`` prints the path of each, one a line, and on standard error how fast each is. How an
interpreter was built decides more than its version: with profile-guided optimization it takes a third less. Not every
one says of itself how it was built (Debian's does not), so each does the same small work and its processor time counts.

It needs the standard library alone, for it runs before anything is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

VERSIONS = ((3, 13), (3, 12), (3, 11))
"""Those that the lock has wheels for and the tests were run on."""
ROUNDS = 3
"""Each has so many turns, in which the others have theirs: who is disturbed in one is not in all."""
ALIKE = 1.2
"""Who takes so much of the fastest's time may be better at what this work does not do: then the newest goes first."""
TIMEOUT_S = 30
INSTALLING = "Debian and Ubuntu: apt-get install python3-venv; Fedora: dnf install python3.13"

PROBE = """
import json, sys, sysconfig, time
import ensurepip, venv  # what the environment is made with

class Part:
    def __init__(self, name):
        self.name, self.values, self.seen = name, {}, 0
    def put(self, key, value):
        self.values[key] = value
        self.seen += 1
        return self

async def put_all(part, pairs):
    for number, key in pairs:
        part.put(key, [number, key.upper(), key[1:]])

def work():
    part = Part("work")
    try:
        put_all(part, ((number, "k%d" % (number % 50)) for number in range(1_000))).send(None)
    except StopIteration:
        pass
    try:
        part.values["none"]
    except KeyError:
        pass
    sorted(part.values.items(), key=lambda pair: pair[1][0])
    json.loads(json.dumps(part.values))

took_us = []
for _ in range(200):
    began_ns = time.process_time_ns()
    work()
    took_us.append((time.process_time_ns() - began_ns) / 1000)
print(json.dumps({
    "path": sys.executable,
    "version": sys.version_info[:3],
    "work_us": min(took_us),
    "suits": sys.implementation.name == "cpython" and sys.prefix == sys.base_prefix
    and not sysconfig.get_config_var("Py_GIL_DISABLED"),
}))
"""


class Interpreter(NamedTuple):
    """One Python, and the processor time that it took for the work, at best."""

    path: str
    version: tuple[int, ...]
    work_us: float


def main() -> int:
    """Print them; 1 if there is none."""
    found = fastest_first(interpreters())
    for each in found:
        version = ".".join(map(str, each.version))
        sys.stderr.write(f"Python {version}, {each.path}: {each.work_us:.0f} µs for the same work\n")
        sys.stdout.write(f"{each.path}\n")
    if not found:
        names = ", ".join(f"{major}.{minor}" for major, minor in reversed(VERSIONS))
        sys.stderr.write(f"CPython with venv is needed, one of {names}. {INSTALLING}\n")
    return 0 if found else 1


def fastest_first(found: Iterable[Interpreter]) -> list[Interpreter]:
    """By processor time, but of those that are about as fast as the fastest the newest version first."""
    by_time = sorted(found, key=lambda each: each.work_us)
    if not by_time:
        return []
    as_fast = [each for each in by_time if each.work_us <= by_time[0].work_us * ALIKE]
    return sorted(as_fast, key=lambda each: each.version, reverse=True) + by_time[len(as_fast) :]


def interpreters() -> list[Interpreter]:
    """What of `candidates` suits; two names of one interpreter are one."""
    best: dict[str, Interpreter] = {}
    names = candidates()
    for _ in range(ROUNDS):
        for name in names:
            if (probed := probe(name)) is not None:
                known = best.setdefault(os.path.realpath(probed.path), probed)
                best[os.path.realpath(probed.path)] = known._replace(work_us=min(known.work_us, probed.work_us))
    return list(best.values())


def candidates() -> list[str]:
    """Every ``python3`` and ``python3.N`` on the path."""
    names = ["python3", *(f"python{major}.{minor}" for major, minor in VERSIONS)]
    paths = [Path(folder, name) for folder in os.get_exec_path() for name in names]
    return list(dict.fromkeys(str(path) for path in paths if os.access(path, os.X_OK)))


def probe(name: str) -> Interpreter | None:
    """The interpreter *name* with what it took; None if it does not suit."""
    try:
        done = subprocess.run(
            [name, "-I", "-c", PROBE], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )  # fmt: skip
        said = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None  # it does not run, or has no venv
    version = tuple(said["version"])
    if not said["suits"] or version[:2] not in VERSIONS:
        return None
    return Interpreter(said["path"], version, said["work_us"])


if __name__ == "__main__":
    sys.exit(main())
