"""An operation says once what a path of the service takes and answers.

Its route (`routes`) and its part of the OpenAPI document are both made from it, so that there is neither without the
other.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec

from rulemint_gateway.web.http.problems import Handler, Problem


@dataclass(frozen=True, kw_only=True)
class Pages:
    """A part of a list: bare, with totals, or from a checkpoint on, as its query asks.

    *item* is the type of an entry, *key* the list's name next to its totals; with *length*, the totals also say how
    many entries this part has. By *checkpoints* it is an object with ``next``, or a bare list (None).
    """

    item: Any
    key: str
    length: bool = False
    checkpoints: bool = True


@dataclass(frozen=True, kw_only=True)
class CountedPage:
    """A part of a list that always comes with ``total``, ``page`` and ``per_page``."""

    item: Any
    key: str


Shape = Pages | CountedPage


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method at one path."""

    method: str
    path: str
    handle: Handler
    """Its docstring describes the operation."""
    tag: str
    summary: str
    answer: Any = None
    """The type or `Shape` of the answer's body; None: it has none."""
    answers: tuple[str, ...] = ("application/json",)
    """The content types of the answer; only the first one is described by *answer*."""
    status: int = 200
    scopes: tuple[str, ...] = ()
    """All of these; without one, anybody may."""
    any_scope: bool = False
    """Not all of the scopes, but those that its body calls for."""
    body: Any = None
    """The type of the request's body; None: it takes none."""
    bodies: tuple[str, ...] = ("application/json",)
    body_is_optional: bool = False
    query: type[msgspec.Struct] | None = None
    filters: Collection[str] = ()
    """Further parameters of the query, each with a value to compare with."""
    flags: Collection[str] = ()
    """Those filters that are true or false."""
    headers: tuple[str, ...] = ()
    """Of the answer, besides those that every answer has."""
    loads: bool = False
    """It makes or deploys a version, which a host loads first."""
    etag: bool = False
    """The answer has an ETag."""
    if_match: bool = False
    idempotent: bool = False
    """It takes an Idempotency-Key."""
    problem: type[msgspec.Struct] = Problem
    """The body of its errors."""
    basic: bool = False
    """A client may prove who it is by HTTP Basic."""
    name: str = ""
    """Its name for programs, if its path would give it that of another."""
    refusals: tuple[int, ...] = ()
    """The statuses of its errors, besides those that follow from the rest."""

    @property
    def id(self) -> str:
        """Its name for programs: ``get_clients_id``."""
        if self.name:
            return self.name
        words = re.findall(r"\w+", self.path.removeprefix("/api/v2"))
        return "_".join((self.method.lower(), *words)).replace("-", "_")

    @property
    def description(self) -> str:
        """The handler's own words, without what it raises."""
        text = inspect.getdoc(self.handle) or ""
        return text.partition("\n\nRaises:")[0].replace("``", "`")
