"""The versions of an action: list, read, deploy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from rulemint_gateway.auth0.actions.answers import ActionVersionAnswer
from rulemint_gateway.auth0.actions.records import ActionRecords
from rulemint_gateway.auth0.actions.views import version_answer
from rulemint_gateway.management.rules.versions import RuleVersionsOf
from rulemint_shared.contract.records import Rule


class ActionVersions:
    """The use cases of ``/api/v2/actions/actions/{id}/versions`` and ``/deploy``."""

    def __init__(self, actions: ActionRecords, versions: RuleVersionsOf) -> None:
        self._actions = actions
        self._versions = versions

    async def numbers(self, tenant: str, action_id: str) -> tuple[Rule, list[int]]:
        """The rule that the action is, and the numbers of its versions, newest first; drafts are versions too."""
        await self._actions.find(tenant, action_id)
        return self._versions.numbers(tenant, action_id)

    async def views(self, tenant: str, rule: Rule, numbers: Sequence[int]) -> AsyncIterator[ActionVersionAnswer]:
        """These versions, read a few at a time."""
        async for text in self._versions.texts(tenant, rule, numbers):
            yield version_answer(rule, text)

    async def read(self, tenant: str, action_id: str, version: int) -> ActionVersionAnswer:
        """One version."""
        action = await self._actions.find(tenant, action_id)
        return version_answer(action.rule, await self._actions.rules.text(tenant, action.rule, version))

    async def deploy(
        self, tenant: str, action_id: str, version: int | None = None, *, update_draft: bool = False
    ) -> ActionVersionAnswer:
        """The version that runs from now on: *version*, or the draft; with *update_draft* no other draft is left."""
        await self._actions.find(tenant, action_id)
        rule, text = await self._versions.deploy_record(tenant, action_id, version, ends_draft=update_draft)
        return version_answer(rule, text)
