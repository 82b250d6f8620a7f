from __future__ import annotations

import json

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.hub import BUFFERED_RECORDS, Watcher
from rulemint_shared.messages import Level, LogLine


def a_line(number: int) -> LogLine:
    return LogLine(ts_ms=1, invocation="i", client_id="c", rule="r", version=1, level=Level.INFO, message=str(number))


async def test_a_watcher_that_reads_too_slowly_loses_the_oldest_and_is_told_how_many() -> None:
    watcher = Watcher(LogFilter())
    for number in range(BUFFERED_RECORDS + 3):
        watcher.offer(a_line(number), str(number).encode())
    batch = await watcher.next_batch()
    assert batch is not None
    assert json.loads(batch[0])["count"] == 3
    assert batch[1:] == [str(number).encode() for number in range(3, BUFFERED_RECORDS + 3)]


async def test_a_closed_watcher_gets_what_was_left_and_then_the_end() -> None:
    watcher = Watcher(LogFilter())
    watcher.offer(a_line(1), b"1")
    watcher.close()
    assert await watcher.next_batch() == [b"1"]
    assert await watcher.next_batch() is None
