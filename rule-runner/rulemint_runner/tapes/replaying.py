"""Feed one rule from its tape: what its host asks is compared with the tape, and answered from it or not at all.

Theory of operation. Nothing here can reach a network or a store: a replay has no broker and no Redis to hand. A host
is deterministic between its inputs (`host_programs`), so it asks in the order of the tape. An answer is given once all
that the tape has before it has happened, so answers overtake each other as they did. The first question that differs,
or for which the tape has no answer, ends the replay: what would have come after it nobody knows.

After a change of the input (`ReplayWay.WHAT_IF`) a rule may ask for other things, or in another order. A call is then
answered as the same call was, and storage is kept in memory, from the document that the tape shows first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, NoReturn, assert_never
from urllib.parse import urlsplit

from rulemint_runner.hosts.turn import Seeds
from rulemint_runner.hosts.wire.frames import CacheChanged, Call, Draw, Noted, Reply, StorageGet, StorageSet, Stored
from rulemint_runner.tapes.shadow_tapes import Unmasked
from rulemint_runner.tapes.taping import Masking, MaskText, asked
from rulemint_shared.contract.endings import travelling
from rulemint_shared.contract.messages import MAX_DETAIL, Divergence, RuleRef, Trial
from rulemint_shared.contract.tapes import (
    Answered,
    AskedStorage,
    Called,
    ChangedCache,
    Drew,
    Event,
    ReplayWay,
    RuleTape,
    StorageAnswered,
    Told,
)

_SHOWN = 200
"""Characters of a path that a divergence names."""
_NOTHING = "nothing more"
_TIMER = "timer"
_NEVER = Draw(kind="clock", after=2**53 - 1)


class TapedRule(NamedTuple):
    """One rule's part of a tape that is replayed."""

    tape: RuleTape
    way: ReplayWay
    exchange: str
    """The id that the rule saw as its request's."""
    explains: bool = False
    """Its host is to say what it sees."""
    shares_hosts: bool = False
    """It runs on a host that others use too: of a shadow, one that began by another seed."""
    ref: RuleRef | None = None
    """The rule, its version and its secrets: the invocation does not name what is stored."""
    trial: Trial | None = None
    """The text that is tried in its place."""
    is_shadow: bool = False
    """It runs behind a live invocation, from a tape that is not masked, and yields to everybody."""

    @property
    def shared_load_seed(self) -> int:
        """The seed by which the hosts that it shares with others were loaded; 0: it does not matter, or has none."""
        return self.tape.load_seed if self.shares_hosts and not self.is_shadow else 0


class RuleReplay:
    """The replay of one rule."""

    def __init__(self, taped: TapedRule, mask: MaskText, stop: Callable[[], None]) -> None:
        """*stop* is called once, when it has left its tape."""
        tape, way = taped.tape, taped.way
        self.tape = tape
        self.exchange = taped.exchange
        self.divergence: Divergence | None = None
        self._way = way
        self._masking = Unmasked() if taped.is_shadow else Masking([mask])
        self._stop = stop
        self._compares_load = taped.shares_hosts and not (taped.is_shadow or taped.explains)
        self._asked = [event for event in tape.events if not isinstance(event, Answered | StorageAnswered)]
        self._told = _told_by_question(tape)
        self._arrived = 0
        """So much that the tape has the host ask and draw has come."""
        self._answers = 0
        """So many answers were given."""
        self._questions = 0
        self._moved = asyncio.Event()
        self._used: set[int] = set()
        self._now_ms = tape.now_ms
        self._document: tuple[str | None, int] | None = _first_document(tape)

    def noted(self) -> list[Draw] | None:
        """The draws of the tape, for the host. After a change of the input they would come at the wrong places.

        Nothing that is not on a whole tape came before the rule's answer. So behind the last draw is one that never
        comes: a timer that did not fire then does not fire now.
        """
        if self._way is ReplayWay.WHAT_IF:
            return None
        draws: list[Draw] = []
        questions = 0
        for event in self.tape.events:
            questions += isinstance(event, Called | AskedStorage)
            if isinstance(event, Drew):
                draws.append(_draw(event, asked=questions))
        return draws if self.tape.cut else [*draws, _NEVER]

    # ---- what the host asks ----

    def loaded(self, seeds: Seeds) -> None:
        """Compare what the module of a version has drawn with the tape: what another draws otherwise nobody knows.

        A replay of the version that ran shows by itself whether that matters.
        """
        tape = self.tape
        if not self._compares_load:
            return
        drawn = seeds.load_drawn
        if seeds.load_drew_more or tape.load_drew_more or drawn != tuple(tape.load_drawn[: len(drawn)]):
            why = "it draws random bytes that the tape does not have"
            self._diverge("its module, while it was loaded", expected="", got=why, unknown=True)

    def call(self, call: Call) -> Coroutine[Any, Any, Reply]:
        """The tape's answer to *call*, which is compared now; the answer never comes if the tape has none."""
        question = self._next_question(call) if self._way is ReplayWay.EXACT else self._same_call(call)
        return self._reply(call, question)

    def storage(self, frame: StorageGet | StorageSet) -> Coroutine[Any, Any, Stored]:
        """The document as the tape has it, or after a change of the input as the rule has left it in memory."""
        if self._way is ReplayWay.WHAT_IF:
            return self._stored_in_memory(frame)
        return self._stored(frame, self._next_question(frame))

    def note(self, frame: Noted | CacheChanged) -> None:
        """The host drew something, or changed its cache."""
        if self._way is ReplayWay.EXACT:
            self._compare(asked(frame, self._masking))

    def ended(self) -> None:
        """The rule has answered: has it done all that the tape has? A timer may fire just before that, or not."""
        if self._way is ReplayWay.WHAT_IF or self.divergence is not None:
            return
        for place in range(self._arrived, len(self._asked)):
            expected = self._asked[place]
            if _kind(expected) != _TIMER:
                self._diverge(self._name(place, expected), expected=_shown(expected), got="the rule ended")
                return

    # ---- comparing ----

    def _next_question(self, frame: Call | StorageGet | StorageSet) -> int:
        self._questions += 1
        number = self._questions
        return number if self._compare(asked(frame, self._masking)) else 0

    def _compare(self, got: Event) -> bool:
        """Tell whether *got* is what the tape has next."""
        if self.divergence is not None:
            return False
        place = self._arrived
        if place >= len(self._asked):
            if self.tape.cut:
                why = f"the tape was {self.tape.cut}"
                self._diverge(self._name(place, got), expected=why, got=_shown(got), unknown=True)
            else:
                self._diverge(self._name(place, got), expected=_NOTHING, got=_shown(got))
            return False
        expected = self._asked[place]
        if expected != got:
            self._diverge(self._name(place, expected), expected=_shown(expected), got=_shown_beside(expected, got))
            return False
        self._arrived += 1
        self._move()
        return True

    def _same_call(self, call: Call) -> int:
        """The question of the tape that is the same call; 0: there is none."""
        got = asked(call, self._masking)
        found, question = 0, 0
        for event in self.tape.events:
            if isinstance(event, Called | AskedStorage):
                question += 1
            if _is_same_call(event, got):
                found = question
                if question not in self._used:
                    break
        self._used.add(found)
        if not found and self.divergence is None:
            self._diverge(f"a call: {_shown(got)}", expected="", got="the tape has no answer to it", unknown=True)
        return found

    async def _answer_to(self, question: int) -> Told | None:
        """The answer that the tape has to *question*, when its time has come; None: it tells nothing."""
        place, told, needs = self._told.get(question, (0, None, 0))
        if told is None or self._way is ReplayWay.WHAT_IF:
            return told
        while self._arrived < needs or self._answers < place:
            moved = self._moved
            await moved.wait()
        self._answers += 1
        self._move()
        return told

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def _stored_in_memory(self, frame: StorageGet | StorageSet) -> Stored:
        if self._document is None:
            self._diverge("the storage", expected="", got="the tape does not show the document", unknown=True)
            return await _never()
        data, version = self._document
        etag = None if data is None else str(version)
        if isinstance(frame, StorageSet):
            if not frame.force and frame.etag != etag:
                return Stored(id=frame.id, data=data, etag=etag, conflict=True, now_ms=self._now_ms)
            data, version = frame.data, version + 1
            self._document = data, version
            etag = None if data is None else str(version)
        return Stored(id=frame.id, data=data, etag=etag, now_ms=self._now_ms)

    # ---- answering ----

    async def _reply(self, call: Call, question: int) -> Reply:
        told = await self._answer_to(question)
        if not isinstance(told, Answered):
            return await _never()
        if told.lost:
            self._diverge(f"answer {question}", expected="", got=f"the tape lacks it: {told.lost}", unknown=True)
            return await _never()
        self._now_ms = told.now_ms
        return Reply(
            id=call.id,
            status=told.status,
            reason=told.reason,
            headers=list(told.headers),
            body=told.body,
            url=told.url,
            redirected=told.redirected,
            error=told.error,
            code=told.code,
            now_ms=told.now_ms,
        )

    async def _stored(self, frame: StorageGet | StorageSet, question: int) -> Stored:
        told = await self._answer_to(question)
        if not isinstance(told, StorageAnswered):
            return await _never()
        return Stored(
            id=frame.id,
            data=told.data,
            etag=told.etag,
            conflict=told.conflict,
            error=told.error,
            now_ms=told.now_ms,
        )

    # ---- leaving the tape ----

    def _diverge(self, at: str, *, expected: str, got: str, unknown: bool = False) -> None:
        if self.divergence is not None:
            return
        self.divergence = divergence(self.tape.rule, at, expected=expected, got=got, unknown=unknown)
        self._stop()

    def _name(self, place: int, event: Event) -> str:
        """Name *event*, which is at this *place* of what the host asks, by the number of its kind."""
        kind = _kind(event)
        number = 1 + sum(1 for each in self._asked[:place] if _kind(each) == kind)
        return f"{kind} {number}: {_shown(event)}"


def divergence(rule: str, at: str, *, expected: str, got: str, unknown: bool = False) -> Divergence:
    """Make a divergence whose words are within their bounds."""
    texts = (travelling(text, MAX_DETAIL) for text in (rule, at, expected, got))
    rule, at, expected, got = texts
    return Divergence(rule=rule, at=at, expected=expected, got=got, unknown=unknown)


def _draw(event: Drew, *, asked: int) -> Draw:
    return Draw(
        kind=event.kind,
        data=event.data,
        now_ms=event.now_ms,
        after=event.after,
        timer=event.timer,
        joined=event.joined,
        asked=asked,
    )


def _told_by_question(tape: RuleTape) -> dict[int, tuple[int, Told, int]]:
    """Question → its place among all answers, the answer, and how much the host has asked or drawn before it."""
    told: dict[int, tuple[int, Told, int]] = {}
    before = 0
    for event in tape.events:
        if isinstance(event, Answered | StorageAnswered):
            told.setdefault(event.to, (len(told), event, before))
        else:
            before += 1
    return told


def _first_document(tape: RuleTape) -> tuple[str | None, int] | None:
    """The document before the rule's first write, with a version, as far as the tape shows it."""
    questions = [event for event in tape.events if isinstance(event, Called | AskedStorage)]
    for event in tape.events:
        if not isinstance(event, StorageAnswered) or event.error is not None or event.to > len(questions):
            continue
        question = questions[event.to - 1]
        if isinstance(question, AskedStorage) and (not question.writes or event.conflict):
            return event.data, int(event.etag) if event.etag and event.etag.isdecimal() else 0
        return (None, 0) if isinstance(question, AskedStorage) and not question.force and not question.etag else None
    return None


def _is_same_call(event: Event, got: Event) -> bool:
    return (
        isinstance(event, Called)
        and isinstance(got, Called)
        and (event.method.upper(), event.url, event.body) == (got.method.upper(), got.url, got.body)
    )


def _kind(event: Event) -> str:
    match event:
        case Called():
            return "call"
        case AskedStorage():
            return "storage"
        case Drew(kind=kind):
            return "random draw" if kind == "random" else _TIMER
        case ChangedCache():
            return "cache"
        case Answered() | StorageAnswered():
            return "answer"
        case _:
            assert_never(event)


def _shown(event: Event) -> str:
    match event:
        case Called(method=method, url=url):
            parts = urlsplit(url)
            return f"{method.upper()} {parts.netloc.rpartition('@')[2]}{parts.path}"[:_SHOWN]
        case AskedStorage(writes=writes):
            return "write" if writes else "read"
        case Drew(kind=kind, data=data):
            return f"{len(data)} bytes" if kind == "random" else "fired"
        case ChangedCache():
            return "changed"
        case Answered() | StorageAnswered():
            return "answered"
        case _:
            assert_never(event)


def _shown_beside(expected: Event, got: Event) -> str:
    """*got* in words that tell it from *expected*."""
    if type(expected) is not type(got) or _shown(expected) != _shown(got):
        return f"{_kind(got)}: {_shown(got)}"
    differ = [name for name in expected.__struct_fields__ if getattr(expected, name) != getattr(got, name)]
    return f"the same with another {', '.join(differ)}"


async def _never() -> NoReturn:
    """Wait until the invocation is over, as one does for an answer that does not come."""
    while True:
        await asyncio.get_running_loop().create_future()
