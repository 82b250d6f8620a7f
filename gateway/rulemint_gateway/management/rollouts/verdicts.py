"""The verdict on a canary: does its version fail or refuse more than the one that runs, and can chance explain that?

Both versions are counted in the same step, so what befalls both at once is no difference. Fisher's exact test says how
often chance alone would give the new version so many of the requests that went wrong, or more. It is exact for small
numbers. Decision 055 has what it finds, and how often it is wrong.
"""

from __future__ import annotations

from enum import StrEnum
from math import exp, lgamma
from typing import NamedTuple

from rulemint_gateway.stores.traffic.rollout_counts import Ended, Side, Totals
from rulemint_shared.contract.rollouts import Rollout

CHANCE = 0.001
"""A difference that chance alone makes more rarely than this is the version's fault."""
FEWEST_TO_FAIL = 5
"""So many requests must have gone wrong with the new version before it fails."""
_ALL = 100.0
_NEGLIGIBLE = 1e-15


class Word(StrEnum):
    """The verdicts."""

    PASS = "pass"  # noqa: S105  # a verdict, no secret
    FAIL = "fail"
    TOO_FEW = "too_few"


class Verdict(NamedTuple):
    """A verdict and its reason."""

    word: Word
    why: str


def compared_counts(rollout: Rollout, totals: Totals) -> tuple[Ended, Ended]:
    """Return the counts of the new and the old version that are compared.

    Those of the present step; with all clients on the new version, the old one has only those of the steps before.
    """
    new = totals.of(rollout.step, Side.NEW)
    if rollout.share >= _ALL:
        return new, totals.of_all(Side.OLD)
    return new, totals.of(rollout.step, Side.OLD)


def verdict_on(rollout: Rollout, totals: Totals) -> Verdict:
    """Judge the step that *rollout* is at."""
    new, old = compared_counts(rollout, totals)
    looks_worse = ""
    for what, bad_new, bad_old, of_old in (
        ("failed", new.failed, old.failed, _expected_to_work(old, rollout.minimum)),
        ("were refused", new.denied, old.denied, old.requests),
    ):
        if not new.requests or not of_old:
            continue
        more = 100 * (bad_new / new.requests - bad_old / of_old)
        if more <= rollout.tolerance:
            continue
        why = (
            f"{bad_new} of {new.requests} requests {what} with version {rollout.version}, "
            f"and {bad_old} of {old.requests} with the version that runs"
        )
        if bad_new >= FEWEST_TO_FAIL and chance_of(bad_new, new.requests, bad_old, of_old) < CHANCE:
            return Verdict(Word.FAIL, why)
        looks_worse = f"{why}: that may still be chance"
    fewest = min(new.requests, old.requests)
    if fewest < rollout.minimum:
        return Verdict(
            Word.TOO_FEW,
            f"{new.requests} requests of version {rollout.version} and {old.requests} of the version that runs "
            f"were counted in this step, and {rollout.minimum} of each are needed",
        )
    if looks_worse:
        return Verdict(Word.TOO_FEW, looks_worse)
    return Verdict(
        Word.PASS,
        f"in {new.requests} requests version {rollout.version} fails and refuses no more than the version that runs",
    )


def _expected_to_work(old: Ended, minimum: int) -> int:
    """Return how many requests the old version counts as having had when failures are compared.

    With few of them and no failure, it counts as if it had had the *minimum*. Otherwise a canary that always fails
    would go on where its clients are the only ones.
    """
    return old.requests if old.failed else max(old.requests, minimum)


def chance_of(bad_new: int, new: int, bad_old: int, old: int) -> float:
    """Return how often *bad_new* or more of the bad requests would be among the *new* by chance alone (one-sided)."""
    bad, every = bad_new + bad_old, new + old
    if bad_new <= max(0, bad - old):
        return 1.0  # it could not be fewer
    term = exp(_log_ways(bad, bad_new) + _log_ways(every - bad, new - bad_new) - _log_ways(every, new))
    total = term
    for count in range(bad_new, min(new, bad)):
        term *= (bad - count) * (new - count) / ((count + 1) * (every - bad - new + count + 1))
        total += term
        if term <= total * _NEGLIGIBLE:
            break
    return min(1.0, total)


def _log_ways(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)
