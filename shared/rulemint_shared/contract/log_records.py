"""Define the records of the log that tenants watch. New fields go last and have defaults; types never change."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rulemint_shared.host_contract import HOST_CONTRACT


class Level(StrEnum):
    """The level of a log record."""

    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class LogLine(msgspec.Struct, frozen=True, kw_only=True, tag="line", gc=False):
    """One line that a rule wrote, or that the runner wrote about it."""

    ts_ms: int
    invocation: str
    client_id: str
    rule: str
    version: int
    level: Level
    message: str
    audience: str = ""


class InvocationStarted(msgspec.Struct, frozen=True, kw_only=True, tag="invocation.started", gc=False):
    """A runner took the invocation up."""

    ts_ms: int
    invocation: str
    client_id: str
    audience: str
    rule: str
    version: int


class InvocationEnded(msgspec.Struct, frozen=True, kw_only=True, tag="invocation.ended", gc=False):
    """The invocation has its outcome; *rule* is the one that decided."""

    ts_ms: int
    invocation: str
    client_id: str
    audience: str
    rule: str
    version: int
    outcome: str
    """``granted``, ``denied`` or ``failed:<reason>``."""
    duration_ms: float
    message: str = ""


class OutboundCall(msgspec.Struct, frozen=True, kw_only=True, tag="call", gc=False):
    """A rule called another service, or tried to: where and how it went, never what was said."""

    ts_ms: int
    """The time at which it had ended."""
    invocation: str
    client_id: str
    rule: str
    version: int
    method: str
    host: str
    """The name, and the port where it is not the scheme's own."""
    status: int | None
    """None: there was no answer, and *error* says why."""
    duration_ms: float
    bytes_sent: int = 0
    bytes_received: int = 0
    error: str = ""
    audience: str = ""
    after_ms: float | None = None
    """From when a runner took the invocation up until the call began; None: not known."""


MAX_SHOWN_VALUE, MAX_SHOWN_CHANGES = 256, 20
_ShownValue = Annotated[str, msgspec.Meta(max_length=MAX_SHOWN_VALUE + 1)]


class ShownChange(msgspec.Struct, frozen=True, kw_only=True):
    """One difference: ``outcome``, ``message``, ``scope`` or ``claims.NAME``, as JSON before and after."""

    what: _ShownValue
    before: _ShownValue
    after: _ShownValue


class ShadowDiff(msgspec.Struct, frozen=True, kw_only=True, tag="diff"):
    """The version that ran as a shadow of a live invocation would have ended it in another way, or nobody can tell."""

    ts_ms: int
    invocation: str
    """The live one."""
    client_id: str
    audience: str
    rule: str
    version: int
    """The version that ran as a shadow."""
    live_version: int
    changes: Annotated[list[ShownChange], msgspec.Meta(max_length=MAX_SHOWN_CHANGES)] = []
    """From the live result to that of the shadow, at most so many."""
    unknown: Annotated[str, msgspec.Meta(max_length=HOST_CONTRACT.text_characters)] = ""
    """The reason why nobody can tell; empty: *changes* tell."""


LogRecord = LogLine | InvocationStarted | InvocationEnded | OutboundCall | ShadowDiff
