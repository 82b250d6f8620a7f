"""A noun's handlers stand where its use cases do: one path finds both."""

from __future__ import annotations

from pathlib import Path

import pytest

import rulemint_gateway

PACKAGE = Path(rulemint_gateway.__file__).parent
NOT_A_NOUN = {
    "management": {
        "audit_middleware.py",  # of all calls
        "nouns.py",  # the calls that nouns have in common
        "long_lists.py",
        "status.py",  # the dispatcher answers
    },
    "auth0": {
        "actions/calls.py",  # what calls about actions have in common
        "actions/queries.py",
        "webtasks/containers.py",  # of HTTP only
        "webtasks/logs.py",  # the log hub answers
    },
}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if path.name != "__init__.py"}


@pytest.mark.parametrize("room", sorted(NOT_A_NOUN))
def test_handlers_stand_where_their_use_cases_do(room: str) -> None:
    handlers = files(PACKAGE / "web" / room)
    assert handlers - files(PACKAGE / room) == NOT_A_NOUN[room]
