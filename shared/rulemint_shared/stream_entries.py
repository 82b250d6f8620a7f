"""Many entries for one stream within one command: what each `XADD` costs a client is most of what it costs at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis.asyncio.client import Pipeline

_ADD = """
local kept, words = ARGV[1], ARGV[2]
for first = 3, #ARGV, words do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', kept, '*', unpack(ARGV, first, first + words - 1))
end
"""


def add_entries(pipe: Pipeline, stream: str, entries: Sequence[tuple[str | bytes, ...]], *, kept: int) -> None:
    """Queue on *pipe*: *entries* join *stream*, which keeps about *kept*, in their order.

    An entry is its fields' names and values in turn; all have the same number of fields.
    """
    if entries:
        words = (word for entry in entries for word in entry)
        pipe.eval(_ADD, 1, stream, str(kept), str(len(entries[0])), *words)  # type: ignore[arg-type]  # bytes are fine
