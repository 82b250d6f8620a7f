"""Histograms of rule versions, of which there are only so many."""

from __future__ import annotations

from rulemint_gateway.web.metrics.rule_times import BUCKETS_MS, MOST_VERSIONS, OTHER, RuleTimes
from rulemint_shared.contract.exchanges import ExchangeRecord, FlowMember
from rulemint_shared.contract.messages import HostStart, RanOn, RuleReport


def a_record(version: int, *, waited_ms: float = 0.5, took_ms: float = 3.0, ran: bool = True) -> ExchangeRecord:
    on = RanOn(1, 0, HostStart.WARM, waited_ms, "Deno 2", "1", "", 5.0, 128, 1, 1) if ran else None
    report = RuleReport(rule="plan", version=version, scope_given=[], duration_ms=took_ms + waited_ms, ran_on=on)
    flow = [FlowMember("rul_1", "plan", version, 0), FlowMember("rul_2", "never", 1, 0)]
    return ExchangeRecord(
        id="exc_1", tenant="t", started_at_ms=1, status=200, outcome="granted", rules=[report], flow=flow
    )


def read(times: RuleTimes) -> dict[tuple[str, ...], float]:
    """Each sample by what it counts, the version, the step and the bucket."""
    (family,) = times.collect()
    return {
        (
            sample.name.rpartition("_")[2],
            sample.labels["version"],
            sample.labels["step"],
            sample.labels.get("le", ""),
        ): sample.value
        for sample in family.samples
    }


def test_a_version_has_its_wait_and_its_run() -> None:
    times = RuleTimes()
    times.observe(a_record(2))
    times.observe(a_record(2, took_ms=BUCKETS_MS[-1] + 1))
    times.observe(a_record(2, ran=False))
    samples = read(times)
    assert samples["count", "2", "host", ""] == 2
    assert samples["bucket", "2", "host", "0.001"] == 2
    assert [samples["bucket", "2", "rule", bound] for bound in ("0.0025", "0.005", "5.0", "+Inf")] == [0, 1, 1, 2]
    assert samples["sum", "2", "host", ""] == 0.001


def test_there_are_only_so_many_series_and_nothing_that_was_counted_is_lost() -> None:
    times = RuleTimes()
    for version in range(1, 3 * MOST_VERSIONS):
        times.observe(a_record(version))
        times.observe(a_record(1))
    samples = read(times)
    counts = {key[1]: value for key, value in samples.items() if key[0] == "count" and key[2] == "rule"}
    assert len(counts) == MOST_VERSIONS + 1
    assert sum(counts.values()) == 2 * (3 * MOST_VERSIONS - 1)
    assert counts["1"] == 3 * MOST_VERSIONS
    assert counts[OTHER] == 3 * MOST_VERSIONS - 1 - MOST_VERSIONS
