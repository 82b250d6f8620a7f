"""A rule and its versions as they are answered."""

from __future__ import annotations

from rulemint_gateway.management.answers import Answer, Moment
from rulemint_shared.records import Isolation, Language, RuleLimits


class RuleAnswer(Answer, frozen=True, kw_only=True):
    """A rule with the text that runs, or with its draft if it was never deployed."""

    id: str
    name: str
    script: str
    language: Language
    order: int
    enabled: bool
    clients: list[str]
    audiences: list[str]
    version: int
    """0: it was never deployed."""
    draft_version: int | None
    allow_hosts: list[str]
    isolation: Isolation
    limits: RuleLimits
    dependencies: dict[str, str]
    resolved_dependencies: dict[str, str]


class RuleVersionSummary(Answer, frozen=True, kw_only=True):
    """A version of a rule without its script."""

    number: int
    deployed: bool
    draft: bool
    created_at: Moment
    created_by: str | None
    language: Language
    script_sha256: str
    allow_hosts: list[str]
    isolation: Isolation
    limits: RuleLimits
    dependencies: dict[str, str]
    resolved_dependencies: dict[str, str]


class RuleVersionAnswer(RuleVersionSummary, frozen=True, kw_only=True):
    """A version of a rule."""

    script: str
