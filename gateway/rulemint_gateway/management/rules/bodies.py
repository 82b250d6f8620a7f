"""The bodies of ``/api/v2/rules``, and what of them a version fixes."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.fields import (
    AllowHosts,
    Dependencies,
    Description,
    OnFailure,
    Order,
    RuleAudiences,
    RuleClients,
    RuleName,
    Script,
    VersionMessage,
)
from rulemint_gateway.management.nouns.placement import Placement
from rulemint_gateway.management.rules.cases import RuleCases
from rulemint_shared.contract.records import CLOSED, Isolation, Language, Rule, RuleLimits, RuleVersion


class Limits(RuleLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of a rule in a body; one that is left out is the runner's default."""


class CreateRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /rules``; without an order the rule runs last."""

    name: RuleName
    script: Script
    language: Language = Language.JAVASCRIPT
    order: Order | None = None
    enabled: bool = True
    allow_hosts: AllowHosts = ()
    isolation: Isolation = Isolation.WARM
    limits: Limits = Limits()
    dependencies: Dependencies = {}
    clients: RuleClients = ()
    """Ids that no client has, yet or any more, are no error; nor are they in ``audiences``."""
    audiences: RuleAudiences = ()
    description: Description = ""
    message: VersionMessage = ""
    """The purpose of this version. It is kept with the version."""
    cases: RuleCases = ()
    """Token requests with what is expected. The version goes live only if all of them hold."""
    locked: bool = False
    """All that the version does beyond what its cases show is left out."""
    on_failure: OnFailure = CLOSED
    """``stale:15``: if it fails, a token may be made of its flow's last good answer, at most 15 minutes old."""


class PatchRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /rules/{id}``."""

    name: RuleName | UnsetType = UNSET
    script: Script | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    order: Order | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    allow_hosts: AllowHosts | UnsetType = UNSET
    isolation: Isolation | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    """Replaces all of them."""
    dependencies: Dependencies | UnsetType = UNSET
    """Replaces all of them."""
    clients: RuleClients | UnsetType = UNSET
    """Replaces all of them, and the audiences replace all audiences."""
    audiences: RuleAudiences | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    message: VersionMessage = ""
    """Words on what the new version changes. They are kept with it, so the change must make one."""
    draft: bool = False
    """Save the new version without deploying it."""
    cases: RuleCases | UnsetType = UNSET
    """Replaces all of them."""
    locked: bool | UnsetType = UNSET
    on_failure: OnFailure | UnsetType = UNSET


PLACES = Placement(CreateRule, PatchRule, into=(RuleVersion, Rule), apart={"draft", "message"})
TEXT_FIELDS = PLACES.fields(RuleVersion)
"""A rule version fixes these; a change of any of them makes a new one."""
RULE_FIELDS = PLACES.fields(Rule)
"""No version fixes these, so a draft cannot have them."""
