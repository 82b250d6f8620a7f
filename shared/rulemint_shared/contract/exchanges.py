"""The exchange record: one complete, masked, immutable account of one token request."""

from __future__ import annotations

from typing import Any

import msgspec

from rulemint_shared.contract.log_records import LogLine, OutboundCall
from rulemint_shared.contract.messages import RuleReport

SCHEMA_VERSION = 1


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Times of the steps of a token request, in ms; None for a step that did not happen."""

    authenticate_ms: float | None = None
    queue_ms: float | None = None
    rules_ms: float | None = None
    return_ms: float | None = None
    mint_ms: float | None = None
    total_ms: float = 0.0
    gateway_ms: float | None = None
    """From the client's proof until its invocation left the gateway, or the token was to be signed."""
    validate_ms: float | None = None
    """From the ending's arrival until the token was to be signed."""


class FlowMember(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A rule of the flow, whether it ran or not. An array in MessagePack: each token's record has some."""

    rule_id: str
    rule: str
    version: int
    secrets_revision: int


class RuleThatRan(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the flow that has reported, without its report."""

    rule: str
    version: int


class ExchangeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an exchange record that a list shows, decoded from its bytes without the rest."""

    id: str
    started_at_ms: int
    status: int
    outcome: str
    error: str | None = None
    error_description: str | None = None
    detail: str = ""
    client_id: str | None = None
    client_name: str | None = None
    audience: str | None = None
    scope_granted: list[str] = []
    ip: str = ""
    rules: list[RuleThatRan] = []
    first_rule: str = ""
    jti: str | None = None
    timings: Timings = Timings()
    secret_name: str | None = None
    more_like_it: int = 0
    exp: int | None = None
    trace_id: str = ""


class ExchangeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One token request from first byte to answer. No secret and no token is in it."""

    id: str
    tenant: str
    started_at_ms: int
    status: int
    outcome: str
    """``granted``, ``denied``, ``failed:<reason>``, or ``refused:<OAuth error>`` when no rule was asked."""
    schema: int = SCHEMA_VERSION
    error: str | None = None
    error_description: str | None = None
    detail: str = ""
    """Details that the caller was not told."""
    client_id: str | None = None
    client_name: str | None = None
    audience: str | None = None
    scope_asked: list[str] = []
    scope_granted: list[str] = []
    parameters: dict[str, Any] = {}
    """The request's parameters, secrets masked as ``***``."""
    ip: str = ""
    user_agent: str = ""
    rules: list[RuleReport] = []
    lines: list[LogLine] = []
    lines_left_out: int = 0
    jti: str | None = None
    kid: str | None = None
    timings: Timings = Timings()
    calls: list[OutboundCall] = []
    """Calls of the rules to other services, in the order in which they ended."""
    secret_name: str | None = None
    """The name of the client's secret that proved who it is."""
    first_rule: str = ""
    """The rule that the flow began with, or would have if a runner had taken it up."""
    first_version: int = 0
    more_like_it: int = 0
    """Of a refusal: how many more of its source there were since the last that is kept, which are not."""
    flow: list[FlowMember] = []
    """Every rule that was to run, in order; those that an earlier one kept from running have no report."""
    config_revision: int = 0
    """The revision of the configuration by which it was decided; 0: not known."""
    exp: int | None = None
    """The end of the token's life, in seconds since the epoch."""
    trace_id: str = ""
    """Of the trace that the request was part of, by its ``traceparent`` (W3C Trace Context)."""
    stale_since_ms: int = 0
    """The time of the earlier answer that the token is made of, because rules failed; 0: of this request's answer."""
