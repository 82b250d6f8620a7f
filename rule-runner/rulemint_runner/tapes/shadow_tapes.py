"""The tape of an invocation that is replayed at once, in the runner that ran it: whole, unmasked, and never kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from rulemint_runner.tapes.recording import Recording
from rulemint_runner.tapes.taping import Masking, rule_tape
from rulemint_shared import __version__
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.messages import Invocation, RuleRef
from rulemint_shared.contract.rule_state import CacheRecord
from rulemint_shared.contract.tapes import Headers, Tape


class Unmasked(Masking):
    """Leaves everything as it is, because it never leaves the runner."""

    def __init__(self) -> None:
        super().__init__(())

    def text(self, text: str, place: str) -> str:  # noqa: ARG002  # as the class that it stands for
        """*text* itself."""
        return text

    def value(self, value: Any, place: str) -> Any:  # noqa: ARG002  # as above
        """*value* itself."""
        return value

    def headers(self, headers: Iterable[tuple[str, str]], place: str) -> Headers:  # noqa: ARG002  # as above
        """*headers* themselves."""
        return list(headers)

    def body(self, body: bytes, place: str, *, coding: str = "") -> tuple[bytes, str]:  # noqa: ARG002  # as above
        """*body* itself, also if it is no text."""
        return body, ""

    def cache(self, records: Mapping[str, CacheRecord], place: str) -> dict[str, CacheRecord]:  # noqa: ARG002  # as above
        """*records* themselves."""
        return dict(records)


def shadow_tape(invocation: Invocation, recording: Recording, *, rule_id: str, version: int) -> Tape:
    """Return what the hosts of *invocation* saw, with *version* of one rule in its flow."""
    masking = Unmasked()
    flow = [_with(ref, version) if ref.rule_id == rule_id else ref for ref in invocation.flow]
    return Tape(
        build=__version__,
        at_ms=unix_ms(),
        invocation=msgspec.structs.replace(invocation, flow=flow, tape="", shadow=None),
        place=recording.place,
        rules=[rule_tape(rule, ref, masking) for rule, ref in zip(recording.rules, invocation.flow, strict=False)],
    )


def _with(ref: RuleRef, version: int) -> RuleRef:
    return msgspec.structs.replace(ref, version=version)
