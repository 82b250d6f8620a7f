"""Replay a token request from its tape, as it was or with changes: no token, no record, no call, nothing kept."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_gateway.dispatch.batching import CannotTravelError
from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, UnavailableError
from rulemint_gateway.management.tapes.changes import MAX_CHANGES, Change, changed
from rulemint_gateway.management.tapes.replay_answers import ReplayAnswer, replay_answer, unknown_answer
from rulemint_gateway.management.tapes.tapes import Tapes
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs
from rulemint_shared.contract.messages import Ending, Failed, FailureReason, Invocation, RuleRef, outcome_name
from rulemint_shared.contract.tapes import Replay, ReplayWay, Tape
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns
from rulemint_shared.secrets.vault import Purpose, Vault

AT_ONCE = 8
_WAITING, _WAITING_OF_ONE_TENANT = 64, 8
NOT_RUN = {FailureReason.NO_RUNNER, FailureReason.OVERLOADED, FailureReason.INTERRUPTED, FailureReason.LATE}


class ReplayBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The changes to make before the replay; without changes it compares with the original."""

    set: Annotated[list[Change], Meta(max_length=MAX_CHANGES)] = []
    """Each ``NAME=VALUE``, ``NAME+=VALUE`` or ``NAME-=VALUE``."""


class Replays:
    """The use case of ``/api/v2/exchanges/{id}/replay``."""

    def __init__(
        self, catalog: Catalog, tapes: Tapes, vault: Vault, dispatcher: Dispatcher, *, deadline_s: float
    ) -> None:
        self._catalog = catalog
        self._tapes = tapes
        self._vault = vault
        self._dispatcher = dispatcher
        self._deadline_s = deadline_s
        self._turns = Turns(AT_ONCE, waiting=_WAITING, waiting_of_one=_WAITING_OF_ONE_TENANT)

    async def run(self, tenant: str, exchange_id: str, body: ReplayBody) -> ReplayAnswer:
        """Replay the exchange, with the changes of *body*.

        Raises:
            ManagementError: there is no tape, a change is none, or no runner replays it now.
        """
        tape = await self._tapes.find(tenant, exchange_id)
        invocation, told = changed(tape.invocation, body.set)
        if why := self.why_gone(tenant, tape):
            return unknown_answer(tape, told, why)
        way = ReplayWay.WHAT_IF if body.set else ReplayWay.EXACT
        try:
            async with self._turns.taken(tenant, within_s=self._deadline_s):
                ending = await self._replay(tenant, invocation, Replay(way=way, tape=tape))
        except NoTurnError:
            raise UnavailableError("Too many exchanges of this tenant are being replayed: try again") from None
        except CannotTravelError as error:
            raise InvalidBodyError(f"A rule cannot be given this request: {error}", field="set") from error
        return replay_answer(tape, ending, told, way)

    async def explained(self, tenant: str, tape: Tape) -> Ending:
        """Replay *tape* as it was, in hosts that say what they see.

        Raises:
            ManagementError: a rule is not as it was, or no runner replays it now.
        """
        if why := self.why_gone(tenant, tape):
            raise ConflictError(why, code="changed_rule")
        try:
            async with self._turns.taken(tenant, within_s=self._deadline_s):
                return await self._replay(
                    tenant, tape.invocation, Replay(way=ReplayWay.EXACT, tape=tape, explains=True)
                )
        except NoTurnError:
            raise UnavailableError("Too many exchanges of this tenant are being replayed: try again") from None
        except CannotTravelError as error:
            raise ConflictError(f"A rule cannot be given this request: {error}", code="unreadable_tape") from error

    async def vary(self, tenant: str, replay: Replay) -> Ending:
        """Replay a tape that was altered, by itself.

        Raises:
            UnavailableError: too many are replayed.
            CannotTravelError: it cannot be sent.
        """
        flow = [by_tape(ref) for ref in replay.tape.invocation.flow]
        invocation = msgspec.structs.replace(replay.tape.invocation, flow=flow)
        try:
            async with self._turns.taken(tenant, within_s=self._deadline_s):
                return await self.play(tenant, invocation, replay)
        except NoTurnError:
            raise UnavailableError("Too many exchanges of this tenant are being replayed: try again") from None

    def why_gone(self, tenant: str, tape: Tape, *, apart_from: str = "") -> str:
        """Say which rule is not as it was, so that nobody can replay it; empty: all are.

        Nothing is asked of the rule with the id *apart_from*.
        """
        rules = self._catalog.tenant(tenant).rules
        for ref in tape.invocation.flow[: len(tape.rules)]:
            if ref.rule_id == apart_from:
                continue
            rule = rules.get(ref.rule_id)
            if rule is None:
                return f"the rule {ref.name} was deleted"
            if rule.secrets_revision != ref.secrets_revision:
                was, now = ref.secrets_revision, rule.secrets_revision
                return f"the secrets of the rule {ref.name} have changed: it ran with revision {was}, and now has {now}"
        return ""

    async def _replay(self, tenant: str, invocation: Invocation, replay: Replay) -> Ending:
        flow = [by_tape(ref) for ref in invocation.flow]
        ending = await self.play(tenant, msgspec.structs.replace(invocation, flow=flow), replay)
        outcome = ending.outcome
        is_as_before = outcome_name(outcome) == replay.tape.outcome and replay.way is ReplayWay.EXACT
        if isinstance(outcome, Failed) and outcome.reason in NOT_RUN and not (ending.divergence or is_as_before):
            raise UnavailableError(f"It was not replayed: {outcome.detail or outcome.reason}")
        return ending

    async def play(self, tenant: str, invocation: Invocation, replay: Replay) -> Ending:
        """Have a runner replay *invocation*, whose flow has ids of its own.

        Raises:
            CannotTravelError: it cannot be sent.
        """
        return await self.play_sealed(tenant, invocation, self.sealed(replay), within_s=self._deadline_s)

    def sealed(self, replay: Replay) -> bytes:
        """*replay* as it travels."""
        return self._vault.encrypt(codecs.replay.encode(replay), purpose=Purpose.REPLAYS)

    async def play_sealed(self, tenant: str, invocation: Invocation, data: bytes, *, within_s: float) -> Ending:
        """As `play`, of a replay that is *sealed* already."""
        deadline = Deadline.after(min(within_s, self._deadline_s))
        replayed = msgspec.structs.replace(
            invocation,
            id=ids.new_try_id(),
            tenant=tenant,
            deadline_ms=deadline.to_unix_ms(),
            enqueued_at_ms=unix_ms(),
            replay=data,
        )
        return await self._dispatcher.run(replayed, deadline)


def by_tape(ref: RuleRef) -> RuleRef:
    """*ref* under an id of its own, by which nothing is stored.

    The tape names the rule. An older runner, which knows no replays, finds no rule of this id and runs none.
    """
    return RuleRef(rule_id=ids.new_try_id(), name=ref.name, version=ref.version, secrets_revision=ref.secrets_revision)
