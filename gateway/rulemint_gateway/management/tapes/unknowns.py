"""Say what a replay could not know, so that nobody takes its answer for more than it is."""

from __future__ import annotations

from collections.abc import Sequence

from rulemint_gateway.management.tapes.changes import Changed
from rulemint_shared import __version__
from rulemint_shared.contract.messages import Divergence
from rulemint_shared.contract.tapes import Tape

_SHOWN = 10


def unknowns_of(tape: Tape, left: Divergence | None, changes: Sequence[Changed]) -> list[str]:
    """All that was not on *tape*, as far as it matters: *left* is where the replay left it."""
    said = [f"the tape of {rule.rule} was {rule.cut}" for rule in tape.rules if rule.cut]
    if tape.cut:
        said.append(f"the tape is not whole: {tape.cut}")
    if tape.masked:
        more = f" and {len(tape.masked) - _SHOWN} more" if len(tape.masked) > _SHOWN else ""
        said.append(f"the rules got *** for what is masked on the tape: {', '.join(tape.masked[:_SHOWN])}{more}")
    if left is not None:
        said += [
            f"the host of {rule.rule} had run {rule.runs_before} invocations before: "
            "what its module kept of them is not on the tape"
            for rule in tape.rules
            if rule.runs_before and rule.rule == left.rule
        ]
    said += [
        f"all that the module of {rule.rule} drew while it was loaded: that is more than a tape has room for"
        for rule in tape.rules
        if rule.load_drew_more
    ]
    if tape.build != __version__:
        said.append(f"the tape was made by Rulemint {tape.build}, and replayed by {__version__}")
    return [*said, *_of_changes(tape, changes)]


def _of_changes(tape: Tape, changes: Sequence[Changed]) -> list[str]:
    if not changes:
        return []
    said = ["random bytes were drawn anew, and timers fired by the real clock"]
    for change in changes:
        if change.what == "scope":
            held = set(tape.invocation.grant_scope)
            beyond = [name for name in str(change.after).split() if name not in held]
            if beyond:
                said.append(f"a token request would be refused: the client grant did not hold {' '.join(beyond)}")
    if any(change.what == "audience" for change in changes):
        said.append("the rules are those of the original: another API may have others")
    return said
