"""Make a tape of what was recorded of an exchange: masked as records are, bounded, and with a word on all it lacks.

The same functions shape what a replay asks, so that both are compared as the tape has them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from rulemint_runner.hosts.wire.frames import CacheChanged, Call, Noted, Reply, StorageGet, StorageSet, Stored
from rulemint_runner.tapes.recording import Asked, Recording, RuleRecording, Told
from rulemint_shared import __version__
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs
from rulemint_shared.contract.log_records import Level, LogLine
from rulemint_shared.contract.messages import Denied, Failed, Granted, Invocation, Outcome, RuleRef, outcome_name
from rulemint_shared.contract.rule_state import CacheRecord
from rulemint_shared.contract.tapes import (
    MAX_TAPE_BYTES,
    Answered,
    AskedStorage,
    Called,
    ChangedCache,
    Drew,
    Event,
    Headers,
    RuleTape,
    StorageAnswered,
    Tape,
    TapedLine,
)
from rulemint_shared.secrets.masking import MASK, masked
from rulemint_shared.secrets.names import is_secret_name

MAX_MASKED = 50
"""Places that a tape names."""
_GZIP = 16 + zlib.MAX_WBITS
_CODINGS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
NOT_TEXT = "its body is no text"
CODED = "its body is in a content coding in which secrets cannot be looked for"

MaskText = Callable[[str], str]


class Masking:
    """Masks what goes onto a tape, and remembers where something was masked."""

    def __init__(self, masks: Iterable[MaskText]) -> None:
        """*masks* take out the secrets of the flow's rules."""
        self._masks = tuple(masks)
        self.places: list[str] = []

    def text(self, text: str, place: str) -> str:
        """*text* without secrets."""
        return self._noted(text, self._masked_text(text), place)

    def value(self, value: Any, place: str) -> Any:
        """*value*, of JSON, without secrets: those by name, and those of the rules."""
        without = self._in_texts(masked(value))
        self._compare(value, without, place)
        return without

    def headers(self, headers: Iterable[tuple[str, str]], place: str) -> Headers:
        """*headers*, in which the names say what is secret."""
        return [
            (
                self._masked_text(name),
                self._noted(value, MASK if is_secret_name(name) else self._masked_text(value), f"{place}.{name}"),
            )
            for name, value in headers
        ]

    def body(self, body: bytes, place: str, *, coding: str = "") -> tuple[bytes, str]:
        """*body* without secrets, or nothing and why: only a text can be searched for them."""
        plain = _decoded(body, coding) if coding else body
        if plain is None:
            return b"", CODED
        try:
            text = plain.decode()
        except UnicodeDecodeError:
            return b"", NOT_TEXT
        without = self.text(text, place)
        if without == text:
            return body, ""
        data = without.encode(errors="surrogatepass")
        return (_coded(data, coding) if coding else data), ""

    def cache(self, records: Mapping[str, CacheRecord], place: str) -> dict[str, CacheRecord]:
        """*records* without secrets: a key is a name, too."""
        kept = {}
        for key, record in records.items():
            (value,) = self.value({key: record.value}, place).values()
            kept[self._masked_text(key)] = msgspec.structs.replace(record, value=str(value))
        return kept

    def _masked_text(self, text: str) -> str:
        for mask in self._masks:
            text = mask(text)
        return text

    def _in_texts(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._masked_text(value)
        if isinstance(value, dict):
            return {self._masked_text(str(name)): self._in_texts(item) for name, item in value.items()}
        return [self._in_texts(item) for item in value] if isinstance(value, list) else value

    def _noted(self, before: str, after: str, place: str) -> str:
        if before != after:
            self._note(place)
        return after

    def _note(self, place: str) -> None:
        if len(self.places) < MAX_MASKED and place not in self.places:
            self.places.append(place)

    def _compare(self, before: Any, after: Any, place: str) -> None:
        """Note each place at which *after* is not *before*."""
        if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
            for name, item in before.items():
                self._compare(item, after[name], f"{place}.{name}")
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for index, (old, new) in enumerate(zip(before, after, strict=True)):
                self._compare(old, new, f"{place}[{index}]")
        elif before != after:
            self._note(place)


# ---- what a host asked ----


def asked(frame: Asked, masking: Masking, place: str = "") -> Event:
    """*frame* as a tape has it."""
    match frame:
        case Call():
            body, why = masking.body(frame.body, f"{place}.body")
            return Called(
                method=masking.text(frame.method, place),
                url=masking.text(frame.url, f"{place}.url"),
                headers=masking.headers(frame.headers, f"{place}.headers"),
                body=body if not why else f"({len(frame.body)} bytes: {why})".encode(),
            )
        case StorageGet():
            return AskedStorage()
        case StorageSet():
            data = None if frame.data is None else masking.text(frame.data, f"{place}.data")
            return AskedStorage(writes=True, data=data, etag=frame.etag, force=frame.force)
        case Noted():
            return Drew(
                kind=frame.kind,
                data=frame.data,
                now_ms=frame.now_ms,
                after=frame.after,
                timer=frame.timer,
                joined=frame.joined,
            )
        case CacheChanged():
            return ChangedCache(
                changed=masking.cache(frame.changed, f"{place}.cache"),
                deleted=[masking.text(key, place) for key in frame.deleted],
            )


def _told(number: int, answer: Reply | Stored, masking: Masking) -> Event:
    place = f"answer {number}"
    if isinstance(answer, Stored):
        return StorageAnswered(
            to=number,
            data=None if answer.data is None else masking.text(answer.data, f"{place}.document"),
            etag=answer.etag,
            conflict=answer.conflict,
            error=None if answer.error is None else masking.text(answer.error, place),
            now_ms=answer.now_ms,
        )
    coding = next((value.strip().lower() for name, value in answer.headers if name.lower() == "content-encoding"), "")
    body, lost = masking.body(answer.body, f"{place}.body", coding=coding)
    return Answered(
        to=number,
        status=answer.status,
        reason=answer.reason,
        headers=masking.headers(answer.headers, f"{place}.headers"),
        body=body,
        url=masking.text(answer.url, f"{place}.url"),
        redirected=answer.redirected,
        error=None if answer.error is None else masking.text(answer.error, place),
        code=answer.code,
        now_ms=answer.now_ms,
        lost=lost,
    )


# ---- the tape ----


def tape_of(
    invocation: Invocation,
    recording: Recording,
    outcome: Outcome,
    *,
    lines: Iterable[LogLine],
    lines_left_out: int,
) -> bytes:
    """Return the tape of *invocation*, which ended by *outcome*, encoded and within `MAX_TAPE_BYTES`.

    Raises:
        EncodeError: it cannot be encoded.
    """
    masking = Masking([rule.mask for rule in recording.rules if rule.mask is not None])
    rules = [rule_tape(rule, ref, masking) for rule, ref in zip(recording.rules, invocation.flow, strict=False)]
    tape = Tape(
        build=__version__,
        at_ms=unix_ms(),
        invocation=_masked_invocation(invocation, masking),
        place=recording.place,
        rules=rules,
        outcome=outcome_name(outcome),
        message=said(outcome, masking),
        lines=taped_lines(lines, outcome),
        lines_left_out=lines_left_out,
        masked=masking.places,
    )
    return _within_bounds(tape)


def said(outcome: Outcome, masking: Masking) -> str:
    """The words of *outcome*, without secrets. Where a rule's time was up, the words have times in them."""
    match outcome:
        case Granted():
            return ""
        case Denied(message=message):
            return masking.text(message, "outcome.message")
        case Failed(detail=detail):
            return masking.text(detail, "outcome.detail")


def taped_lines(lines: Iterable[LogLine], outcome: Outcome) -> list[TapedLine]:
    """*lines* without their times, and without the one in which the runner says why it failed."""
    failure = outcome.detail or str(outcome.reason) if isinstance(outcome, Failed) else None
    return [
        TapedLine(rule=line.rule, level=line.level, text=line.message)
        for line in lines
        if not (line.level is Level.ERROR and line.message == failure)
    ]


def granted(outcome: Outcome | None, masking: Masking) -> tuple[list[str], dict[str, Any]]:
    """The scopes and claims that *outcome* left, masked."""
    if not isinstance(outcome, Granted):
        return [], {}
    return list(outcome.scope), masking.value(outcome.claims, "claims")


def rule_tape(rule: RuleRecording, ref: RuleRef, masking: Masking) -> RuleTape:
    """Return the part of the rule *ref* of a tape."""
    events = [_event(event, masking) for event in rule.events]
    scope, claims = granted(rule.outcome, masking)
    run = rule.run
    return RuleTape(
        rule=ref.name,
        version=ref.version,
        seed=run.seed if run is not None else 0,
        now_ms=run.now_ms if run is not None else 0.0,
        load_seed=rule.seeds.load,
        load_now_ms=rule.seeds.load_now_ms,
        load_drawn=list(rule.seeds.load_drawn),
        load_drew_more=rule.seeds.load_drew_more,
        hash_seed=rule.seeds.hash,
        runs_before=rule.runs_before,
        cache=masking.cache(run.cache, f"{ref.name}.cache") if run is not None else {},
        events=events,
        outcome="" if rule.outcome is None else outcome_name(rule.outcome),
        scope=scope,
        claims=claims,
        cut=f"cut after {len(events)} events" if rule.is_cut else "",
    )


def _event(event: Asked | Told, masking: Masking) -> Event:
    return _told(*event, masking) if isinstance(event, tuple) else asked(event, masking, "question")


def _masked_invocation(invocation: Invocation, masking: Masking) -> Invocation:
    client, request = invocation.client, invocation.request
    return msgspec.structs.replace(
        invocation,
        client=msgspec.structs.replace(client, metadata=masking.value(client.metadata, "client.metadata")),
        request=msgspec.structs.replace(
            request,
            user_agent=masking.text(request.user_agent, "request.user_agent"),
            body=masking.value(request.body, "request.body"),
            headers=dict(masking.headers(request.headers.items(), "request.headers")),
            query=masking.value(request.query, "request.query"),
        ),
        trial=None,
        replay=b"",
        tape="",
        shadow=None,
    )


def _within_bounds(tape: Tape) -> bytes:
    """*tape*, encoded. Of one that is too long the last events go, then lines, then what actions had in caches."""
    while len(data := codecs.tape.encode(tape)) > MAX_TAPE_BYTES:
        longest = max(range(len(tape.rules)), key=lambda index: len(tape.rules[index].events), default=-1)
        if longest >= 0 and (rule := tape.rules[longest]).events:
            kept = rule.events[: len(rule.events) // 2]
            cut = msgspec.structs.replace(rule, events=kept, cut=f"cut after {len(kept)} events")
            rules = [cut if index == longest else each for index, each in enumerate(tape.rules)]
            tape = msgspec.structs.replace(tape, rules=rules, cut="the last events did not fit")
        elif tape.lines:
            tape = msgspec.structs.replace(
                tape, lines=[], lines_left_out=tape.lines_left_out + len(tape.lines), cut="the log did not fit"
            )
        else:
            why = "only the summary fits"
            rules = [
                msgspec.structs.replace(
                    each, cache={}, claims={}, cut=why, load_drawn=[], load_drew_more=bool(each.load_drawn)
                )
                for each in tape.rules
            ]
            return codecs.tape.encode(msgspec.structs.replace(tape, rules=rules, cut=why))
    return data


# ---- content codings ----


def _decoded(body: bytes, coding: str) -> bytes | None:
    """*body* without its *coding*, at most as long as a tape; None if that cannot be taken off."""
    if coding in {"", "identity"}:
        return body
    bits = _CODINGS.get(coding)
    if bits is None:
        return None
    decoder = zlib.decompressobj(bits)
    try:
        plain = decoder.decompress(body, MAX_TAPE_BYTES)
    except zlib.error:
        return None
    return plain if decoder.eof and not decoder.unused_data else None


def _coded(data: bytes, coding: str) -> bytes:
    bits = _CODINGS.get(coding)
    if bits is None:
        return data
    encoder = zlib.compressobj(wbits=bits)
    return encoder.compress(data) + encoder.flush()
