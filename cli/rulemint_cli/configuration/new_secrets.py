"""Secrets that the system has made for new records: shown once, or named as those that nobody has seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from shlex import quote

from rulemint_cli.connection.nouns import CLIENTS, Noun, Record, called


@dataclass(frozen=True)
class NewSecret:
    """A secret that the system has made for a new record."""

    noun: Noun
    record: Record
    secret: str = field(repr=False)


def shown(made: NewSecret) -> dict[str, str]:
    """Return the id and the secret of a new record, to be shown once."""
    if made.noun is CLIENTS:
        return {"client_id": str(made.record["client_id"]), "client_secret": made.secret}
    return {"identifier": str(made.record["identifier"]), "signing_secret": made.secret}


def unseen(made: NewSecret) -> str:
    """Say that nobody has seen a secret. It is not shown, because the output of an apply is often kept in a log."""
    subject = f"{called(made.noun, made.record)} has a secret that nobody has seen"
    if made.noun is CLIENTS:
        return f"{subject}: rulemint clients rotate-secret {quote(str(made.record['client_id']))} shows a new one"
    return f"{subject}: give signing_secret in the file to choose it"
