"""The tape of one exchange: what its rules were given, and what their hosts saw after that, in order.

A tape holds no client secret, assertion, token or secret of a rule: all of it is masked, as records are. What a
replay needs of a rule's secrets it reads from the rule, by the revision that the tape names. A tape is kept encrypted
(`rulemint_shared.secrets.sealing`). `FORMAT` names the shape of these types; a reader refuses every other by name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from rulemint_shared.contract.log_records import Level
from rulemint_shared.contract.messages import Invocation, Trial
from rulemint_shared.contract.rule_state import CacheRecord
from rulemint_shared.host_contract import HOST_CONTRACT

FORMAT = 1
MAX_TAPE_BYTES = 256 * 1024
"""Of an encoded tape. From a longer one the last events are left out, and it says where it was cut."""
MAX_EVENTS = 1_000
"""Of one rule."""

_Count = Annotated[int, Meta(ge=0, lt=2**53)]
_Ms = Annotated[float, Meta(ge=0, lt=2**53)]
Headers = list[tuple[str, str]]


class TapeWish(StrEnum):
    """The invocations that leave a tape, as the gateway tells the runner."""

    NO = ""
    FAILURES = "failures"
    """It leaves one if no token comes of it."""
    ALWAYS = "always"


# ---- what a host asked and did ----


class Called(msgspec.Struct, frozen=True, kw_only=True, tag="called"):
    """The rule called another service."""

    method: str
    url: str
    headers: Headers = []
    body: bytes = b""


class AskedStorage(msgspec.Struct, frozen=True, kw_only=True, tag="asked-storage"):
    """The rule read its document, or with *writes* replaced it."""

    writes: bool = False
    data: str | None = None
    etag: str | None = None
    force: bool = False


class Drew(msgspec.Struct, frozen=True, kw_only=True, tag="drew"):
    """The host drew random bytes from its machine, or a timer of the rule fired."""

    kind: Literal["random", "clock"]
    data: bytes = b""
    now_ms: _Ms = 0.0
    after: _Count = 0
    """So many answers the host had read before."""
    timer: _Count = 0
    """The timer that fired, by the host's own count."""
    joined: bool = False
    """It fired directly behind the timer before; tapes of earlier versions do not tell."""


class ChangedCache(msgspec.Struct, frozen=True, kw_only=True, tag="changed-cache"):
    """The action changed its cache."""

    changed: dict[str, CacheRecord] = {}
    deleted: list[str] = []


# ---- what it was told ----


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered"):
    """The end of the call that is question number *to*: an answer or an *error*."""

    to: Annotated[int, Meta(ge=1, lt=2**31)]
    """Calls and storage are counted together, from 1."""
    status: int = 0
    reason: str = ""
    headers: Headers = []
    body: bytes = b""
    url: str = ""
    redirected: bool = False
    error: str | None = None
    code: str = ""
    now_ms: _Ms = 0.0
    lost: str = ""
    """The reason why the body is not on the tape; empty: it is."""


class StorageAnswered(msgspec.Struct, frozen=True, kw_only=True, tag="storage-answered"):
    """The document as the rule was told of it, as question number *to*."""

    to: Annotated[int, Meta(ge=1, lt=2**31)]
    data: str | None = None
    etag: str | None = None
    conflict: bool = False
    error: str | None = None
    now_ms: _Ms = 0.0


Asked = Called | AskedStorage | Drew | ChangedCache
"""Comes from the host: a replay has to bring the same, in the same order."""
Told = Answered | StorageAnswered
"""Comes from the runner: a replay tells it again."""
Event = Asked | Told


# ---- the tape ----


class RuleTape(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the flow: what it was given beyond the invocation, what happened, and how it ended."""

    rule: str
    version: int
    seed: _Count = 0
    now_ms: _Ms = 0.0
    load_seed: _Count = 0
    load_now_ms: _Ms = 0.0
    hash_seed: _Count = 0
    """By which the host's engine hashed texts."""
    runs_before: _Count = 0
    """So many invocations its host had run: what the rule keeps in its module from those is not on the tape."""
    cache: dict[str, CacheRecord] = {}
    events: Annotated[list[Event], Meta(max_length=MAX_EVENTS)] = []
    outcome: str = ""
    scope: list[str] = []
    """The scopes that it left, if it granted."""
    claims: dict[str, Any] = {}
    """The claims that were set when it had granted, by it and those before."""
    cut: str = ""
    """The place at which its events end too early, such as ``cut after 3 events``; empty: they are complete."""
    load_drawn: Annotated[list[bytes], Meta(max_length=HOST_CONTRACT.draws.load_count)] = []
    """The random bytes that its module had drawn from the machine while it was loaded, one draw after the other."""
    load_drew_more: bool = False
    """It drew more than that: a replay draws the rest anew."""


class TapedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log."""

    rule: str
    level: Level
    text: str


class Tape(msgspec.Struct, frozen=True, kw_only=True):
    """The tape of one exchange."""

    format: int = FORMAT
    build: str
    """The version of the runner that made it."""
    at_ms: int
    invocation: Invocation
    """Masked. Its id is the exchange's, and its flow names versions and revisions of secrets."""
    place: dict[str, Any] = {}
    """The place of the caller, which actions saw as ``event.request.geoip``."""
    rules: list[RuleTape] = []
    """Those that began, in their order."""
    outcome: str = ""
    message: str = ""
    """The words of a rule to its caller, or why it failed."""
    lines: list[TapedLine] = []
    lines_left_out: int = 0
    masked: list[str] = []
    """Places at which something was masked, which no replay gives to the rules: ``client.metadata.api_key``."""
    cut: str = ""
    """The parts that did not fit, in words; empty: it is whole."""


class TapeHead(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a tape that every version can read."""

    format: int = 0
    build: Annotated[str, Meta(max_length=100)] = ""


# ---- a replay ----


class ReplayWay(StrEnum):
    """The ways in which a replay takes what is not as on the tape."""

    EXACT = "exact"
    """It ends where it differs first."""
    WHAT_IF = "what-if"
    """Its input was changed: it may ask in another order, or for less; it ends where the tape has no answer."""


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """All that a runner needs to replay an invocation. It travels encrypted."""

    way: ReplayWay
    tape: Tape
    explains: bool = False
    """Its hosts are to say which lines of the rules ran, and which set what."""
    shares_hosts: bool = False
    """Replays of one version run one after the other on the same hosts, if their tapes are of one host.

    It began as that host had. Those of a shadow began by no tape.
    """
    trial: Trial | None = None
    """The text that takes the place of the rule with its id. A runner that reads no replays finds no rule to run."""
