"""A pipe whose host reads in the very moment in which the pipe takes back what it has not read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rulemint_runner.hosts.pipe import Pipe
from rulemint_runner.hosts.pipe_user import User
from rulemint_runner.hosts.turn import Turn
from rulemint_runner.hosts.wire.frames import Run
from rulemint_shared.deadline import Deadline


class SocketThatIsRead:
    """What a pipe writes to: it keeps what is sent, and says what was taken."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.taken: list[bytes] = []

    def write_packets(self, packets: Sequence[bytes]) -> None:
        """Keep them."""
        self.sent += packets

    def send_at_once(self, packet: bytes) -> bool:
        """Keep it."""
        self.sent.append(packet)
        return True

    def take_back(self) -> list[bytes]:
        """What the host did not get."""
        return self.taken


class TurnOfNumber(Turn):
    """A turn that is no more than its number."""

    def frame(self) -> Run:
        """What is sent."""
        return Run(n=self.number, client={}, scope=[], audience="", context={}, request={}, claims={}, cache={})


class Hears(User):
    """Knows what came back."""

    def __init__(self) -> None:
        self.back: list[int] = []

    def taken_back(self, turns: list[Turn]) -> None:
        """Note which."""
        self.back += [turn.number for turn in turns]


@pytest.mark.parametrize(
    ("taken", "stay", "back"),
    [
        ((3, 4), [1, 2], [3, 4]),
        ((2, 4), [1, 3], [2, 4]),  # it read the third after the second was taken
        ((2, 3), [1, 4], [2, 3]),
        ((1, 2, 4), [3, 1], [2, 4]),  # and before it had read the first
        ((1, 2, 3, 4), [1], [2, 3, 4]),
    ],
)
async def test_what_was_taken_goes_elsewhere_and_what_the_host_has_read_stays_in_its_order(
    taken: tuple[int, ...], stay: list[int], back: list[int]
) -> None:
    socket, user = SocketThatIsRead(), Hears()
    pipe = Pipe(1, socket, *[lambda _reason, _detail: None] * 2)  # type: ignore[arg-type]  # no process is needed for this
    pipe.user = user
    turns = [TurnOfNumber(number, deadline=Deadline.after(5), timeout_s=5) for number in (1, 2, 3, 4)]
    for turn in turns:
        assert pipe.send(turn)
    socket.taken = [turn.packets()[0] for turn in turns if turn.number in taken]

    pipe.take_back()

    assert [turn.number for turn in pipe._turns] == stay  # their order is what this is about
    assert user.back == back
