"""Histograms of the time of each rule version: how long it waited for a host, and how long it ran.

The number of series is bounded. A rule is named by its id, which no tenant chooses. Only the `MOST_VERSIONS` that ran
last have series of their own. What those before had counted is under ``other``, so that no sum ever falls.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator

from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from rulemint_shared.contract.exchanges import ExchangeRecord

MOST_VERSIONS = 100
BUCKETS_MS = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1_000.0, 5_000.0)
OTHER = "other"
_BOUNDS = [*(str(ms / 1_000) for ms in BUCKETS_MS), "+Inf"]
_LABELS = ("tenant", "rule", "version")


class _Histogram:
    """Counts of one step: how many are in each bucket, and their sum."""

    __slots__ = ("counts", "sum_ms")

    def __init__(self) -> None:
        self.counts = [0] * len(_BOUNDS)
        self.sum_ms = 0.0

    def observe(self, ms: float) -> None:
        self.counts[bisect_left(BUCKETS_MS, ms)] += 1
        self.sum_ms += ms

    def add(self, other: _Histogram) -> None:
        self.counts = [ours + theirs for ours, theirs in zip(self.counts, other.counts, strict=True)]
        self.sum_ms += other.sum_ms

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound, and how many are within it."""
        total = 0
        found = []
        for bound, count in zip(_BOUNDS, self.counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


class _Times:
    """The histograms of one rule version."""

    __slots__ = ("host", "rule")

    def __init__(self) -> None:
        self.host, self.rule = _Histogram(), _Histogram()

    def add(self, other: _Times) -> None:
        self.host.add(other.host)
        self.rule.add(other.rule)


class RuleTimes(Collector):
    """Takes the times of token requests, and shows them when Prometheus asks."""

    def __init__(self) -> None:
        self._versions: OrderedDict[tuple[str, str, str], _Times] = OrderedDict()
        """Tenant, rule id and version, the one that ran last at the end."""
        self._others = _Times()

    def observe(self, record: ExchangeRecord) -> None:
        """A token request has been answered; its rules that had a host count."""
        for member, report in zip(record.flow, record.rules, strict=False):
            ran_on = report.ran_on
            if ran_on is None:
                continue
            name = (record.tenant, member.rule_id, str(member.version))
            times = self._versions.get(name)
            if times is None:
                times = self._begin(name)
            else:
                self._versions.move_to_end(name)
            times.host.observe(ran_on.waited_ms)
            times.rule.observe(max(0.0, report.duration_ms - ran_on.waited_ms))

    def collect(self) -> Iterator[Metric]:
        """The one family, with each of its series."""
        family = HistogramMetricFamily(
            "rulemint_rule_duration_seconds", "Time of rules by version and step.", labels=[*_LABELS, "step"]
        )
        for name, times in [*self._versions.items(), ((OTHER, OTHER, OTHER), self._others)]:
            for step in _Times.__slots__:
                histogram: _Histogram = getattr(times, step)
                family.add_metric([*name, step], histogram.buckets(), histogram.sum_ms / 1_000)
        yield family

    def _begin(self, name: tuple[str, str, str]) -> _Times:
        times = self._versions[name] = _Times()
        if len(self._versions) > MOST_VERSIONS:
            _name, oldest = self._versions.popitem(last=False)
            self._others.add(oldest)
        return times
