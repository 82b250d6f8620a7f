"""Try packages of npm and PyPI in a system of its own, and write docs/compatibility.md.

Each case is a rule in bench/compatibility/rules that really uses its package. A case that was tried is not tried again
until its file or the product changes, so a run that was interrupted goes on where it was. The packages come from where
npm and pip of this machine have theirs, or from where RULEMINT_NPM_REGISTRY and RULEMINT_PYPI_INDEX say. The exit code
is 1 if a package changed its result from what the page said.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

import aiohttp

from bench.command import number, progress, run
from bench.compatibility.cases import Case, every_case
from bench.compatibility.kept import Kept
from bench.compatibility.page import PAGE, changed, render
from bench.compatibility.service import serving
from bench.compatibility.trial import Result, Workplace, tried
from bench.system import started_system
from bench.tenants import create, log_in

AUDIENCE = "https://compatibility.test/"
CALL_TIMEOUT_S = 300.0
"""A runner gives up an installation before that, and says why."""
REGISTRIES = ("RULEMINT_NPM_REGISTRY", "RULEMINT_PYPI_INDEX")


def main() -> int:
    """Try what was not tried yet, and write the page; 1 if that says something else than before."""
    arguments = _arguments()
    cases = every_case()
    if unknown := set(arguments.only) - {name for case in cases for name in (case.name, case.key)}:
        raise SystemExit(f"no case is called {', '.join(sorted(unknown))}")
    chosen = [case for case in cases if not arguments.only or {case.name, case.key} & set(arguments.only)]
    kept = Kept()
    waiting = [case for case in chosen if arguments.again or not kept.is_current(case)]
    if waiting and not arguments.page:
        asyncio.run(try_all(waiting, kept, at_once=arguments.at_once))
    results = {case: result for case in cases if (result := kept.last(case)) is not None}
    differences = changed(results, PAGE.read_text()) if PAGE.exists() else []
    untried = [case.key for case in cases if case not in results]
    if untried:
        sys.stderr.write(f"the page is not written, because these were not tried yet: {', '.join(untried)}\n")
    else:
        PAGE.write_text(render(results))
    for difference in differences:
        sys.stderr.write(f"{difference}\n")
    return 1 if differences else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make compatibility", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=[], help="some packages, with commas: axios,requests"
    )
    parser.add_argument("--page", action="store_true", help="try nothing, and write the page from what was tried")
    parser.add_argument("--again", action="store_true", help="also what was tried before")
    parser.add_argument("--at-once", type=number, default=2, help="cases at a time (default: 2)")
    return parser.parse_args()


async def try_all(cases: list[Case], kept: Kept, *, at_once: int) -> None:
    """Try *cases* in a new system, *at_once* at a time, and keep each result as soon as it is there."""
    timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
    registries = {name: os.environ[name] for name in REGISTRIES if name in os.environ}
    with tempfile.TemporaryDirectory(prefix="rulemint-compatibility-") as folder:
        async with serving(cases, Path(folder)) as service, aiohttp.ClientSession(timeout=timeout) as session:
            with started_system({**service.settings, **registries}) as system:
                headers = await log_in(session, system.url, system.admin, {})
                api = {"identifier": AUDIENCE, "scopes": [{"value": "read"}]}
                await create(session, system.url, "resource-servers", api, headers)
                place = Workplace(session, system.url, headers, AUDIENCE, service)
                await _in_turns(place, cases, kept, at_once)


async def _in_turns(place: Workplace, cases: list[Case], kept: Kept, at_once: int) -> None:
    say, waiting = progress(), iter(cases)

    async def work() -> None:
        for case in waiting:
            result = await tried(place, case)
            kept.keep(case, result)
            say(f"{len(kept.new)} of {len(cases)}: {case.key}: {_shown(case, result)}")

    async with asyncio.TaskGroup() as workers:
        for _ in range(at_once):
            workers.create_task(work())


def _shown(case: Case, result: Result) -> str:
    if result.works:
        return f"{result.version} works ({result.made_ms} ms, {result.token_ms} ms)"
    return f"{'does not work, as expected' if case.cannot else 'DOES NOT WORK'}: {result.said}"


if __name__ == "__main__":
    run(main)
