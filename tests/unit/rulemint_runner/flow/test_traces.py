"""What a host that explains has seen is without secrets, and within the bounds of the message that carries it."""

from __future__ import annotations

import msgspec

from rulemint_runner.flow.masks import Mask
from rulemint_runner.flow.replay_turn import trace_of
from rulemint_runner.hosts.wire.frames import Traced
from rulemint_shared.contract.traces import MAX_TRACED_CHARACTERS, RuleTrace, Write


def test_a_trace_that_its_mask_makes_longer_still_travels() -> None:
    before = ",".join('"password":"a"' for _ in range(30))[:MAX_TRACED_CHARACTERS]
    seen = Traced(n=1, writes=[Write(kind="claim", name="s3cret", line=2, before=before)])
    trace = trace_of(seen, "plan", Mask(["s3cret"]))
    assert trace.writes[0].name == "***"
    assert '"a"' not in trace.writes[0].before
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(trace), type=RuleTrace) == trace
