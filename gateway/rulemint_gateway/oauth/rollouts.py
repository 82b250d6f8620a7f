"""A canary in a flow: which of two versions of a rule a client gets, and how its requests end.

A flow without a rollout passes here at the price of a look at each of its rules.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

import msgspec

from rulemint_gateway.stores.traffic.rollout_counts import How, Side
from rulemint_shared.contract.messages import (
    Denied,
    Ending,
    Failed,
    FailureReason,
    Granted,
    Invocation,
    Outcome,
    Shadow,
)
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rollouts import Rollout, RolloutKind, has_canary

ALL = 100.0
"""Percents."""
_NO_FAULT = {FailureReason.NO_RUNNER, FailureReason.OVERLOADED, FailureReason.LATE}
"""Failures that say nothing of a version."""


class EndingCounts(Protocol):
    """Counts how requests of rollouts end."""

    def add(
        self, tenant: str, rule_id: str, rollout: Rollout, side: Side, how: How, *, client_id: str, exchange: str
    ) -> None:
        """A request of *rollout* by the client has ended; the request is *exchange*."""
        ...


class Canaries:
    """Chooses versions by client, and counts."""

    def __init__(self, counts: EndingCounts) -> None:
        self._counts = counts

    def chosen(self, flow: tuple[Rule, ...], tenant: str, client_id: str) -> tuple[Rule, ...]:
        """Return *flow* with the versions that the client gets."""
        for rule in flow:
            if rule.rollout is not None:
                return tuple([_chosen(each, tenant, client_id) for each in flow])
        return flow

    def count(self, flow: Sequence[Rule], invocation: Invocation, ending: Ending) -> None:
        """Count the *ending* of *flow*, as it was chosen, for each rule of it that has a canary and was run."""
        for place, rule in enumerate(flow):
            rollout = _canary(rule)
            if rollout is None:
                continue
            how = _how(ending.outcome, began=place < len(ending.reports))
            if how is not None:
                side = Side.NEW if rule.version == rollout.version else Side.OLD
                whose, client_id = invocation.tenant, invocation.client.id
                self._counts.add(whose, rule.id, rollout, side, how, client_id=client_id, exchange=invocation.id)


def shadow_of(flow: Sequence[Rule]) -> Shadow | None:
    """Return the version that is to run behind the next request of *flow*, by chance; None: none is."""
    for rule in flow:
        rollout = rule.rollout
        if rollout is None or not rollout.is_running or rollout.kind is not RolloutKind.SHADOW:
            continue
        if random.random() * ALL < rollout.share:  # noqa: S311  # who guesses it learns nothing
            return Shadow(rule_id=rule.id, version=rollout.version, rollout=rollout.id)
    return None


def _canary(rule: Rule) -> Rollout | None:
    rollout = rule.rollout
    return rollout if rollout is not None and rollout.is_running and rollout.kind is RolloutKind.CANARY else None


def _chosen(rule: Rule, tenant: str, client_id: str) -> Rule:
    rollout = _canary(rule)
    if rollout is None or not has_canary(tenant, rule.id, client_id, rollout.share):
        return rule
    return msgspec.structs.replace(rule, version=rollout.version)


def _how(outcome: Outcome, *, began: bool) -> How | None:
    """Tell how a request ended that a rule of it *began*; None: that says nothing of the rule.

    While a flow pauses, nobody is asked, so no rule begins. The pause is the fault of a version all the same.
    """
    match outcome:
        case Failed(pauses_for_ms=pauses_for_ms) if pauses_for_ms:
            return How.FAILED
        case Failed(reason=reason):
            return How.FAILED if began and reason not in _NO_FAULT else None
        case Denied():
            return How.DENIED if began else None
        case Granted():
            return How.GRANTED
