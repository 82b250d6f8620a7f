"""Delete the records that a file no longer has in one call, all or none."""

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
"""The gateway's bound for one call. One run has one call, so it is the bound of a run too."""
DELETIONS_PATH = "config/deletions"
CHANGED = "somebody else has just changed it: look at it, and apply the file again"
NOUNS = {"resource_servers": APIS, "clients": CLIENTS, "client_grants": GRANTS, "rules": RULES}
_PLACE = re.compile(r"^deletions\[(\d+)\]")


def check_number(lost: Sequence[Change]) -> None:
    """Refuse too many deletions for one call, before anything is changed.

    Raises:
        CommandError: there are more than `MAX_DELETIONS`.
    """
    if len(lost) > MAX_DELETIONS:
        raise CommandError(
            f"{len(lost)} deletions are too many, so nothing was changed: one run deletes {MAX_DELETIONS} at most; "
            "leave some of them in the file, apply it, and remove them afterwards"
        )


def deletion(change: Change, record_id: str, etag: str | None) -> dict[str, Any]:
    """Return one deletion for the call: of a record, or of secrets of a rule that stays."""
    if change.after is not None:
        return {"noun": "rule-secrets", "id": record_id, "etag": etag, "names": change.lost_secrets}
    return {"noun": NOUNS[change.section].path, "id": record_id, "etag": etag}


async def delete_all(admin: Admin, lost: Sequence[Change], deletions: Sequence[dict[str, Any]]) -> None:
    """Delete all of *deletions*, which belong to the changes in *lost*.

    Raises:
        UnknownOutcomeError: all may have been deleted, or none.
        CommandError: none was deleted.
    """
    try:
        await call_once(admin, DELETIONS_PATH, {"deletions": deletions})
    except AnswerLostError:
        return  # the lost answer would only have said that it was done
    except RefusedError as error:
        if error.status == 503:
            raise UnknownOutcomeError(f"{error}; it is not known whether it was done") from error
        place = _PLACE.match(error.field)
        if place is None or error.status != 412:
            raise
        raise CommandError(f"{sentence(lost[int(place[1])])}: {CHANGED}") from error
