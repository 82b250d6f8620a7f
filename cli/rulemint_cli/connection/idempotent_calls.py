"""Repeat a call under the same idempotency key until an answer arrives, so that it is done once."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from rulemint_cli.connection.management_api import Admin, NoAnswerError, RefusedError
from rulemint_cli.terminal.errors import CommandError

PAUSES_S = (0.5, 1.0, 2.0, 4.0)
"""Before each repetition, because a gateway may be restarting."""
_UNDER_WAY = "idempotency_key_in_use"
_DONE = "idempotent_answer_lost"


class AnswerLostError(CommandError):
    """The system did what was asked, but its answer is lost."""


class UnknownOutcomeError(CommandError):
    """It is unknown whether the system did what was asked."""


async def call_once(admin: Admin, path: str, body: object) -> tuple[Any, str | None]:
    """POST *body*, and return the answer with its ETag.

    Raises:
        RefusedError: it was not done. With the status 503, the system could not say that it was on disk.
        AnswerLostError: it was done, but the answer is lost.
        UnknownOutcomeError: it may have been done.
    """
    key = secrets.token_hex(16)
    for pause_s in (*PAUSES_S, None):
        try:
            return await admin.call_matching("POST", path, body, key=key)
        except RefusedError as error:
            if error.code == _DONE:
                raise AnswerLostError(f"{admin.url} did it, but the answer is lost") from error
            if error.status != 503 and error.code != _UNDER_WAY:
                raise
            problem: CommandError = error
        except NoAnswerError as error:
            problem = error
        if pause_s is None:
            if isinstance(problem, RefusedError) and problem.code != _UNDER_WAY:
                raise problem
            raise UnknownOutcomeError(f"{problem}; it is not known whether it was done") from problem
        await asyncio.sleep(pause_s)
    raise AssertionError("the last attempt has no pause, so it returns or raises")
