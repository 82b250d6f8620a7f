"""The verdict on a canary: does its version fail or refuse more than the one that runs, and can chance explain that?

Both versions are counted in the same step, so what befalls both at once is no difference. Fisher's exact test says how
often chance alone would give the new version so many of the requests that went wrong, or more. It is exact for small
numbers. One client must not decide for all, so the test has to hold without the one that met it most often, too.
Decision 055 has what it finds, and how often it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import exp, lgamma
from typing import NamedTuple

from rulemint_gateway.stores.traffic.rollout_counts import Ended, Side, Totals
from rulemint_shared.contract.rollouts import Rollout

CHANCE = 0.001
"""A difference that chance alone makes more rarely than this is the version's fault."""
FEWEST_TO_FAIL = 5
"""So many requests must have gone wrong with the new version before it fails."""
ENOUGH_OF_OTHERS = 30
"""After so many requests of other clients, the failures of one client alone are no reason to fail."""
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
    clients = totals.of_clients(rollout.step)
    looks_worse = ""
    for compared in (
        _Compared("failed", _failed, new, old, _expected_to_work(old, rollout.minimum)),
        _Compared("were refused", _denied, new, old, old.requests),
    ):
        if not compared.is_worse(rollout.tolerance):
            continue
        why = compared.why(rollout.version)
        one = max(clients, key=compared.bad, default=Ended())
        rest = compared.without(one)
        if not compared.is_certain:
            looks_worse = f"{why}: that may still be chance"
        elif (rest.is_worse(rollout.tolerance) and rest.is_certain) or _is_enough(compared, rest):
            return Verdict(Word.FAIL, why)
        else:
            looks_worse = f"{why}, but {compared.bad(one)} of those {compared.new.requests} are of one client alone"
    fewest = min(new.requests, old.requests)
    if fewest < rollout.minimum and not looks_worse.endswith("alone"):
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


def _failed(ended: Ended) -> int:
    return ended.failed


def _denied(ended: Ended) -> int:
    return ended.denied


class _Compared(NamedTuple):
    """The requests of both versions, of which some ended in one bad way."""

    what: str
    bad: Callable[[Ended], int]
    new: Ended
    old: Ended
    of_old: int
    """So many requests the old version counts as having had."""

    def is_worse(self, tolerance: float) -> bool:
        """Tell whether the rate of the new version is higher by more than *tolerance* points."""
        if not self.new.requests or not self.of_old:
            return False
        return 100 * (self.bad(self.new) / self.new.requests - self.bad(self.old) / self.of_old) > tolerance

    @property
    def is_certain(self) -> bool:
        """True if chance alone hardly makes such a difference."""
        bad = self.bad(self.new)
        return bad >= FEWEST_TO_FAIL and chance_of(bad, self.new.requests, self.bad(self.old), self.of_old) < CHANCE

    def without(self, client: Ended) -> _Compared:
        """Leave out a client of the new version."""
        return self._replace(new=self.new.without(client))

    def why(self, version: int) -> str:
        """Say what was counted."""
        return (
            f"{self.bad(self.new)} of {self.new.requests} requests {self.what} with version {version}, "
            f"and {self.bad(self.old)} of {self.old.requests} with the version that runs"
        )


def _is_enough(compared: _Compared, rest: _Compared) -> bool:
    """Tell whether one client alone is reason to fail.

    A failure is a fault of the version, unless others have met it often enough and it does not fail for them. A
    refusal may be right, for this client.
    """
    return compared.bad is _failed and rest.new.requests < ENOUGH_OF_OTHERS


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
