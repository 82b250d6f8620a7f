"""Why an outbound call did not succeed. Each text is for the rule's author: what happened, and what would help."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What sort of failure it is."""

    DENIED = "denied"
    """The rule may not make this call; the same call will be denied again."""
    FAILED = "failed"
    """The other side, the network or the broker failed."""
    TIMED_OUT = "timed_out"
    EXHAUSTED = "exhausted"
    """The broker has no descriptor, thread or memory left for the call: the operator's affair."""
    TOO_LARGE = "too_large"
    """A body or the headers, in either direction, are larger than a rule may have."""


class EgressError(Exception):
    """A call that did not succeed."""

    def __init__(self, kind: Kind, why: str) -> None:
        super().__init__(f"{kind}: {why}")
        self.kind = kind
        self.why = why


class EgressDenied(EgressError):  # noqa: N818  # a denial is no error of ours
    """A call that the rule may not make."""

    def __init__(self, why: str) -> None:
        super().__init__(Kind.DENIED, why)


class EgressFailed(EgressError):  # noqa: N818  # as above: the other side's
    """A call that the other side or the network did not answer well."""

    def __init__(self, why: str) -> None:
        super().__init__(Kind.FAILED, why)


class EgressTooLarge(EgressError):  # noqa: N818  # as above
    """A call whose request or response is larger than a rule may have."""

    def __init__(self, why: str) -> None:
        super().__init__(Kind.TOO_LARGE, why)
