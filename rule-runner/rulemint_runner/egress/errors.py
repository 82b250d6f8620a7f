"""Say why an outbound call did not succeed. Each text is for the rule's author: what happened, and what would help."""

from __future__ import annotations

from enum import StrEnum

from rulemint_shared.host_contract import HOST_CONTRACT

_CODES = HOST_CONTRACT.call_errors


class Kind(StrEnum):
    """The sort of a failure."""

    DENIED = "denied"
    """The rule may not make this call; the same call will be denied again."""
    FAILED = "failed"
    """The other side, the network or the broker failed."""
    TIMED_OUT = "timed_out"
    EXHAUSTED = "exhausted"
    """The broker has no descriptor, thread or memory left for the call: the operator's affair."""
    TOO_LARGE = "too_large"
    """A body or the headers, in either direction, are larger than a rule may have."""


class Code(StrEnum):
    """Codes by which programs tell failures apart: Node's own for a network's, and ours for what a rule may not do.

    Libraries try again after the former, and never after the latter. docs/rules.md lists them.
    """

    FORBIDDEN_HOST = _CODES.forbidden_host
    """The host is not listed, or leads to an address that no rule may reach."""
    FORBIDDEN_HEADER = _CODES.forbidden_header
    BODY_TOO_LARGE = _CODES.too_large
    """The body or the headers, in either direction."""
    UNSUPPORTED = _CODES.unsupported
    """There is no such thing for a rule: another scheme, method or kind of URL, or more calls than it may make."""
    NOT_FOUND = "ENOTFOUND"
    REFUSED = "ECONNREFUSED"
    RESET = "ECONNRESET"
    TIMED_OUT = _CODES.timed_out
    CONNECT_TIMED_OUT = _CODES.connect_timed_out
    """As Node's `fetch` has it: there was no connection in time, so the request was not sent."""
    BAD_CERTIFICATE = "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
    TLS = "EPROTO"


_CODE_OF_KIND = {
    Kind.DENIED: Code.UNSUPPORTED,
    Kind.FAILED: Code.RESET,
    Kind.TIMED_OUT: Code.TIMED_OUT,
    Kind.EXHAUSTED: Code.RESET,
    Kind.TOO_LARGE: Code.BODY_TOO_LARGE,
}


class EgressError(Exception):
    """A call that did not succeed."""

    def __init__(self, kind: Kind, why: str, code: Code | None = None) -> None:
        """*code* is that of its *kind* if it is left out."""
        super().__init__(f"{kind}: {why}")
        self.kind = kind
        self.why = why
        self.code = code or _CODE_OF_KIND[kind]


class EgressDenied(EgressError):  # noqa: N818  # a denial is no error of ours
    """A call that the rule may not make."""

    def __init__(self, why: str, code: Code | None = None) -> None:
        super().__init__(Kind.DENIED, why, code)


class EgressFailed(EgressError):  # noqa: N818  # as above: the other side's
    """A call that the other side or the network did not answer well."""

    def __init__(self, why: str, code: Code | None = None) -> None:
        super().__init__(Kind.FAILED, why, code)


class EgressTooLarge(EgressError):  # noqa: N818  # as above
    """A call whose request or response is larger than a rule may have."""

    def __init__(self, why: str) -> None:
        super().__init__(Kind.TOO_LARGE, why)
