"""Draw for a rule.

`random` and its like come of the seed of the run. What must not be guessed comes of the machine: a run that is recorded
tells the runner of it, and a replay has it from the tape.
"""

import _random
import binascii
import os

from contract import CONTRACT

_BOUNDS = CONTRACT["draws"]
_SEED_BITS = 64
_urandom = os.urandom
_from_base64, _to_base64 = binascii.a2b_base64, binascii.b2a_base64


class _Run:
    """By what the run draws."""

    number = 0
    seed = load_seed = 0
    is_told = False
    """The runner hears what is drawn, or says it."""
    tape: list | None = None
    """In a replay, which has it in place of the machine."""
    at = 0
    noted = noted_bytes = 0
    generator: _random.Random | None = None
    is_loading = False
    """The module of the rule is being loaded: what it draws is told with the frame that says so."""
    load_tape: list = []
    """In a replay it has this in the place of that."""


class _Load:
    """All that the module of the rule has drawn while it was loaded."""

    drawn: list = []
    drawn_bytes = 0
    drew_more = False


_run = _Run()
_write = None


def define(channel: object) -> None:
    """Tell the runner over *channel*."""
    global _write  # noqa: PLW0603  # one host, one channel
    _write = channel.write


def begin(number: int, seed: int, *, record: bool = False, noted: list | None = None) -> None:
    """The run *number* draws from now on, by *seed*; 0: by the machine."""
    _run.number, _run.seed, _run.generator = number, seed or int.from_bytes(_urandom(8), "big"), None
    _run.is_loading = False
    _run.tape, _run.is_told = noted, record or noted is not None
    _run.at = _run.noted = _run.noted_bytes = 0


def begin_load(seed: int, taped: list) -> None:
    """The module of the rule draws from now on; in a replay it gets *taped*, one draw after the other."""
    begin(0, seed)
    _run.load_seed, _run.load_tape = _run.seed, taped
    _run.is_loading = _run.is_told = True


def drawn_at_load() -> dict:
    """Return what it has drawn, for the frame that says that it is loaded."""
    return {"drawn": _Load.drawn, "drew_more": _Load.drew_more}


def seed() -> int:
    """Return the seed of this run."""
    return _run.seed


def load_seed() -> int:
    """Return the seed by which the rule was loaded: for what outlives a run."""
    return _run.load_seed


def next_seed() -> int:
    """Return a seed for one more generator: each is another, and the same in a replay."""
    if _run.generator is None:
        _run.generator = _random.Random(_run.seed)
    return _run.generator.getrandbits(_SEED_BITS)


def secret_bytes(size: int, replies: int) -> bytes:
    """Return so many bytes that nobody can guess. The run had read so many *replies*."""
    if not _run.is_told or not isinstance(size, int) or size <= 0:
        return _urandom(size)
    return b"".join(
        _draw(min(size - start, _BOUNDS["draw_bytes"]), replies) for start in range(0, size, _BOUNDS["draw_bytes"])
    )


def _draw(size: int, replies: int) -> bytes:
    taped = _random_on_tape()
    data = None if taped is None else _from_base64(taped)
    if data is None or len(data) != size:
        data = _urandom(size)  # in a replay the runner sees by the note that the tape has no such draw
    else:
        _run.at += 1
    if _run.is_loading:
        _note_of_load(data)
    else:
        note({"kind": "random", "data": _as_text(data), "after": replies})
    return data


def _as_text(data: bytes) -> str:
    return _to_base64(data, newline=False).decode()


def _random_on_tape() -> str | None:
    if _run.is_loading:
        return _run.load_tape[_run.at] if _run.at < len(_run.load_tape) else None
    taped = _next()
    return taped["data"] if taped is not None and taped["kind"] == "random" else None


def _note_of_load(data: bytes) -> None:
    _Load.drawn_bytes += len(data)
    full = len(_Load.drawn) >= _BOUNDS["load_count"] or _Load.drawn_bytes > _BOUNDS["load_bytes"]
    _Load.drew_more = _Load.drew_more or full
    if not _Load.drew_more:
        _Load.drawn.append(_as_text(data))


def note(draw: dict) -> None:
    """Tell the runner of *draw*, if it wants to know. It stops listening after so many."""
    if not _run.is_told or not _run.number:
        return
    _run.noted += 1
    _run.noted_bytes += len(draw.get("data", ""))
    if _run.noted <= _BOUNDS["count"] and _run.noted_bytes <= _BOUNDS["bytes"]:
        _write({"t": "noted", "n": _run.number, **draw})


# ---- what the tape of a replay has next ----


def _next() -> dict | None:
    tape = _run.tape
    return tape[_run.at] if tape is not None and _run.at < len(tape) else None


def replayed_time(replies: int) -> float | None:
    """Return the time that comes next; None if that is something else, or of no tape."""
    if not is_next_clock(replies):
        return None
    _run.at += 1
    return _run.tape[_run.at - 1]["now_ms"]


def is_next_clock(replies: int) -> bool:
    """Tell whether the clock is to move now that so many *replies* were read."""
    taped = _next()
    return taped is not None and taped["kind"] == "clock" and taped["after"] <= replies


def is_next_reply(replies: int) -> bool:
    """Tell whether the tape has a reply read before all that it has else."""
    taped = _next()
    return taped is not None and taped["after"] > replies


def may_read(replies: int) -> bool:
    """Tell whether nothing comes before the next reply."""
    return _next() is None or is_next_reply(replies)
