"""The same services on several Pythons, in the same rounds: what the interpreter is worth.

``python -m bench.pythons /usr/bin/python3.11 python3.13`` makes an environment of requirements.lock for each (once),
has a system run in each, and asks them in turns.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bench import table
from bench.command import add_turns, numbers, progress, run, written
from bench.comparison import compare
from bench.growth.made import make_tenants, subject_of
from bench.interpreters import Interpreter, probe
from bench.load import load_generator
from bench.subjects.subject import Subject
from bench.system import started_system

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
PACKAGES = ("shared", "gateway", "rule-runner", "cli")
KEPT = table.RESULTS / "pythons"


def main() -> int:
    """Measure, print and write; 0 if every request got its token."""
    arguments = _arguments()
    say = progress()
    load = load_generator(arguments.load)
    made = table.origin(command=written("pythons"), load=load.name)
    pythons = [_probed(name) for name in arguments.pythons]
    with ExitStack() as stack:
        subjects = []
        for python in pythons:
            say(f"{python.path}: {python.work_us:.0f} µs for the work of bench/interpreters.py")
            subjects.append(stack.enter_context(_started(python)))
        return compare(subjects, load, arguments, made, say)


def _probed(name: str) -> Interpreter:
    found = probe(name)
    if found is None:
        raise SystemExit(f"{name}: no Python that the services run on, or it has no venv")
    return found


@contextmanager
def _started(python: Interpreter) -> Iterator[Subject]:
    """A system on *python* with one tenant, whose rule is in JavaScript."""
    with started_system({}, programs=_environment(python)) as system:
        [request] = asyncio.run(make_tenants(system, ["bench"]))
        title = f"JavaScript rule, Python {'.'.join(map(str, python.version))}, {python.path}"
        yield replace(subject_of(system, request, title), name=python.path)


def _environment(python: Interpreter) -> Path:
    """The folder of programs of an environment on *python*, with everything that ours has.

    Raises:
        SystemExit: it could not be made; the text is pip's.
    """
    folder = KEPT / hashlib.sha256(f"{python.path}{python.version}{ROOT}".encode() + LOCK.read_bytes()).hexdigest()[:16]
    programs = folder / "bin"
    if (folder / "installed").exists():
        return programs
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(programs / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    ours = [argument for name in PACKAGES for argument in ("-e", str(ROOT / name))]
    for command in (
        [python.path, "-m", "venv", str(folder)],
        [*pip, "--require-hashes", "--prefer-binary", "-r", str(LOCK)],
        [*pip, "--no-deps", "--no-build-isolation", *ours],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"an environment on {python.path} could not be made:\n{done.stderr.strip()}")
    (folder / "installed").touch()
    return programs


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.pythons", description=__doc__)
    parser.add_argument("pythons", nargs="+", help="their names or paths; two at least make sense")
    parser.add_argument("--connections", type=numbers, default=[32, 128], help="default: 32,128")
    add_turns(parser, "pythons.json")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
