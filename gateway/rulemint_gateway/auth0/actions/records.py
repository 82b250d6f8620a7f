"""Finds actions among the rules."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from rulemint_gateway.auth0.forms import RuleForms, form_of
from rulemint_gateway.management.errors import ManagementError, NotFoundError
from rulemint_gateway.management.rules.records import RuleRecords, newest_version
from rulemint_shared.contract.records import Rule, RuleForm, RuleVersion


class NoSuchActionError(NotFoundError):
    """In Auth0's own words, which its tools look for."""

    def __init__(self) -> None:
        ManagementError.__init__(self, "That action does not exist.", code="inexistent_action")


@dataclass(frozen=True)
class Action:
    """A rule that is an action, with the two texts that it shows."""

    rule: Rule
    newest: RuleVersion
    live: RuleVersion | None


class ActionRecords:
    """Reads actions."""

    def __init__(self, rules: RuleRecords, forms: RuleForms) -> None:
        self.rules = rules
        self._forms = forms

    async def find(self, tenant: str, action_id: str) -> Action:
        """The action of that id.

        Raises:
            NoSuchActionError: there is none; a rule of another form is none.
        """
        try:
            rule = self.rules.find(tenant, action_id)
            newest = await self.rules.text(tenant, rule, newest_version(rule))
            if form_of(rule, newest) is not RuleForm.ACTION:
                raise NoSuchActionError
            return await self.with_live(tenant, rule, newest)
        except NotFoundError:
            raise NoSuchActionError from None

    async def with_live(self, tenant: str, rule: Rule, newest: RuleVersion) -> Action:
        """The action that *rule* is, *newest* being its newest text."""
        live = newest if rule.version == newest.version else None
        if live is None and rule.version:
            live = await self.rules.text(tenant, rule, rule.version)
        return Action(rule, newest, live)

    async def all(self, tenant: str) -> list[Rule]:
        """The rules that are actions, in the order in which they run or would."""
        return await self._forms.rules_of(tenant, RuleForm.ACTION, newest_version)

    async def in_parts(self, tenant: str, rules: Sequence[Rule]) -> AsyncIterator[Action]:
        """*rules* as actions, of which a few are held at a time."""
        async for rule, newest in self.rules.in_parts(tenant, [(rule, newest_version(rule)) for rule in rules]):
            yield await self.with_live(tenant, rule, newest)
