"""Say for each invocation whether it is recorded or replayed, and have its tape kept once it has ended."""

from __future__ import annotations

from functools import partial

import structlog

from rulemint_runner.flow.flow import NOT_TAPED, Taping
from rulemint_runner.flow.invocation_log import InvocationLog
from rulemint_runner.tapes.flow_replay import FlowReplay
from rulemint_runner.tapes.keeping import TapeKeeper
from rulemint_runner.tapes.recording import Recording
from rulemint_runner.tapes.taping import tape_of
from rulemint_shared.contract import codecs
from rulemint_shared.contract.messages import Granted, Invocation, Outcome
from rulemint_shared.contract.tapes import TapeWish
from rulemint_shared.secrets.runner_key import RunnerKey

log = structlog.get_logger(__name__)

USUAL_BYTES = 4 * 1024
"""Of a tape besides what its rules asked and were told, about."""


class InvocationTapes:
    """The tapes of this runner's invocations."""

    def __init__(self, key: RunnerKey, keeper: TapeKeeper) -> None:
        self._key = key
        self._keeper = keeper

    def taping_of(self, invocation: Invocation) -> Taping:
        """All that becomes of *invocation* besides its ending.

        Raises:
            RunnerKeyError, DecodeError: it is a replay, and what it brings cannot be read.
        """
        if invocation.replay:
            return Taping(replay=FlowReplay(codecs.replay.decode(self._key.open_replay(invocation.replay))))
        if invocation.tape in {TapeWish.FAILURES, TapeWish.ALWAYS} and self._keeper.can_keep:
            return Taping(recording=Recording(TapeWish(invocation.tape)))
        return NOT_TAPED if invocation.shadow is None else Taping(recording=Recording(TapeWish.NO))

    def ended(
        self, invocation: Invocation, recording: Recording, outcome: Outcome, invocation_log: InvocationLog
    ) -> None:
        """Have its tape kept, if it leaves one."""
        if recording.wish is TapeWish.NO or (recording.wish is TapeWish.FAILURES and isinstance(outcome, Granted)):
            return
        make = partial(
            tape_of,
            invocation,
            recording,
            outcome,
            lines=invocation_log.lines,
            lines_left_out=invocation_log.left_out,
        )
        self._keeper.keep(invocation, make, size=USUAL_BYTES + recording.size)
