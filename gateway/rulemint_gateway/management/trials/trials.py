"""``POST /rules/try``: a rule and a request → how it would end. No token, no exchange record, no line for watchers."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from rulemint_gateway.dispatch.batching import CannotTravelError
from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.management.errors import InvalidBodyError, UnavailableError
from rulemint_gateway.management.rules.packages import Packages
from rulemint_gateway.management.rules.records import RuleRecords, shown_version
from rulemint_gateway.management.rules.texts import check_script_length, text_fields
from rulemint_gateway.management.trials.answers import TryAnswer, answer_of, compared
from rulemint_gateway.management.trials.bodies import TryRule, check_address, check_body
from rulemint_gateway.management.trials.flows import (
    Member,
    answer_of_flow,
    answer_without_rules,
    draft_of,
    free_name,
    members_of,
    remarks_on,
)
from rulemint_gateway.management.trials.requests import TriedRequest, tried_request
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.reading import read_record
from rulemint_gateway.stores.catalog.tables import RULE_SECRETS
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs
from rulemint_shared.contract.messages import Ending, Invocation, RuleRef, Trial
from rulemint_shared.contract.records import Isolation, Language, Rule, RuleSecrets, RuleVersion
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.secrets.vault import Purpose, Vault

AT_ONCE = 16
"""Each brings its text along: with more, a job of 64 invocations could become larger than a message may be."""
WAITING, WAITING_OF_ONE_TENANT = 64, 8


class Trials:
    """The use case of ``/api/v2/rules/try``."""

    def __init__(
        self,
        redis: RedisClient,
        catalog: Catalog,
        records: RuleRecords,
        vault: Vault,
        packages: Packages,
        dispatcher: Dispatcher,
        *,
        deadline_s: float,
    ) -> None:
        self._redis = redis
        self._catalog = catalog
        self._records = records
        self._vault = vault
        self._packages = packages
        self._dispatcher = dispatcher
        self._deadline_s = deadline_s
        self._turns = Turns(AT_ONCE, waiting=WAITING, waiting_of_one=WAITING_OF_ONE_TENANT)

    async def run(self, tenant: str, body: TryRule) -> TryAnswer:
        """Run the rule of *body* on its request and return how it ended.

        Raises:
            ManagementError: the body is none, or names what does not exist; or too many are being tried.
        """
        check_body(body)
        check_address(body)
        return compared(await self._tried(tenant, body), body.expect)

    async def _tried(self, tenant: str, body: TryRule) -> TryAnswer:
        request = tried_request(self._catalog.tenant(tenant), body)
        if body.flow:
            return await self._run_flow(tenant, body, request)
        name, trial = await self._trial(tenant, body, stored=None)
        flow = [RuleRef(rule_id=trial.text.rule_id, name=name, version=trial.text.version)]
        return answer_of(await self._in_turn(tenant, request, flow, trial), trial.text)

    async def run_text(
        self, tenant: str, name: str, text: RuleVersion, body: TryRule
    ) -> tuple[TryAnswer, TriedRequest]:
        """Run *text* of the rule *name*, whose packages are installed, on the request of *body*, with its secrets.

        No lock holds it, because its lock is made of what it does here.

        Raises:
            ManagementError: the request is none, or names what does not exist; or too many are being tried.
        """
        request = tried_request(self._catalog.tenant(tenant), body)
        trial = self._own_trial(msgspec.structs.replace(text, locked=False), self._encrypted(body))
        flow = [RuleRef(rule_id=trial.text.rule_id, name=name, version=trial.text.version)]
        return answer_of(await self._in_turn(tenant, request, flow, trial), trial.text), request

    async def text_of(self, tenant: str, body: TryRule) -> tuple[str, RuleVersion]:
        """The name of the rule of *body*, and its text with its packages, under an id of its own; nothing runs.

        Raises:
            ManagementError: it names what does not exist, or its packages cannot be installed.
        """
        name, trial = await self._trial(tenant, body, stored=None)
        return name, trial.text

    async def versions_to_compare(self, tenant: str, rule: Rule, body: TryRule) -> tuple[Trial, Trial]:
        """The version of *rule* that runs, and what *body* makes of it; both under ids of their own.

        Raises:
            ManagementError: the body is none, or its packages cannot be installed.
        """
        _name, draft = await self._trial(tenant, body, stored=rule)
        running = await self._stored(tenant, rule)
        isolation = running.text.isolation if body.isolation is UNSET else body.isolation
        text = msgspec.structs.replace(draft.text, isolation=isolation)
        return running, msgspec.structs.replace(draft, text=text)

    async def _run_flow(self, tenant: str, body: TryRule, request: TriedRequest) -> TryAnswer:
        """Run all rules that a token request would meet. One text travels along, and runners read the others."""
        config = self._catalog.tenant(tenant)
        replaced = draft_of(config, body)
        draft, sent = None, None
        if body.script is not UNSET or body.rule_id is not UNSET:
            name, sent = await self._trial(tenant, body, stored=replaced)
            if replaced is None and body.name is UNSET:
                name = free_name(config)
            version = sent.text.version if body.script is UNSET else None
            draft = Member(name=name, stored=replaced, version=version, is_draft=True, language=sent.text.language)
        members = members_of(config, request, draft)
        remarks = remarks_on(config, request, is_stored=isinstance(body.client, str), replaced=replaced)
        if not members:
            return msgspec.structs.replace(answer_without_rules(request), remarks=remarks)
        trial = sent or await self._stored(tenant, next(each.stored for each in members if each.stored is not None))
        brought = next((index for index, member in enumerate(members) if member.is_draft), 0)
        flow = [member.reference(trial.text, brings_text=index == brought) for index, member in enumerate(members)]
        ending = await self._in_turn(tenant, request, flow, trial)
        return msgspec.structs.replace(
            answer_of_flow(ending, members, None if sent is None else sent.text), remarks=remarks
        )

    async def _in_turn(self, tenant: str, request: TriedRequest, flow: list[RuleRef], trial: Trial) -> Ending:
        try:
            async with self._turns.taken(tenant, within_s=self._deadline_s):
                return await self._run(tenant, request, flow, trial)
        except NoTurnError:
            raise UnavailableError("Too many rules of this tenant are being tried: try again") from None

    async def _run(self, tenant: str, request: TriedRequest, flow: list[RuleRef], trial: Trial) -> Ending:
        deadline = Deadline.after(self._deadline_s)
        invocation = Invocation(
            id=ids.new_try_id(),
            tenant=tenant,
            client=request.client,
            audience=request.audience,
            scope=request.scope,
            request=request.request,
            flow=flow,
            deadline_ms=deadline.to_unix_ms(),
            enqueued_at_ms=unix_ms(),
            scope_ceiling=request.scope_ceiling,
            grant_scope=request.grant_scope,
            trial=trial,
        )
        try:
            return await self._dispatcher.run(invocation, deadline)
        except CannotTravelError as error:
            raise InvalidBodyError(f"A rule cannot be given this request: {error}") from error

    async def _stored(self, tenant: str, rule: Rule) -> Trial:
        """The text of a stored rule, under an id of its own."""
        text = await self._records.text(tenant, rule, rule.version)
        return Trial(
            text=msgspec.structs.replace(text, rule_id=ids.new_try_id(), cases=""),
            secrets=await self._stored_secrets(tenant, rule),
        )

    async def _trial(self, tenant: str, body: TryRule, *, stored: Rule | None) -> tuple[str, Trial]:
        """The rule's name, and what is to run: under an id of its own, so no host of it is ever shared.

        A script that takes the place of the *stored* rule has all else of it that is not given.
        """
        given = text_fields(body)
        check_script_length(given)
        rule = stored if body.rule_id is UNSET else self._records.find(tenant, body.rule_id)
        if rule is None:
            name, before = "rule" if body.name is UNSET else body.name, None
            wanted = RuleVersion(rule_id="", version=1, **{"language": Language.JAVASCRIPT, **given})
            secrets = b""
        else:
            version = shown_version(rule) if body.version is UNSET else body.version
            name, before = rule.name, await self._records.text(tenant, rule, version)
            wanted = msgspec.structs.replace(before, **given)
            if wanted != before:  # its lock would be of another text
                wanted = msgspec.structs.replace(wanted, locked=False)
            secrets = await self._stored_secrets(tenant, rule)
        if body.secrets is not UNSET:
            secrets = self._encrypted(body)
        installed = await self._packages.installed_for(tenant, wanted, before=before)
        return name, self._own_trial(msgspec.structs.replace(wanted, **installed), secrets)

    def _own_trial(self, text: RuleVersion, secrets: bytes) -> Trial:
        """A trial of *text* under an id and in a process of its own."""
        own = {"rule_id": ids.new_try_id(), "isolation": Isolation.FRESH, "cases": ""}
        return Trial(text=msgspec.structs.replace(text, **own), secrets=secrets)

    def _encrypted(self, body: TryRule) -> bytes:
        """The secrets that *body* gives, as they travel."""
        if body.secrets is UNSET:
            return b""
        return self._vault.encrypt(codecs.secret_values.encode(body.secrets), purpose=Purpose.RULE_SECRETS)

    async def _stored_secrets(self, tenant: str, rule: Rule) -> bytes:
        if rule.secrets_revision == 0:
            return b""
        stored = await read_record(self._redis, RULE_SECRETS, tenant, rule.id)
        return stored.ciphertext if isinstance(stored, RuleSecrets) else b""
