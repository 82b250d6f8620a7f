"""Series of losses: records that were lost, or that watchers of the log did not get."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.log_hub.hub import LogHub
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore


class LossMetrics(Collector):
    """Asks those who count, whenever somebody reads. The log says which tenants they were of."""

    def __init__(self, *, exchanges: ExchangeStore, dispatcher: Dispatcher, log_hub: LogHub) -> None:
        self._exchanges = exchanges
        self._dispatcher = dispatcher
        self._log_hub = log_hub

    def collect(self) -> Iterator[Metric]:
        """Both families, with each of their series."""
        lost = CounterMetricFamily(
            "rulemint_records_lost", "Records that this gateway lost while Redis was behind.", labels=["kind"]
        )
        lost.add_metric(["exchange"], self._exchanges.lost)
        lost.add_metric(["log"], self._dispatcher.lost_log_records)
        yield lost
        missing = CounterMetricFamily(
            "rulemint_log_records_missing",
            "Log records that watchers at this gateway did not get, as far as their number is known.",
            labels=["cause"],
        )
        for cause, count in self._log_hub.missing.items():
            missing.add_metric([cause], count)
        yield missing
