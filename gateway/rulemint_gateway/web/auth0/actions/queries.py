"""The queries of calls about actions: which of them, and which page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.auth0.trigger import Trigger
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_shared.contract.records import Rule

Word = Annotated[str, Meta(max_length=128)]


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of a list about actions that is asked for. A page after the last is empty."""

    page: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    per_page: Annotated[int, Meta(ge=1, le=100)] = 50


class ActionQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filters of a list of actions."""

    trigger_id: Trigger | None = msgspec.field(name="triggerId", default=None)
    action_name: Word | None = msgspec.field(name="actionName", default=None)
    deployed: bool | None = None
    installed: bool = False
    """From a marketplace; there is none here."""

    def takes(self, rule: Rule) -> bool:
        """True if *rule*, which is an action, is among them."""
        return (
            not self.installed and self.action_name in {None, rule.name} and self.deployed in {None, rule.version != 0}
        )


def page_of(items: Sequence[msgspec.Struct], query: PageQuery, *, key: str) -> web.Response:
    """200 and the page of *items* that *query* asks for, with the totals."""
    start = query.page * query.per_page
    found = items[start : start + query.per_page]
    totals = {"total": len(items), "page": query.page, "per_page": query.per_page}
    return json_answer({**totals, key: found}, headers=NO_STORE)
