"""A rule and its versions as they are answered."""

from __future__ import annotations

import hashlib

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.rules.cases import cases_of
from rulemint_gateway.management.rules.pauses import PauseAnswer
from rulemint_gateway.management.rules.power import Seen
from rulemint_gateway.stores.writing.calls import warning
from rulemint_shared.cases.format import Case
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.records import Isolation, Language, Power, Rule, RuleLimits, RuleVersion


class RuleAnswer(Answer, frozen=True, kw_only=True):
    """A rule with the text that runs, or with its draft if it was never deployed."""

    id: str
    name: str
    script: str
    language: Language
    order: int
    enabled: bool
    clients: tuple[str, ...]
    audiences: tuple[str, ...]
    version: int
    """0: it was never deployed."""
    draft_version: int | None
    previous_version: int | None
    """The version that ran before this one."""
    allow_hosts: tuple[str, ...]
    isolation: Isolation
    limits: RuleLimits
    dependencies: dict[str, str]
    resolved_dependencies: dict[str, str]
    description: str
    message: str
    """Of the version that is shown: what its maker said about it."""
    cases: tuple[Case, ...]
    """Of the version that is shown."""
    on_failure: str
    locked: bool
    power: Power | None
    """The things that the version that is shown was seen to use over its cases; null: not known."""
    more_power: Power | UnsetType = UNSET
    """Of a write: the part of its power that the version before was not seen to use, over cases and tapes."""
    pause: PauseAnswer | UnsetType | None = UNSET
    """Of a read: it pauses now, because it kept failing; null: it does not. It is no part of the ETag."""
    warning: str | UnsetType = UNSET
    """Of a write: why its version is only a draft."""


class RuleVersionSummary(Answer, frozen=True, kw_only=True):
    """A version of a rule without its script and its cases."""

    number: int
    deployed: bool
    draft: bool
    created_at: Moment
    created_by: str | None
    message: str
    language: Language
    script_sha256: str
    allow_hosts: tuple[str, ...]
    isolation: Isolation
    limits: RuleLimits
    dependencies: dict[str, str]
    resolved_dependencies: dict[str, str]
    case_count: int
    locked: bool
    power: Power | None


class SeenPower(Answer, frozen=True, kw_only=True):
    """The things that a version was seen to use in recorded token requests."""

    power: Power | None
    """Null: it used too much to list."""
    tapes: int
    """Of the newest tapes of the rule, so many are of this version and were looked at."""


class RuleVersionAnswer(RuleVersionSummary, frozen=True, kw_only=True):
    """A version of a rule."""

    script: str
    cases: tuple[Case, ...]
    seen_power: SeenPower | UnsetType = UNSET
    """Left out: the caller may not read what rules were given."""


def rule_answer(
    rule: Rule,
    text: RuleVersion,
    *,
    more_power: Power | UnsetType = UNSET,
    pause: PauseAnswer | UnsetType | None = UNSET,
) -> RuleAnswer:
    """Return the answer that shows *rule* with *text*, the one that runs."""
    return RuleAnswer(
        id=rule.id,
        name=rule.name,
        script=text.script,
        language=text.language,
        order=rule.order,
        enabled=rule.enabled,
        clients=rule.clients,
        audiences=rule.audiences,
        version=rule.version,
        draft_version=rule.draft or None,
        previous_version=rule.previous_version or None,
        allow_hosts=text.allow_hosts,
        isolation=text.isolation,
        limits=text.limits,
        dependencies=text.dependencies,
        resolved_dependencies=text.resolved_dependencies,
        description=rule.description,
        message=text.message,
        cases=cases_of(text),
        on_failure=rule.on_failure,
        locked=text.locked,
        power=text.power,
        more_power=more_power,
        pause=pause,
        warning=warning(),
    )


def version_summary(rule: Rule, text: RuleVersion) -> RuleVersionSummary:
    """Return the answer that shows a version without its script and its cases."""
    return RuleVersionSummary(
        number=text.version,
        deployed=text.version == rule.version,
        draft=text.version == rule.draft,
        created_at=rfc3339_ms(text.created_at_ms),
        created_by=text.created_by or None,
        message=text.message,
        language=text.language,
        script_sha256=hashlib.sha256(text.script.encode()).hexdigest(),
        allow_hosts=text.allow_hosts,
        isolation=text.isolation,
        limits=text.limits,
        dependencies=text.dependencies,
        resolved_dependencies=text.resolved_dependencies,
        case_count=len(cases_of(text)),
        locked=text.locked,
        power=text.power,
    )


def version_answer(rule: Rule, text: RuleVersion, *, seen: Seen | None = None) -> RuleVersionAnswer:
    """Return the answer that shows a version with its script, its cases, and what was *seen* of it on tapes."""
    return RuleVersionAnswer(
        **asdict(version_summary(rule, text)),
        script=text.script,
        cases=cases_of(text),
        seen_power=UNSET if seen is None else SeenPower(power=seen.power, tapes=seen.tapes),
    )
