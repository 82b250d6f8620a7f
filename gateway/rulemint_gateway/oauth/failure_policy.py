"""Takes the last good answer in place of rules that failed, if those allow it. Otherwise there is no token.

A refusal is an answer, so nothing takes its place. A rule's policy is its field ``on_failure``: ``closed``, or
``stale:15`` for an answer of the last 15 minutes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.oauth.exchange import Exchange
from rulemint_gateway.oauth.outcomes import granted_or_raise
from rulemint_gateway.stores.traffic.last_answers import LastAnswers
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.last_answers import LastAnswer
from rulemint_shared.contract.log_records import Level, LogLine
from rulemint_shared.contract.messages import (
    Denied,
    Ending,
    Failed,
    Granted,
    Invocation,
    RuleRef,
    RuleReport,
    outcome_name,
)
from rulemint_shared.contract.records import CLOSED, Rule

OF_ONE_REQUEST = frozenset(
    {
        "content-length",
        "cf-ray",
        "date",
        "fly-request-id",
        "idempotency-key",
        "traceparent",
        "tracestate",
        "x-amz-cf-id",
        "x-amzn-trace-id",
        "x-b3-parentspanid",
        "x-b3-sampled",
        "x-b3-spanid",
        "x-b3-traceid",
        "x-cloud-trace-context",
        "x-correlation-id",
        "x-request-id",
        "x-request-start",
    }
)
"""Headers that name one request and nothing else: two requests with others are the same question."""

STALE_HEADER = "Rulemint-Stale"

_encoder = msgspec.msgpack.Encoder(order="sorted")


class Decided(msgspec.Struct, frozen=True):
    """The yes of a flow, and the time at which it gave it if that was for an earlier request."""

    granted: Granted
    stale_since_ms: int | None = None

    @property
    def stale_since_s(self) -> int | None:
        """The same, as a token has its times."""
        return None if self.stale_since_ms is None else self.stale_since_ms // 1000

    @property
    def headers(self) -> dict[str, str]:
        """The header of the client's answer that says how old a stale answer is, in seconds."""
        return {} if self.stale_since_ms is None else {STALE_HEADER: str(_age_s(self.stale_since_ms))}


class FailurePolicies:
    """Keeps good answers of flows that may answer stale, and uses them when rules fail."""

    def __init__(self, answers: LastAnswers, dispatcher: Dispatcher) -> None:
        self._answers = answers
        self._dispatcher = dispatcher

    async def decided(
        self, flow: Sequence[Rule], invocation: Invocation, ending: Ending, exchange: Exchange
    ) -> Decided:
        """The flow's yes, or an earlier one if it failed and its rules allow that.

        Raises:
            OAuthError: it said no, or failed and there is no earlier yes.
        """
        outcome, tenant = ending.outcome, invocation.tenant
        if isinstance(outcome, Granted):
            if kept_for_ms := longest_ms(flow):
                question = question_of(invocation, flow)
                self._answers.keep(tenant, question, outcome, for_ms=kept_for_ms, said=said_by(ending.reports))
            return Decided(outcome)
        if isinstance(outcome, Denied) and longest_ms(flow):
            await self._answers.forget(tenant, question_of(invocation, flow))
        if isinstance(outcome, Failed) and (max_age_ms := allowed_age_ms(flow, len(ending.reports))):
            found = await self._answers.find(tenant, question_of(invocation, flow), max_age_ms=max_age_ms)
            if found is not None and is_still_said(flow, found, ending.reports[:-1]):
                exchange.used_last_answer(outcome, found.at_ms)
                self._log(invocation, ending, found.at_ms)
                return Decided(found.granted, found.at_ms)
        return Decided(granted_or_raise(outcome))

    def _log(self, invocation: Invocation, ending: Ending, since_ms: int) -> None:
        rule = failed_rule(invocation, ending)
        why = outcome_name(ending.outcome)
        line = LogLine(
            ts_ms=unix_ms(),
            invocation=invocation.id,
            client_id=invocation.client.id,
            rule=rule.name,
            version=rule.version,
            level=Level.WARN,
            message=f"{why}: the token is made of the answer of {_age_s(since_ms)} s ago",
            audience=invocation.audience,
        )
        self._dispatcher.log(invocation.tenant, line)


def longest_ms(flow: Sequence[Rule]) -> int:
    """For how long answers of *flow* may be of use; 0 if all of its rules are closed."""
    stale = [rule.stale_minutes for rule in flow if rule.on_failure != CLOSED]
    return 60_000 * max(stale) if stale else 0


def allowed_age_ms(flow: Sequence[Rule], reported: int) -> int:
    """The greatest age of an answer that takes the place of a failed flow's; 0: none does.

    Of the rules, *reported* have begun, and the last of these failed. That one and all behind it said nothing, so each
    must allow it. If nobody knows which one failed, all must. Those before it are for `is_still_said`.
    """
    said_nothing = flow[max(0, reported - 1) :]
    return 60_000 * min(rule.stale_minutes for rule in said_nothing)


def said_by(reports: Sequence[RuleReport]) -> list[bytes]:
    """The hash of what each rule said: of the scopes that it was given and left, and the claims that it set."""
    return [
        hashlib.blake2b(
            _encoder.encode((each.scope_given, each.scope_added, each.scope_removed, each.claims_set)), digest_size=16
        ).digest()
        for each in reports
    ]


def is_still_said(flow: Sequence[Rule], earlier: LastAnswer, reports: Sequence[RuleReport]) -> bool:
    """True unless one of the rules that ended now, with *reports*, says something else than it did *earlier*.

    A rule that allows an answer as old as that may have changed its mind.
    """
    age_ms = unix_ms() - earlier.at_ms
    pairs = zip(flow, said_by(reports), strict=False)
    then = [*earlier.said, *[b""] * len(reports)]
    return all(now == then[n] or rule.stale_minutes * 60_000 >= age_ms for n, (rule, now) in enumerate(pairs))


def failed_rule(invocation: Invocation, ending: Ending) -> RuleRef:
    """The rule that failed; the first one if nobody knows."""
    return invocation.flow[max(0, min(len(ending.reports), len(invocation.flow)) - 1)]


def question_of(invocation: Invocation, flow: Sequence[Rule]) -> str:
    """The hash of all that the flow is told, with its rules' versions and the revisions of their secrets.

    With them are the times of the rules' last changes: a version that was replaced, and runs again, is asked anew. Left
    out are the time of the request, its ids, and headers that name one request only.
    """
    request = invocation.request
    headers = {name: value for name, value in request.headers.items() if name not in OF_ONE_REQUEST}
    told = (
        invocation.tenant,
        invocation.client,
        invocation.audience,
        invocation.scope,
        invocation.scope_ceiling,
        invocation.grant_scope,
        msgspec.structs.replace(request, headers=headers),
        [(rule.rule_id, rule.name, rule.version, rule.secrets_revision) for rule in invocation.flow],
        [rule.updated_at_ms for rule in flow],
    )
    return hashlib.sha256(_encoder.encode(told)).hexdigest()


def _age_s(since_ms: int) -> int:
    return max(0, (unix_ms() - since_ms) // 1000)
