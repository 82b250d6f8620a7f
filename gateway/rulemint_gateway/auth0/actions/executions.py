"""``GET /actions/executions/{id}``: what the rules of one token request did, as Auth0 tells it; it is its exchange."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from rulemint_gateway.auth0.actions.answers import ExecutionAnswer, ExecutionError, ExecutionResult
from rulemint_gateway.auth0.trigger import TRIGGER
from rulemint_gateway.management.errors import NotFoundError
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.exchanges import ExchangeRecord

GRANTED = "granted"


class Executions:
    """The use case of ``/api/v2/actions/executions``."""

    def __init__(self, exchanges: ExchangeStore) -> None:
        self._exchanges = exchanges

    async def read(self, tenant: str, execution_id: str) -> ExecutionAnswer:
        """The execution, whose id is that of its exchange.

        Raises:
            NotFoundError: there is no such exchange, or no rule ran in it.
        """
        record = await self._exchanges.find(tenant, execution_id)
        if record is None or not record.rules:
            raise NotFoundError("execution", code="inexistent_execution")
        return ExecutionAnswer(
            id=record.id,
            trigger_id=TRIGGER,
            status="final",
            results=_results(record),
            created_at=rfc3339_ms(record.started_at_ms),
            updated_at=rfc3339_ms(record.started_at_ms + round(record.timings.total_ms)),
        )


def _results(record: ExchangeRecord) -> list[ExecutionResult]:
    """One for each rule that ran; the record has how long each took, and they ran one after the other."""
    timings = record.timings
    before_ms = (timings.authenticate_ms, timings.gateway_ms, timings.queue_ms)
    at_ms = record.started_at_ms + sum(each or 0.0 for each in before_ms)
    results: list[ExecutionResult] = []
    for number, report in enumerate(record.rules, start=1):
        began_ms, at_ms = at_ms, at_ms + report.duration_ms
        results.append(
            ExecutionResult(
                action_name=report.rule,
                started_at=rfc3339_ms(round(began_ms)),
                ended_at=rfc3339_ms(round(at_ms)),
                error=_error(record) if number == len(record.rules) else UNSET,
            )
        )
    return results


def _error(record: ExchangeRecord) -> ExecutionError | UnsetType:
    """The reason why the flow ended: the last rule's words."""
    if record.outcome == GRANTED:
        return UNSET
    return ExecutionError(id=record.outcome, msg=record.detail or record.error_description or "")
