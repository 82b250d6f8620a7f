"""Define the messages between gateway and runner, in MessagePack. New fields go last with defaults; types stay."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import msgspec

from rulemint_shared.contract.log_records import LogLine, OutboundCall
from rulemint_shared.contract.records import RuleVersion
from rulemint_shared.contract.traces import RuleTrace
from rulemint_shared.host_contract import HOST_CONTRACT

BATCH_LIMIT = 64
"""Most invocations in one job."""
MAX_PAUSE_MS = 600_000
"""For so long at most a rule pauses: what runners keep to is made of this."""
MAX_PAUSE_REASON = 200
"""Characters of why a rule pauses."""
MAX_DETAIL, MAX_DENIAL = HOST_CONTRACT.text_characters, 1_024
"""Characters of why an invocation failed, and of what a rule says to a caller that it refuses."""

_Scope = Annotated[str, msgspec.Meta(max_length=HOST_CONTRACT.scope.characters)]
ScopeList = Annotated[list[_Scope], msgspec.Meta(max_length=1_000)]


# ---- gateway → runner ----


class RuleRef(msgspec.Struct, frozen=True, kw_only=True):
    """Names exactly what is to run: an immutable version and the revision of its secrets."""

    rule_id: str
    name: str
    version: int
    secrets_revision: int = 0
    resumed_at_ms: int = 0
    """The time at which its operator last ended its pauses; 0: never. A pause since an earlier time is over."""
    client_resumed_at_ms: int = 0
    """The same, for the client of this invocation."""
    stored_id: str = ""
    """In a trial, the id of the stored rule to read; *rule_id* is the trial's own. Empty: the trial brings the text."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a rule that is tried. It travels with its invocation and is not kept."""

    text: RuleVersion
    secrets: bytes = b""
    """One MessagePack map name → value, encrypted; empty if it has none."""


class ClientView(msgspec.Struct, frozen=True, kw_only=True):
    """The client as its rules see it."""

    tenant: str
    id: str
    name: str
    metadata: dict[str, str]


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """The token request as its rules see it: no credentials in it."""

    ip: str
    user_agent: str
    body: dict[str, Any]
    headers: dict[str, str] = {}
    """Names in lower case; bounded, and without those that carry credentials."""
    query: dict[str, str] = {}
    hostname: str = ""
    requested_scopes: ScopeList = []
    """The scopes that the caller asked for; empty if it asked for nothing in particular."""


class Shadow(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a rule of the flow that runs behind the invocation, and whose result is only compared."""

    rule_id: str
    version: int
    rollout: str
    """The id of its rollout, by which it is counted."""


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the flow for one token request."""

    id: str
    """The exchange's id."""
    tenant: str
    client: ClientView
    audience: str
    scope: ScopeList
    request: RequestView
    flow: Annotated[list[RuleRef], msgspec.Meta(min_length=1)]
    deadline_ms: int
    enqueued_at_ms: int
    scope_ceiling: ScopeList | None = None
    """The client grant's scopes if the API enforces them: no rule may go beyond."""
    grant_scope: ScopeList = []
    """The scopes of the client grant: an action may add nothing else."""
    trial: Trial | None = msgspec.field(default=None, name="draft")
    """The text of the rule of the flow that has no *stored_id*. The flow is only tried: no token, no watcher hears."""
    tape: str = ""
    """The wish for a tape of it (`tapes.TapeWish`)."""
    replay: bytes = b""
    """An encrypted `tapes.Replay`. It is only replayed: nothing of it is kept, and no call leaves."""
    shadow: Shadow | None = None
    """The version that runs once more behind it, without effect. A runner that does not know it runs none."""

    @property
    def is_tried(self) -> bool:
        """True if nobody gets a token by it, and none of its tenant's watchers hears of it."""
        return self.trial is not None or bool(self.replay)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The invocations of one job, and the gateway that waits for them."""

    gateway: str
    invocations: Annotated[list[Invocation], msgspec.Meta(min_length=1, max_length=BATCH_LIMIT)]


# ---- runner → gateway ----


class DenialCode(StrEnum):
    """The ways in which a rule may refuse: the OAuth error that its caller gets (RFC 6749 §5.2)."""

    ACCESS_DENIED = "access_denied"
    INVALID_SCOPE = "invalid_scope"
    INVALID_REQUEST = "invalid_request"
    SERVER_ERROR = "server_error"


class FailureReason(StrEnum):
    """The reasons for which an invocation ends without an answer of its rules."""

    TIMEOUT = "timeout"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_FLOOD = "output_flood"
    BAD_RESULT = "bad_result"
    SYNTAX = "syntax"
    EXCEPTION = "exception"
    NO_RUNNER = "no_runner"
    OVERLOADED = "overloaded"
    INTERRUPTED = "interrupted"
    LATE = "late"


class Granted(msgspec.Struct, frozen=True, kw_only=True, tag="granted"):
    """The flow said yes: these scopes, these claims."""

    scope: ScopeList
    claims: dict[str, Any] = {}


class Denied(msgspec.Struct, frozen=True, kw_only=True, tag="denied"):
    """A rule said no, in words meant for the caller."""

    code: DenialCode
    message: Annotated[str, msgspec.Meta(max_length=MAX_DENIAL)]
    plain: bool = False
    """The rule named no OAuth error, as in ``cb(new Error(message))``: *code* is ours."""


class RulePause(msgspec.Struct, frozen=True, kw_only=True):
    """A rule pauses at a runner, because it kept failing."""

    rule_id: str
    version: int
    client_id: str
    """The only client that it pauses for; empty: it pauses for all."""
    for_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_PAUSE_MS)]
    why: Annotated[str, msgspec.Meta(max_length=MAX_PAUSE_REASON)]
    """Such as ``three timeouts of 5 s``."""


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """Nobody said yes. *detail* is for the logs and the exchange record, never for the caller."""

    reason: FailureReason
    detail: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)] = ""
    pauses_for_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_PAUSE_MS)] = 0
    """For how long the flow fails in any case, because one of its rules pauses; 0 if none does."""
    pauses_for_all: bool = False
    """It pauses for every client, and not only for that of this invocation."""
    pause: RulePause | None = None
    """The rule that pauses, with its clients; None: none does, or its runner is of an earlier version."""


Outcome = Granted | Denied | Failed


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a rule returned and the contract left out, with the reason."""

    name: str
    why: str


class HostStart(StrEnum):
    """The ways in which a host came to run a rule: it had run others before, or it was started for this one."""

    WARM = "warm"
    SPARE = "spare"
    """It had been started before, blank, and loaded the rule for this one."""
    COLD = "cold"


_Fact = Annotated[str, msgspec.Meta(max_length=128)]


class RanOn(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The host that ran a rule, and under which limits. An array in MessagePack: each token's record has one."""

    host: int
    """The number of the host: its runner counts them from 1."""
    runs_before: int
    """Invocations that it had come to before this one."""
    start: HostStart
    waited_ms: float
    """From when the rule's turn came until the host had read it."""
    engine: _Fact
    build: _Fact
    """The version of the runner."""
    packages: _Fact
    """The name of the rule's package set; empty: it has none."""
    timeout_s: float
    memory_mb: int
    log_bytes: int
    result_bytes: int


class Position(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place in a rule's text; both count from 1, and *column* is 0 where the engine does not say."""

    line: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
    column: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0


BEYOND_LOCK = "the version is locked, and its cases show nothing like it"
"""The reason for which something is left out of what a locked version returned."""


class RuleReport(msgspec.Struct, frozen=True, kw_only=True):
    """The input of one rule of the flow, and what it changed."""

    rule: str
    version: int
    scope_given: list[str]
    scope_added: list[str] = []
    scope_removed: list[str] = []
    claims_set: dict[str, Any] = {}
    dropped: list[Dropped] = []
    duration_ms: float = 0.0
    ran_on: RanOn | None = None
    """None: it was not run, or its runner is of an earlier version."""
    ended_at: Position | None = None
    """The place in its text that ended it, if the engine said so."""


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """The place at which a replay left its tape for the first time."""

    rule: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)]
    at: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)]
    """Such as ``call 2: GET api.example.com/limits``."""
    expected: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)] = ""
    got: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)] = ""
    unknown: bool = False
    """The replay was not wrong: the tape has no answer to give."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one invocation, with everything that its exchange record keeps of it."""

    invocation: str
    outcome: Outcome
    reports: list[RuleReport] = []
    lines: list[LogLine] = []
    lines_left_out: int = 0
    picked_up_at_ms: int = 0
    ended_at_ms: int = 0
    calls: list[OutboundCall] = []
    took_ms: float = 0.0
    """From the pick-up to the end, by the runner's own clock that is never set."""
    divergence: Divergence | None = None
    """Of a replay: where it left its tape; None: it did not."""
    traces: list[RuleTrace] = []
    """Of a replay that explains: what the hosts of its rules have seen, in their order."""


class Endings(msgspec.Struct, frozen=True, kw_only=True):
    """The endings of one job; its arq result is this message's bytes."""

    endings: list[Ending]


def outcome_name(outcome: Outcome) -> str:
    """``granted``, ``denied`` or ``failed:<reason>``: how logs and exchange records spell an outcome."""
    match outcome:
        case Granted():
            return "granted"
        case Denied():
            return "denied"
        case Failed(reason=reason):
            return f"failed:{reason}"
