"""What a host says before anybody listens is heard; the rest of a channel is tested on real hosts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec

from rulemint_runner.hosts.wire import frames
from rulemint_runner.hosts.wire.channel import FromHost
from rulemint_shared.contract.messages import FailureReason


@dataclass
class Listener:
    """Notes what it is told."""

    heard: list[str] = field(default_factory=list)

    def count(self, size: int) -> None:
        assert size > 0

    def take(self, frame: frames.FromHost) -> None:
        self.heard.append(type(frame).__name__)

    def kill(self, _reason: FailureReason, detail: str) -> None:
        self.heard.append(detail)

    def hung_up(self) -> None:
        self.heard.append("hung up")


def framed(frame: frames.FromHost) -> bytes:
    body = msgspec.json.encode(frame)
    return len(body).to_bytes(4, "big") + body


async def test_what_a_host_says_before_anybody_listens_is_heard_in_its_order_once_the_listener_waits() -> None:
    channel, listener = FromHost(), Listener()
    said = framed(frames.Ready()) + framed(frames.Loaded())
    channel.data_received(said[:7])
    channel.deliver_to(listener)
    channel.data_received(said[7:])
    assert listener.heard == []
    await asyncio.sleep(0)
    assert listener.heard == ["Ready", "Loaded"]
    channel.data_received(framed(frames.Idle(n=1)))
    assert listener.heard[2:] == ["Idle"]


async def test_a_host_that_ended_before_anybody_listened_is_known_to_have_hung_up() -> None:
    channel, listener = FromHost(), Listener()
    channel.data_received(framed(frames.Ready()))
    channel.eof_received()
    channel.deliver_to(listener)
    await asyncio.sleep(0)
    assert listener.heard == ["Ready", "hung up"]
