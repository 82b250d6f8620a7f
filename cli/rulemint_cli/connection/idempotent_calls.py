"""A call that is done once, though its answer may get lost on the way: it is asked again under the same key."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from rulemint_cli.connection.management_api import Admin, NoAnswerError, RefusedError
from rulemint_cli.terminal.errors import CommandError

PAUSES_S = (0.5, 1.0, 2.0, 4.0)
"""Between one time and the next; a gateway may be restarting."""
_UNDER_WAY = "idempotency_key_in_use"
_DONE = "idempotent_answer_lost"


class AnswerLostError(CommandError):
    """It was done, and nobody can say any longer what it was answered."""


class UnknownOutcomeError(CommandError):
    """Nobody can say whether it was done."""


async def call_once(admin: Admin, path: str, body: object) -> tuple[Any, str | None]:
    """The answer of a POST and its ETag.

    Raises:
        RefusedError: it was not done; or, with the status 503, was not known to be on disk, time and again.
        AnswerLostError: it was done.
        UnknownOutcomeError: it may have been.
    """
    key = secrets.token_hex(16)
    for pause_s in (*PAUSES_S, None):
        try:
            return await admin.call_matching("POST", path, body, key=key)
        except RefusedError as error:
            if error.code == _DONE:
                raise AnswerLostError(f"{admin.url} has done it, but its answer is lost") from error
            if error.status != 503 and error.code != _UNDER_WAY:
                raise
            problem: CommandError = error
        except NoAnswerError as error:
            problem = error
        if pause_s is None:
            if isinstance(problem, RefusedError) and problem.code != _UNDER_WAY:
                raise problem
            raise UnknownOutcomeError(f"{problem}; whether it was done is not known") from problem
        await asyncio.sleep(pause_s)
    raise AssertionError("the last time has no pause")
