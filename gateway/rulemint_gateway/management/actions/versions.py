"""The versions of an action: list, read, deploy."""

from __future__ import annotations

from typing import Any

from rulemint_gateway.management.actions.records import ActionRecords
from rulemint_gateway.management.actions.views import version_view
from rulemint_gateway.management.rules.versions import RuleVersionsOf


class ActionVersions:
    """The use cases of ``/api/v2/actions/actions/{id}/versions`` and ``/deploy``."""

    def __init__(self, actions: ActionRecords, versions: RuleVersionsOf) -> None:
        self._actions = actions
        self._versions = versions

    async def list(self, tenant: str, action_id: str, *, start: int, count: int) -> tuple[list[dict[str, Any]], int]:
        """*count* versions, newest first, and how many there are; drafts are versions too."""
        await self._actions.find(tenant, action_id)
        rule, texts, total = await self._versions.page(tenant, action_id, start=start, count=count)
        return [version_view(rule, text) for text in texts], total

    async def read(self, tenant: str, action_id: str, version: int) -> dict[str, Any]:
        """One version."""
        action = await self._actions.find(tenant, action_id)
        return version_view(action.rule, await self._actions.rules.text(tenant, action.rule, version))

    async def deploy(
        self, tenant: str, action_id: str, version: int | None = None, *, update_draft: bool = False
    ) -> dict[str, Any]:
        """The version that runs from now on: *version*, or the draft; with *update_draft* no other draft is left."""
        await self._actions.find(tenant, action_id)
        rule, text = await self._versions.deploy_record(tenant, action_id, version, ends_draft=update_draft)
        return version_view(rule, text)
