"""Webtasks: the rules that Auth0 would know as hooks, as `wt` makes and shows them. No other store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_gateway.auth0.forms import RuleForms, form_of, form_of_text
from rulemint_gateway.auth0.webtasks.answers import WebtaskAnswer, WebtaskClaims
from rulemint_gateway.auth0.webtasks.bodies import IssueToken, code_url
from rulemint_gateway.auth0.webtasks.metadata import RuleMetadata, read_metadata, show_metadata
from rulemint_gateway.auth0.webtasks.tokens import webtask_token
from rulemint_gateway.management.errors import InvalidBodyError, NotFoundError, NotLoadedError
from rulemint_gateway.management.rules.records import RuleRecords, check_can_be_enabled, shown_version
from rulemint_gateway.management.rules.rules import Rules
from rulemint_gateway.management.rules.secrets import NOT_SHOWN, RuleSecretsOf
from rulemint_gateway.management.rules.texts import RuleTexts
from rulemint_gateway.stores.catalog.tables import RULE_VERSIONS, RULES
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Language, Rule, RuleForm, RuleVersion


@dataclass(frozen=True)
class Webtask:
    """A rule that is a webtask, with the text that runs."""

    rule: Rule
    text: RuleVersion


class Webtasks:
    """The use cases of ``/api/webtask`` and ``/api/tokens``; a container is a tenant."""

    def __init__(
        self,
        store: ConfigStore,
        records: RuleRecords,
        forms: RuleForms,
        texts: RuleTexts,
        rules: Rules,
        secrets: RuleSecretsOf,
    ) -> None:
        self._store = store
        self._records = records
        self._forms = forms
        self._texts = texts
        self._rules = rules
        self._secrets = secrets

    async def write(self, tenant: str, body: IssueToken) -> str:
        """Make the webtask, or make the one of that name what *body* says; its token."""
        wanted = read_metadata(body.meta)
        if body.code is not None and form_of_text(body.code, Language.JAVASCRIPT) is RuleForm.ACTION:
            raise InvalidBodyError("This is the code of an action: use /api/v2/actions/actions", field="code")
        try:
            webtask = await self._find(tenant, body.jtn)
        except NotFoundError:
            await self._create(tenant, body, wanted)
        else:
            await self._change(tenant, webtask, body, wanted)
        return webtask_token(tenant, body.jtn)

    async def list(self, tenant: str) -> list[WebtaskAnswer]:
        """All webtasks, in the order in which they run."""
        rules = await self._forms.rules_of(tenant, RuleForm.HOOK, shown_version)
        texts = self._records.in_parts(tenant, [(rule, shown_version(rule)) for rule in rules])
        return [_answer(tenant, Webtask(rule, text)) async for rule, text in texts]

    async def read(self, tenant: str, name: str) -> WebtaskAnswer:
        """One webtask."""
        return _answer(tenant, await self._find(tenant, name))

    async def claims(self, tenant: str, name: str, *, with_secrets: bool, with_code: bool) -> WebtaskClaims:
        """The claims that `wt` takes for its token's, and sends back with a change; no secret's value is shown."""
        webtask = await self._find(tenant, name)
        rule, text = webtask.rule, webtask.text
        return WebtaskClaims(
            ten=tenant,
            jtn=rule.name,
            iat=rule.created_at_ms // 1_000,
            url=code_url(tenant, rule.name),
            meta=show_metadata(rule, text),
            ectx=dict.fromkeys(rule.secret_names, NOT_SHOWN) if with_secrets else UNSET,
            code=text.script if with_code else UNSET,
        )

    async def delete(self, tenant: str, name: str) -> None:
        """Delete the webtask.

        Raises:
            NotFoundError: there is none.
        """
        await self._rules.delete(tenant, (await self._find(tenant, name)).rule.id)

    async def _create(self, tenant: str, body: IssueToken, wanted: RuleMetadata) -> None:
        rule_id = ids.new_rule_id()
        if body.code is None:
            raise InvalidBodyError("Send the code itself: --capture fetches what is at a URL", field="code")
        self._records.check_name_is_free(tenant, body.jtn, but_of=rule_id)
        fields = {"script": body.code, "language": Language.JAVASCRIPT, "dependencies": wanted.dependencies}
        first = await self._texts.first(tenant, rule_id, body.jtn, fields, field="code")
        text = first.text

        async def plan() -> Changes[None]:
            self._records.check_name_is_free(tenant, body.jtn, but_of=rule_id)
            changes: Changes[None] = Changes(None)
            rule = Rule(
                id=rule_id,
                name=body.jtn,
                order=self._records.last_order(tenant) + 1 if wanted.order is None else wanted.order,
                enabled=wanted.enabled,
                clients=wanted.clients,
                created_at_ms=text.created_at_ms,
                updated_at_ms=text.created_at_ms,
                made_as=RuleForm.HOOK,
            )
            rule = first.placed_in(rule)
            changes.put(RULE_VERSIONS, text)
            changes.put(RULES, await self._secrets.plan_change(tenant, rule, body.secrets, changes))
            return changes

        await self._store.transact(tenant, plan)

    async def _change(self, tenant: str, webtask: Webtask, body: IssueToken, wanted: RuleMetadata) -> None:
        fields: dict[str, Any] = {"dependencies": wanted.dependencies}
        if body.code is not None:
            fields["script"] = body.code
        elif body.url != code_url(tenant, body.jtn):
            raise InvalidBodyError("Send the code itself: --capture fetches what is at a URL", field="url")
        change = await self._texts.change(tenant, webtask.rule, fields, draft=False, field="code")
        if change.doubt and webtask.rule.version:  # its secrets and metadata would be those of the older code
            raise NotLoadedError(change.doubt)

        async def plan() -> Changes[None]:
            before = self._records.find(tenant, webtask.rule.id)
            old = await self._texts.base(tenant, before, draft=False)
            rule, text = change.applied_to(before, old)
            is_only_a_draft = bool(change.doubt) and rule.version == 0
            if wanted.enabled and not is_only_a_draft:
                check_can_be_enabled(rule)
            order = rule.order if wanted.order is None else wanted.order
            enabled = wanted.enabled and not is_only_a_draft
            rule = msgspec.structs.replace(rule, enabled=enabled, clients=wanted.clients, order=order)
            changes: Changes[None] = Changes(None)
            rule = await self._secrets.plan_change(tenant, rule, body.secrets, changes)
            if text != old:
                rule = self._texts.plan_version(before, rule, text, changes)
            if rule != before:
                changes.put(RULES, msgspec.structs.replace(rule, updated_at_ms=unix_ms()))
            return changes

        await self._store.transact(tenant, plan)

    async def _find(self, tenant: str, name: str) -> Webtask:
        for rule in self._records.in_order(tenant):
            if rule.name == name:
                text = await self._records.text(tenant, rule, shown_version(rule))
                if form_of(rule, text) is RuleForm.HOOK:
                    return Webtask(rule, text)
        raise NotFoundError("webtask", code="inexistent_webtask")


def _answer(tenant: str, webtask: Webtask) -> WebtaskAnswer:
    name = webtask.rule.name
    return WebtaskAnswer(
        container=tenant,
        name=name,
        token=webtask_token(tenant, name),
        meta=show_metadata(webtask.rule, webtask.text),
    )
