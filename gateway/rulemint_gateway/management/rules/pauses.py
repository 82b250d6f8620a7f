"""The pause of a rule as it is answered, made of the pauses that gateways have heard of."""

from __future__ import annotations

from collections.abc import Iterable

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.kept_pauses import KeptPause
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rollouts import RolloutState

SHOWN_CLIENTS = 20


class PauseAnswer(Answer, frozen=True, kw_only=True):
    """A rule pauses because it kept failing: its token requests get 503 at once."""

    until: Moment
    """The end of the pause; of several clients' pauses, of the last one. Then one request tries the rule."""
    why: str
    """Such as ``three timeouts of 5 s``."""
    version: int
    for_all: bool
    """It pauses for every client. False: for those in `clients`."""
    clients: list[str]
    """At most 20 of them; empty if the pause is for all."""
    client_count: int
    """All of them; 0 if the pause is for all."""


def pause_of(rule: Rule, kept: Iterable[KeptPause]) -> PauseAnswer | None:
    """The pause of *rule* of those *kept* of its tenant; None if it does not pause.

    A new version, changed secrets and a resumption end a pause before its time. A disabled rule does not run at all.
    """
    mine = [pause for pause in kept if pause.rule_id == rule.id and _holds(rule, pause)]
    if not mine or not rule.enabled:
        return None
    for_all = [pause for pause in mine if not pause.client_id]
    last = max(for_all or mine, key=lambda pause: pause.until_ms)
    clients = [] if for_all else sorted({pause.client_id for pause in mine})
    return PauseAnswer(
        until=rfc3339_ms(last.until_ms),
        why=last.why,
        version=last.version,
        for_all=bool(for_all),
        clients=clients[:SHOWN_CLIENTS],
        client_count=len(clients),
    )


def _holds(rule: Rule, pause: KeptPause) -> bool:
    rollout = rule.rollout
    versions = {rule.version}
    if rollout is not None and rollout.state is RolloutState.RUNNING:
        versions.add(rollout.version)
    return (
        pause.version in versions
        and pause.secrets_revision == rule.secrets_revision
        and pause.resumed_at_ms >= rule.resumed_at_ms
        and (not pause.client_id or pause.client_resumed_at_ms >= rule.resumed_clients.get(pause.client_id, 0))
    )
