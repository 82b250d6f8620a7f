"""Explain a token request: from its record, and from a replay of its tape in hosts that see each line."""

from __future__ import annotations

from typing import Literal, NamedTuple

from rulemint_gateway.management.errors import ManagementError, NotFoundError
from rulemint_gateway.management.explanations.answers import Authentication, Explanation, Signature
from rulemint_gateway.management.explanations.explaining import (
    Known,
    OtherRule,
    absent_of,
    claims_of,
    rules_of,
    scopes_of,
)
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.tapes.replays import Replays
from rulemint_gateway.management.tapes.tapes import Tapes
from rulemint_gateway.management.tapes.unknowns import unknowns_of
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.traces import RuleTrace

MAX_OTHERS = 50
_NO_LINES = "the lines that set claims and scopes, and the branches that were not taken"


class _Seen(NamedTuple):
    """The findings of a replay, and what it could not show."""

    traces: list[RuleTrace]
    unknowns: list[str]


class Explanations:
    """The use case of ``/api/v2/exchanges/{id}/explanation``."""

    def __init__(
        self, catalog: Catalog, exchanges: ExchangeStore, tapes: Tapes, replays: Replays, records: RuleRecords
    ) -> None:
        self._catalog = catalog
        self._exchanges = exchanges
        self._tapes = tapes
        self._replays = replays
        self._records = records

    async def read(self, tenant: str, exchange_id: str) -> Explanation:
        """Explain one token request.

        Raises:
            NotFoundError: it never was, or is no longer kept.
        """
        record = await self._exchanges.find(tenant, exchange_id)
        if record is None:
            raise NotFoundError("exchange", code="inexistent_exchange")
        seen = await self._replayed(tenant, record)
        known = Known(
            record=record,
            traces=seen.traces,
            scripts=await self._scripts(tenant, record),
            others=await self._others(tenant, record),
        )
        depth: Literal["replayed", "summary"] = "replayed" if seen.traces else "summary"
        return Explanation(
            exchange_id=record.id,
            outcome=record.outcome,
            why=record.detail or record.error_description or "",
            depth=depth,
            authenticated=Authentication(
                client_id=record.client_id,
                client_name=record.client_name,
                secret_name=record.secret_name,
                ip=record.ip,
            ),
            signed=None if record.jti is None else Signature(kid=record.kid, jti=record.jti, exp=record.exp),
            claims=claims_of(known),
            scopes=scopes_of(known),
            absent=absent_of(known),
            rules=rules_of(known),
            could_not_know=[*seen.unknowns, *_of_record(record)],
        )

    async def _replayed(self, tenant: str, record: ExchangeRecord) -> _Seen:
        if not record.rules:
            return _Seen([], [])
        try:
            tape = await self._tapes.find(tenant, record.id)
            ending = await self._replays.explained(tenant, tape)
        except ManagementError as error:
            return _Seen([], [f"{_NO_LINES}: {error}"])
        left = ending.divergence
        unknowns = unknowns_of(tape, left, [])
        if left is not None:
            unknowns.append(f"{_NO_LINES}, from {left.at} on: there the replay left its tape")
        unknowns += [f"all of {trace.rule}: it does more than is told" for trace in ending.traces if trace.is_cut]
        return _Seen(ending.traces, unknowns)

    async def _scripts(self, tenant: str, record: ExchangeRecord) -> dict[int, str]:
        """The texts of the flow, by their places; those that are kept no more are left out."""
        rules = self._catalog.tenant(tenant).rules
        wanted = [(rules[each.rule_id], each.version) for each in record.flow if each.rule_id in rules]
        texts = {(text.rule_id, text.version): text.script for _, text in await self._records.texts(tenant, wanted)}
        places = enumerate(record.flow)
        return {index: texts.get((each.rule_id, each.version), "") for index, each in places}

    async def _others(self, tenant: str, record: ExchangeRecord) -> list[OtherRule]:
        """The rules of the tenant that were no part of the flow, as they are now."""
        if record.client_id is None:
            return []
        in_flow = {each.rule_id for each in record.flow}
        rules = [rule for rule in self._records.in_order(tenant) if rule.id not in in_flow and rule.version]
        texts = await self._records.texts(tenant, [(rule, rule.version) for rule in rules[:MAX_OTHERS]])
        found: list[OtherRule] = []
        for rule, text in texts:
            reason, why = _why_not(rule, record)
            if why:
                found.append(
                    OtherRule(name=rule.name, version=rule.version, script=text.script, reason=reason, why=why)
                )
        return found


def _why_not(rule: Rule, record: ExchangeRecord) -> tuple[Literal["not_bound", "disabled"], str]:
    if not rule.enabled:
        return "disabled", "it is disabled"
    if rule.clients and record.client_id not in rule.clients:
        return "not_bound", "it is not bound to this client"
    if rule.audiences and record.audience not in rule.audiences:
        return "not_bound", "it is not bound to this API"
    return "not_bound", ""


def _of_record(record: ExchangeRecord) -> list[str]:
    said = []
    if not record.flow and record.rules:
        said.append("the rules that were no part of the flow: the record is of an earlier version")
    if record.stale_since_ms:
        said.append("what set the claims: the token is made of an earlier answer, because rules failed")
    return said
