"""What a file no longer has is deleted in one call: all of it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rulemint_cli.configuration.plan import Change
from rulemint_cli.configuration.report import sentence
from rulemint_cli.connection.idempotent_calls import AnswerLostError, UnknownOutcomeError, call_once
from rulemint_cli.connection.management_api import Admin, RefusedError
from rulemint_cli.connection.nouns import APIS, CLIENTS, GRANTS, RULES
from rulemint_cli.terminal.errors import CommandError

MAX_DELETIONS = 2_000
"""Of one call, as the gateway has it; they are all or nothing, so of one run too."""
DELETIONS_PATH = "config/deletions"
CHANGED = "somebody has changed it meanwhile: look at it, and apply the file again"
NOUNS = {"resource_servers": APIS, "clients": CLIENTS, "client_grants": GRANTS, "rules": RULES}
_PLACE = re.compile(r"^deletions\[(\d+)\]")


def check_number(lost: Sequence[Change]) -> None:
    """Refuse what cannot be deleted at once, before anything is changed.

    Raises:
        CommandError: it is too much.
    """
    if len(lost) > MAX_DELETIONS:
        raise CommandError(
            f"{len(lost)} deletions are too many: {MAX_DELETIONS} are done at once, all or none, and nothing was "
            "changed; leave some of them in the file, apply it, and take them out afterwards"
        )


def deletion(change: Change, record_id: str, etag: str | None) -> dict[str, Any]:
    """What the call is told of one record, or of the secrets of a rule that stays."""
    if change.after is not None:
        return {"noun": "rule-secrets", "id": record_id, "etag": etag, "names": change.lost_secrets}
    return {"noun": NOUNS[change.section].path, "id": record_id, "etag": etag}


async def delete_all(admin: Admin, lost: Sequence[Change], deletions: Sequence[dict[str, Any]]) -> None:
    """Delete what *lost* says, by the *deletions* of each.

    Raises:
        UnknownOutcomeError: all of it may have been deleted, or nothing.
        CommandError: nothing was.
    """
    try:
        await call_once(admin, DELETIONS_PATH, {"deletions": deletions})
    except AnswerLostError:
        return  # all that it would have said is that it was done
    except RefusedError as error:
        if error.status == 503:
            raise UnknownOutcomeError(f"{error}; whether it was done is not known") from error
        place = _PLACE.match(error.field)
        if place is None or error.status != 412:
            raise
        raise CommandError(f"{sentence(lost[int(place[1])])}: {CHANGED}") from error
