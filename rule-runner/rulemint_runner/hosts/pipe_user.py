"""The sender of a host's turns: the pipe tells it of everything that happens to them."""

from __future__ import annotations

from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.turn import Answer, Turn
from rulemint_runner.hosts.wire.frames import Idle


class User:
    """The sender of a host's turns, who hears of their ends."""

    def began(self, turn: Turn) -> None:
        """The host has nothing else to do than *turn*."""

    def answered(self, turn: Turn, answer: Answer) -> None:
        """The rule has answered."""

    def over(self, idle: Idle) -> None:
        """The host is idle after the turn that has answered, or goes on with the next."""

    def has_room(self) -> None:
        """The host can be sent more."""

    def asked(self) -> None:
        """The rule has asked for something that it may wait for."""

    def taken_back(self, turns: list[Turn]) -> None:
        """The host has not begun with *turns*, and will not."""

    def ended(self, begun: list[Turn], unread: list[Turn], why: HostEndedError) -> None:
        """The host is gone: those that had *begun* have no answer, those *unread* can run elsewhere."""


NOBODY = User()
"""Hears nothing, of a host that is sent nothing."""
