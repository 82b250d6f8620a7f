"""Make the query of ``GET /logs`` from the options of ``rulemint logs``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.time_spans import span_of
from rulemint_shared.contract.outcome_names import DENIED, FAILED, GRANTED, REFUSED

USUAL_TAIL = 100
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
OF_INVOCATIONS = (GRANTED, DENIED, FAILED)
OF_REQUESTS = (*OF_INVOCATIONS, REFUSED)
"""No rule was asked about those that are refused, so no log has them."""


def question(filters: Mapping[str, str | None], *, since: str | None, tail: int | None, follow: bool) -> dict[str, str]:
    """Return the query parameters.

    Raises:
        UsageError: *since* is not a time, or comes together with *tail*; or an outcome is none.
    """
    check_outcome(filters.get("outcome"), OF_INVOCATIONS)
    if since is not None and tail is not None:
        raise UsageError("--since and --tail exclude each other: give one of them")
    query = {name: value for name, value in filters.items() if value is not None}
    if since is not None:
        query["since"] = moment(since, option="--since")
    elif tail is not None or not follow:
        query["tail"] = str(USUAL_TAIL if tail is None else tail)
    if not follow:
        query["follow"] = "false"
    return query


def check_outcome(given: str | None, kinds: Sequence[str]) -> None:
    """Refuse what no request can come to, because nothing would be found. The gateway knows what may follow a colon.

    Raises:
        UsageError: *given* is no outcome of these *kinds*.
    """
    if given is not None and given.partition(":")[0] not in kinds:
        raise UsageError(f"--outcome {given}: there are {', '.join(kinds)}, and such as failed:timeout")


def moment(text: str, *, option: str) -> str:
    """Return the moment that *option* gives as *text*, in the format of RFC 3339 (§5.6).

    Raises:
        UsageError: *text* is not a time, or one before 1970.
    """
    ago = span_of(text)
    try:
        given = _ago(ago) if ago is not None else _in_utc(datetime.fromisoformat(text))
    except ValueError:
        raise UsageError(f"{option} {text}: write it as 10m, 2h, 1d, or 2026-11-25T08:00:00Z") from None
    if given < datetime.fromtimestamp(0, UTC):
        raise UsageError(f"{option} {text} is before 1970: give a later time, or leave it out")
    return given.isoformat().replace("+00:00", "Z")


def _ago(span: timedelta) -> datetime:
    try:
        return datetime.now(UTC) - span
    except OverflowError:
        return _FIRST


def _in_utc(given: datetime) -> datetime:
    """Return *given* in UTC, or the first or last moment that there is in place of one beyond that."""
    try:
        return given.astimezone(UTC)
    except (ValueError, OverflowError):
        return _FIRST if given.year == 1 else _LAST
