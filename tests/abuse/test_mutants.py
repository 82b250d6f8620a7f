"""The sandbox with layers taken away: the suite notices, and the page on layers says what is so."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Iterable

import pytest

from fixtures.abuse_report import EVERYTHING
from fixtures.hostile_rules import Case, all_cases, representative
from fixtures.layer_table import about_layers, measure, read_page
from fixtures.mutants import GROUPS, OLDER_ABIS, WHOLE, WITHOUT_ANY, Attacks, Mutant, attacks_on

pytestmark = pytest.mark.timeout(300)

CASES = all_cases()
AT_ONCE = 4
UNKNOWN_TO_OLDER_KERNELS = "CEF"
"""The groups with ports, sockets, signals and devices, which Landlock came to know one after the other."""
MUST_BE_NOTICED = {
    ("python", "A3", "reads a file"),
    ("python", "B3", "reads its parents"),
    ("python", "C1", "connects"),
    ("python", "C4", "connects to a unix socket"),
}


def key_of(case: Case) -> tuple[str, str, str]:
    return case.language, case.expected.case, case.title


async def succeeded(attacks: Attacks, cases: Iterable[Case]) -> dict[tuple[str, str, str], str]:
    """Those of *cases* that do harm, and how. Some run at once, because those that loop merely last."""
    places = asyncio.Semaphore(AT_ONCE)

    async def attack(case: Case) -> tuple[tuple[str, str, str], str | None]:
        async with places:
            return key_of(case), await attacks.succeeds(case)

    return {key: how for key, how in await asyncio.gather(*map(attack, cases)) if how is not None}


async def test_without_any_layer_the_suite_reports_what_succeeds() -> None:
    """A suite that cannot fail proves nothing."""
    chosen = [case for case in CASES if key_of(case) in MUST_BE_NOTICED]
    async with attacks_on(WITHOUT_ANY) as attacks:
        assert set(await succeeded(attacks, chosen)) == MUST_BE_NOTICED


async def test_the_kernel_s_layers_hold_javascript_when_deno_s_permissions_are_bypassed() -> None:
    chosen = [case for case in CASES if case.language == "javascript" and case.group in GROUPS]
    assert len(chosen) > 30
    async with attacks_on(WHOLE) as attacks:
        assert await succeeded(attacks, chosen) == {}


@pytest.mark.parametrize("abi", OLDER_ABIS)
async def test_an_older_kernel_s_landlock_is_enough_for_every_rule(pytestconfig: pytest.Config, abi: int) -> None:
    """What it does not know, the filter holds alone; Deno's permissions are bypassed."""
    if abi != min(OLDER_ABIS) and not pytestconfig.getoption(EVERYTHING):
        pytest.skip("each Landlock does all that the one before does: the oldest stands for it, and make abuse runs it")
    groups = GROUPS if pytestconfig.getoption(EVERYTHING) else UNKNOWN_TO_OLDER_KERNELS
    chosen = [case for case in CASES if case.group in groups]
    assert len(chosen) > 50
    async with attacks_on(Mutant(landlock_abi=abi)) as attacks:
        assert await succeeded(attacks, chosen) == {}


def test_the_page_on_layers_has_a_row_for_every_rule() -> None:
    """`make layers` makes it anew."""
    if platform.machine() != "x86_64":
        pytest.skip("the page was made on x86_64, and some rules know its system calls only")
    assert list(read_page()) == [key_of(case) for case in about_layers(CASES)]


@pytest.mark.skipif(
    platform.machine() != "x86_64" or os.geteuid() != 0, reason="the page was made on x86_64, by a runner that is root"
)
async def test_the_page_on_layers_says_what_is_so(pytestconfig: pytest.Config) -> None:
    chosen = CASES if pytestconfig.getoption(EVERYTHING) else representative(CASES, per_group=1)
    page = read_page()
    measured = {row.key: row.as_line() for row in await measure(chosen)}
    assert measured
    assert measured == {key: page[key] for key in measured}
