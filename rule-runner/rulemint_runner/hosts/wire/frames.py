"""Define what the runner and a host say to each other. `packets` turns it into bytes and back.

No frame from a host names a tenant, a rule or an invocation: those come from the state of the channel it arrived on.
What comes of a run bears its number, so that what one run left behind is never taken for the next one's. Anything but
one of the frames below is a protocol error, and the host is killed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from rulemint_runner.hosts.wire.forms import Form
from rulemint_shared.contract.log_records import Level
from rulemint_shared.contract.messages import DenialCode
from rulemint_shared.contract.records import MAX_RESULT_BYTES
from rulemint_shared.contract.rule_state import MAX_CACHE_RECORDS, CacheKey, CacheRecord, CacheRecords, DocumentText
from rulemint_shared.contract.traces import MAX_SPANS, MAX_WRITES, SourceLine, Span, Write
from rulemint_shared.host_contract import HOST_CONTRACT

MAX_DRAW_BYTES = HOST_CONTRACT.draws.draw_bytes
"""Of random bytes in one frame: as many as `crypto.getRandomValues` gives at once."""
_DRAWS = HOST_CONTRACT.draws
DrawnAtLoad = Annotated[list[Annotated[bytes, Meta(max_length=_DRAWS.load_bytes)]], Meta(max_length=_DRAWS.load_count)]
"""The random bytes that a rule's module has drawn from the machine while it was loaded, one draw after the other."""
NO_PACKAGES = msgspec.Raw(b"null")
_CALL = HOST_CONTRACT.call

RunNumber = Annotated[int, Meta(ge=0, lt=2**53)]
"""Of the run that a frame comes of; 0: of none, because the rule is being loaded, or of whichever runs."""
Text = Annotated[str, Meta(max_length=16 * 1024)]
Header = tuple[
    Annotated[str, Meta(max_length=_CALL.header_name_characters)],
    Annotated[str, Meta(max_length=_CALL.header_value_characters)],
]


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a host had from nowhere but its machine: random bytes, or the time at which a timer fired."""

    kind: Literal["random", "clock"]
    data: Annotated[bytes, Meta(max_length=MAX_DRAW_BYTES)] = b""
    """The random bytes; those of a longer draw are several."""
    now_ms: Annotated[float, Meta(ge=0, lt=2**53)] = 0.0
    """Of ``clock``: the time that the rule sees from now on, in ms since 1970."""
    after: Annotated[int, Meta(ge=0, lt=2**53)] = 0
    """So many replies of the runner (`Reply`, `Stored`) the host had read in this run before."""
    timer: Annotated[int, Meta(ge=0, lt=2**53)] = 0
    """Of ``clock``: which timer fired, by the host's own count, so that a replay fires the same."""
    joined: bool = False
    """It fired in one phase of the host's event loop with the timer before, so that nothing was between them."""
    asked: Annotated[int, Meta(ge=0, lt=2**53)] = 0
    """In a replay: so many questions (`Call`, `StorageGet`, `StorageSet`) the host had asked before, in this run."""


# ---- runner → host ----


class Load(msgspec.Struct, frozen=True, kw_only=True, tag="load", tag_field="t"):
    """Become this rule version. The first frame, sent once."""

    file: str
    """The file name that the rule's own errors show, such as ``my-rule.js``."""
    language: str
    script: str
    secrets: dict[str, str]
    result_bytes: int
    """The greatest length of a result's JSON."""
    meta: dict[str, str] = {}
    """The metadata that a webtask of Auth0 finds."""
    packages: msgspec.Raw = NO_PACKAGES
    """The rule's `PackageSet` as it is kept, or null."""
    seed: int = 0
    """As in `Run`, for what the module draws while it is loaded."""
    now_ms: float = 0.0
    """As in `Run`, while the module is loaded."""
    trace: list[str] | None = None
    """The host says in `Traced` what each run did; it sees best what sets claims of these names. None: it does not."""
    drawn: list[bytes] = []
    """In a replay: what the module draws while it is loaded. What is not here comes of the machine."""


class Run(msgspec.Struct, frozen=True, kw_only=True, tag="run", tag_field="t"):
    """One invocation."""

    n: int
    client: dict[str, Any]
    scope: list[str]
    audience: str
    context: dict[str, Any]
    request: dict[str, Any] = {}
    """The token request beyond the context: id, headers, query, hostname, requested_scopes, geoip."""
    claims: dict[str, Any] = {}
    """The claims that the rules before have set."""
    cache: dict[str, CacheRecord] = {}
    """The content of the cache of an action that asked for it."""
    seed: int = 0
    """The source of pseudo-random numbers (`Math.random`, Python's `random`), below 2**53. 0: the machine."""
    now_ms: float = 0.0
    """The rule's clock as it begins, in ms since 1970. It moves with replies and timers only. 0: the host's own."""
    record: bool = False
    """The host tells in `Noted` what it draws from its machine."""
    noted: list[Draw] | None = None
    """In a replay: the draws, in their order, in place of the machine's. None: it is no replay."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag="reply", tag_field="t"):
    """The end of a call: an answer, or an *error* in words for the rule's author."""

    id: int
    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = []
    body: bytes = b""
    url: str = ""
    redirected: bool = False
    error: str | None = None
    code: str = ""
    """Of the error, as programs know it (`egress.errors.Code`)."""
    now_ms: float = 0.0
    """The rule's clock from now on, as in `Run`."""


class Stored(msgspec.Struct, frozen=True, kw_only=True, tag="stored", tag_field="t"):
    """The content of the rule's storage now, or an *error* in words for the rule's author."""

    id: int
    data: str | None = None
    etag: str | None = None
    """Of this document; None if there is none."""
    conflict: bool = False
    """It was not written: it is not what the rule takes it for."""
    error: str | None = None
    now_ms: float = 0.0
    """The rule's clock from now on, as in `Run`."""


# ---- host → runner ----


class Ready(msgspec.Struct, frozen=True, tag="ready", tag_field="t"):
    """The host has started and is blank."""


class Loaded(msgspec.Struct, frozen=True, tag="loaded", tag_field="t"):
    """The rule is loaded."""

    wants_cache: bool = False
    """Each invocation is to bring the content of the rule's cache."""
    drawn: DrawnAtLoad = []
    drew_more: bool = False
    """It drew more than that."""


class NotLoaded(msgspec.Struct, frozen=True, kw_only=True, tag="not-loaded", tag_field="t"):
    """The rule does not parse, exports nothing callable, or threw while it was loaded."""

    kind: Literal["syntax", "exception", "out_of_memory"]
    text: Text


class Line(msgspec.Struct, frozen=True, kw_only=True, tag="line", tag_field="t"):
    """One line that the rule wrote."""

    level: Level
    text: Text
    n: RunNumber = 0


class Call(msgspec.Struct, frozen=True, kw_only=True, tag="call", tag_field="t"):
    """The rule calls another service. The host chooses *id* to know the reply by; it means nothing to us."""

    id: Annotated[int, Meta(ge=0, lt=2**53)]
    method: Annotated[str, Meta(max_length=32)]
    url: Annotated[str, Meta(max_length=_CALL.url_characters)]
    headers: Annotated[list[Header], Meta(max_length=_CALL.headers)] = []
    body: Annotated[bytes, Meta(max_length=_CALL.body_bytes)] = b""
    redirect: Literal["follow", "manual", "error"] = "follow"
    n: RunNumber = 0
    as_sent: bool = False
    """Hand the body on in its content coding."""
    timeout_ms: Annotated[int, Meta(ge=1, le=_CALL.timeout_ms)] | None = None
    """So long the rule waits for the whole answer; None: as long as it may run."""
    connect_timeout_ms: Annotated[int, Meta(ge=1, le=_CALL.timeout_ms)] | None = None
    """So long it waits for a connection; None: no less than for the answer."""


class StorageGet(msgspec.Struct, frozen=True, kw_only=True, tag="storage-get", tag_field="t"):
    """The rule asks for its document; *id* as in `Call`."""

    id: Annotated[int, Meta(ge=0, lt=2**53)]
    n: RunNumber = 0


class StorageSet(msgspec.Struct, frozen=True, kw_only=True, tag="storage-set", tag_field="t"):
    """The rule's document shall be *data*; None: it shall have none. *id* as in `Call`."""

    id: Annotated[int, Meta(ge=0, lt=2**53)]
    data: DocumentText | None
    etag: Annotated[str, Meta(max_length=32)] | None = None
    """Of the document that it replaces; None: there must be none."""
    force: bool = False
    """Replace any document."""
    n: RunNumber = 0


class CacheChanged(msgspec.Struct, frozen=True, kw_only=True, tag="cache-changed", tag_field="t"):
    """The changes of an action to its cache; they precede its answer."""

    changed: CacheRecords = {}
    deleted: Annotated[list[CacheKey], Meta(max_length=MAX_CACHE_RECORDS)] = []
    n: RunNumber = 0


class Noted(Draw, frozen=True, kw_only=True, tag="noted", tag_field="t"):
    """The host drew this from its machine; of a run that records only. In a replay too, where it is the tape's."""

    n: RunNumber = 0


class Traced(msgspec.Struct, frozen=True, kw_only=True, tag="traced", tag_field="t"):
    """Told of a run, before its answer, by a host that was loaded to trace."""

    n: RunNumber
    answered_at: SourceLine = 0
    """The line that answered or refused; 0: unknown."""
    not_run: Annotated[list[Span], Meta(max_length=MAX_SPANS)] = []
    writes: Annotated[list[Write], Meta(max_length=MAX_WRITES)] = []
    is_cut: bool = False
    """There was more than this."""


class Returned(msgspec.Struct, frozen=True, kw_only=True, tag="returned", tag_field="t"):
    """The rule's result, as JSON text within the JSON, so that nothing in it can break the frame."""

    n: int
    form: Form
    value: Annotated[str, Meta(max_length=MAX_RESULT_BYTES)]


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused", tag_field="t"):
    """The rule said no, in words for the caller."""

    n: int
    code: DenialCode
    message: Text
    plain: bool = False
    """The rule named no OAuth error: *code* is ours."""


class Threw(msgspec.Struct, frozen=True, kw_only=True, tag="threw", tag_field="t"):
    """The rule threw something that is no refusal; *text* has its file, line and message."""

    n: int
    text: Text
    out_of_memory: bool = False


class BadReturn(msgspec.Struct, frozen=True, kw_only=True, tag="bad-return", tag_field="t"):
    """The rule returned something that cannot be a result."""

    n: int
    why: Text


class Idle(msgspec.Struct, frozen=True, kw_only=True, tag="idle", tag_field="t"):
    """The invocation is over, its timers are cleared, and the host waits for the next."""

    n: int
    took_ms: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    """From the frame that began it to its answer. The host's own word: it says how many hosts are worth having."""
    dropped: Annotated[int, Meta(ge=0, lt=2**53)] = 0
    """Lines of runs before it, which came too late for their logs."""


class NotBegun(msgspec.Struct, frozen=True, kw_only=True, tag="not-begun", tag_field="t"):
    """The host read a run while it waited for a reply, and gives it back."""

    n: int


ToHost = Load | Run | Reply | Stored
FromHost = (
    Ready
    | Loaded
    | NotLoaded
    | Line
    | Call
    | StorageGet
    | StorageSet
    | CacheChanged
    | Noted
    | Traced
    | Returned
    | Refused
    | Threw
    | BadReturn
    | Idle
    | NotBegun
)
