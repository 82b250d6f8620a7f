"""Makes the next version of a rule from its text, permissions and limits: live at once, or as a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError
from rulemint_gateway.management.nouns.fields import MAX_SCRIPT_CHARACTERS
from rulemint_gateway.management.rules.bodies import PLACES
from rulemint_gateway.management.rules.cases import stored_cases
from rulemint_gateway.management.rules.checks import VersionChecks, must_be_tested, warn_that_it_is_a_draft
from rulemint_gateway.management.rules.kept_versions import plan_outdated
from rulemint_gateway.management.rules.packages import Packages
from rulemint_gateway.management.rules.records import RuleRecords, newest_version, shown_version
from rulemint_gateway.stores.catalog.tables import RULE_VERSIONS
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_gateway.stores.writing.config_store import Changes
from rulemint_shared.allow_list import parse_entries
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Rule, RuleLimits, RuleVersion
from rulemint_shared.contract.rollouts import Rollout, RolloutState


def text_fields(body: msgspec.Struct) -> dict[str, Any]:
    """The fields of a rule version that *body* gives.

    Raises:
        InvalidBodyError: an entry of ``allow_hosts`` is malformed, or a case.
    """
    given = PLACES.given(body, RuleVersion)
    if "cases" in given:
        given["cases"] = stored_cases(given["cases"])
    if "limits" in given:
        given["limits"] = RuleLimits(**msgspec.structs.asdict(given["limits"]))
    if "allow_hosts" in given:
        given["allow_hosts"] = _normal_hosts(given["allow_hosts"])
    return given


def check_script_length(given: dict[str, Any]) -> None:
    """Refuse a text that is too long.

    Raises:
        InvalidBodyError: the ``script`` of *given* is.
    """
    if len(given.get("script", "")) > MAX_SCRIPT_CHARACTERS:
        raise InvalidBodyError(
            f"Script exceeds the size limit: it may have {MAX_SCRIPT_CHARACTERS} characters", field="script"
        )


def _normal_hosts(entries: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(str(entry) for entry in parse_entries(entries)))
    except ValueError as error:
        raise InvalidBodyError(str(error), field="allow_hosts") from None


def _caller() -> str:
    call = CALL.get()
    return "" if call is None else call.client_id


def deployed(rule: Rule, text: RuleVersion) -> Rule:
    """Return *rule* with *text* as its live version. If *text* was the draft, the rule has no draft any more.

    A rollout that is under way has nothing to compare with any more, so it ends.
    """
    draft = 0 if rule.draft == text.version else rule.draft
    previous = rule.previous_version if rule.version in {0, text.version} else rule.version
    return msgspec.structs.replace(
        rule,
        version=text.version,
        language=text.language,
        draft=draft,
        previous_version=previous,
        rollout=_rollout_after(rule, text.version),
    )


def _rollout_after(rule: Rule, version: int) -> Rollout | None:
    rollout = rule.rollout
    if rollout is None or not rollout.is_running or version == rule.version:
        return rollout
    state = RolloutState.PROMOTED if version == rollout.version else RolloutState.REPLACED
    return rollout.ended(state, f"version {version} was deployed", now_ms=unix_ms())


@dataclass(frozen=True)
class FirstText:
    """Version 1 of a rule that is being made."""

    text: RuleVersion
    doubt: str
    """The reason why nobody knows that it is good. Then it is a draft, and its rule is disabled."""

    def placed_in(self, rule: Rule) -> Rule:
        """*rule*, which runs this version unless there is a doubt about it."""
        if not self.doubt:
            return rule
        warn_that_it_is_a_draft(self.text.version, self.doubt, was_enabled=rule.enabled)
        return msgspec.structs.replace(rule, version=0, draft=self.text.version, enabled=False)


@dataclass(frozen=True)
class TextChange:
    """A change whose packages are installed, ready to be planned as often as a transaction wants."""

    based_on: RuleVersion
    fields: dict[str, Any]
    draft: bool
    doubt: str = ""
    """The reason why nobody knows that the new version is good. Then it is a draft in any case."""
    message: str = ""
    """The words of the new version's maker on it."""

    def applied_to(self, rule: Rule, old: RuleVersion) -> tuple[Rule, RuleVersion]:
        """The rule and the text that the change makes of them; the text has another number if it is a new version.

        Raises:
            ConflictError: *old* is not what the change is based on.
            InvalidBodyError: there is a message, but no new version.
        """
        if old != self.based_on:
            raise ConflictError("The rule was changed by somebody else at the same time: try again")
        text = msgspec.structs.replace(old, **self.fields)
        if self.message and text == old:
            raise InvalidBodyError("A message belongs to a new version, and this changes none", field="message")
        if not self.fields:
            return rule, old
        if text != old:
            version = rule.latest_version + 1
            text = msgspec.structs.replace(
                text, version=version, created_at_ms=unix_ms(), created_by=_caller(), message=self.message
            )
            rule = msgspec.structs.replace(rule, latest_version=version)
        if self.doubt and (text != old or not self.draft):
            warn_that_it_is_a_draft(text.version, self.doubt, was_enabled=False)
        elif not self.draft:
            superseded = rule if rule.version else msgspec.structs.replace(rule, draft=0)
            return deployed(superseded, text), text
        if text.version != rule.version:
            rule = msgspec.structs.replace(rule, draft=text.version)
        return rule, text


class RuleTexts:
    """Makes first texts and changes of texts, with their packages, and has them checked."""

    def __init__(self, records: RuleRecords, packages: Packages, checks: VersionChecks, *, versions_kept: int) -> None:
        self._records = records
        self._packages = packages
        self._checks = checks
        self._versions_kept = versions_kept

    async def first(
        self,
        tenant: str,
        rule_id: str,
        name: str,
        given: dict[str, Any],
        *,
        field: str = "script",
        message: str = "",
    ) -> FirstText:
        """Version 1 of a new rule, with a *message*; *field* is what the body calls its code.

        Raises:
            InvalidBodyError: it is too long, its packages cannot be installed, or it does not load.
            RedCasesError: its cases do not hold.
            UnavailableError: nobody can install them now.
        """
        check_script_length(given)
        wanted = RuleVersion(
            rule_id=rule_id, version=1, created_at_ms=unix_ms(), created_by=_caller(), message=message, **given
        )
        text = msgspec.structs.replace(wanted, **await self._packages.installed_for(tenant, wanted))
        checked = await self._checks.check(tenant, name, text, goes_live=True, field=field)
        return FirstText(msgspec.structs.replace(text, power=checked.power), checked.doubt)

    async def change(
        self,
        tenant: str,
        rule: Rule,
        given: dict[str, Any],
        *,
        draft: bool,
        field: str = "script",
        message: str = "",
    ) -> TextChange:
        """The change that *given* asks for: of the draft or the newest text, or of the one that runs.

        *field* is what the body calls the code, *message* what its maker says about the new version.

        Raises:
            InvalidBodyError: it is too long, its packages cannot be installed, or it does not load.
            RedCasesError: it is no draft, and its cases do not hold.
            UnavailableError: nobody can install them now.
        """
        check_script_length(given)
        based_on = await self.base(tenant, rule, draft=draft)
        if given:
            wanted = msgspec.structs.replace(based_on, **given)
            given = given | await self._packages.installed_for(tenant, wanted, before=based_on)
        text = msgspec.structs.replace(based_on, **given)
        doubt = ""
        if text != based_on or (given and not draft and text.version != rule.version):
            is_new = text != based_on or must_be_tested(text)
            text = msgspec.structs.replace(text, power=None) if is_new else text
            checked = await self._checks.check(tenant, rule.name, text, goes_live=not draft, field=field)
            doubt = checked.doubt
            if is_new:
                given = given | {"power": checked.power}
        return TextChange(based_on=based_on, fields=given, draft=draft, doubt=doubt, message=message)

    def plan_version(self, before: Rule, after: Rule, text: RuleVersion, changes: Changes[Any]) -> Rule:
        """Write *text*, which made *after* of *before*, with *changes*; *after*, without versions that are too old."""
        changes.put(RULE_VERSIONS, text)
        return plan_outdated(before, after, kept=self._versions_kept, changes=changes)

    async def base(self, tenant: str, rule: Rule, *, draft: bool) -> RuleVersion:
        """The text that a change of *rule* begins with."""
        return await self._records.text(tenant, rule, newest_version(rule) if draft else shown_version(rule))
