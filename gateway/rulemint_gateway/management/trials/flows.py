"""The flow of a trial: the rules that a token request would meet, one of them perhaps as a draft; and what each did."""

from __future__ import annotations

from itertools import count
from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.errors import UnavailableError
from rulemint_gateway.management.trials.answers import ClaimChange, TriedRule, TryAnswer, answer_of, call_of, line_of
from rulemint_gateway.management.trials.bodies import TryRule
from rulemint_gateway.management.trials.requests import TriedRequest
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared import ids
from rulemint_shared.contract.messages import Ending, Granted, RuleRef, RuleReport, outcome_name
from rulemint_shared.contract.records import Language, Rule, RuleVersion

NOT_RUN = "not_run"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the flow."""

    name: str
    stored: Rule | None
    """None: a rule that is not stored."""
    version: int | None
    """None: a text that was sent."""
    is_draft: bool
    language: Language

    def reference(self, text: RuleVersion, *, brings_text: bool) -> RuleRef:
        """Name the rule under an id of its own, so that it shares no host and no state. *text* is that of the trial."""
        if brings_text or self.stored is None:
            return RuleRef(rule_id=text.rule_id, name=self.name, version=text.version)
        return RuleRef(
            rule_id=ids.new_try_id(),
            name=self.name,
            version=self.stored.version,
            secrets_revision=self.stored.secrets_revision,
            stored_id=self.stored.id,
        )


def draft_of(config: TenantConfig, body: TryRule) -> Rule | None:
    """The stored rule that the rule of *body* takes the place of; None if there is none."""
    if body.rule_id is not UNSET:
        return config.rules.get(body.rule_id)
    if body.name is UNSET:
        return None
    return next((rule for rule in config.rules.values() if rule.name == body.name), None)


def free_name(config: TenantConfig) -> str:
    """A name for a script that has none, which no rule of the tenant has: lines and calls are told apart by names."""
    taken = {rule.name for rule in config.rules.values()}
    return next(name for number in count(1) if (name := f"rule-{number}") not in taken) if "rule" in taken else "rule"


def members_of(config: TenantConfig, request: TriedRequest, draft: Member | None) -> list[Member]:
    """The rules in their order. The *draft* is in the place of the stored rule that it is of, or last.

    Raises:
        UnavailableError: a rule of the tenant cannot be read, so that nobody gets a token.
    """
    api = config.api(request.audience)
    if api is not None and api.is_system:
        return []
    if config.unreadable_rules:
        raise UnavailableError(
            "A rule of this tenant cannot be read, and it may refuse: nobody gets a token until that is repaired"
        )
    rules = list(config.flow(request.client.id, request.audience))
    if draft is None:
        return [_stored_member(rule) for rule in rules]
    if draft.stored is None:
        return [*map(_stored_member, rules), draft]
    others = [rule for rule in rules if rule.id != draft.stored.id]
    in_order = sorted([*others, draft.stored], key=lambda rule: (rule.order, rule.created_at_ms, rule.id))
    return [draft if rule is draft.stored else _stored_member(rule) for rule in in_order]


def _stored_member(rule: Rule) -> Member:
    return Member(name=rule.name, stored=rule, version=rule.version, is_draft=False, language=rule.language)


def remarks_on(config: TenantConfig, request: TriedRequest, *, is_stored: bool, replaced: Rule | None) -> list[str]:
    """Say in which ways a token request would go another way. *is_stored* tells whether the client is a stored one."""
    said = []
    api, grant = config.api(request.audience), config.grant(request.client.id, request.audience)
    if api is not None and api.is_system:
        said.append("a token for the management API meets no rule")
    if is_stored and api is None:
        said.append(f"a token request would be refused: there is no API {request.audience}")
    elif is_stored and (grant is None or (api is not None and api.denies_clients)):
        said.append("a token request would be refused: the client has no client grant for this API")
    elif is_stored and (beyond := [scope for scope in request.scope if scope not in request.grant_scope]):
        said.append(f"a token request would be refused: the client grant does not hold {' '.join(beyond)}")
    if replaced is not None and not replaced.enabled:
        said.append(f"a token request would not run the rule {replaced.name}: it is disabled")
    elif replaced is not None and replaced not in config.flow(request.client.id, request.audience):
        said.append(f"a token request would not run the rule {replaced.name}: it is for other clients or APIs")
    return said


def answer_without_rules(request: TriedRequest) -> TryAnswer:
    """The answer for a flow without a rule: what is asked for is granted."""
    ending = Ending(invocation="", outcome=Granted(scope=request.scope))
    return msgspec.structs.replace(answer_of(ending, None), flow=[])


def answer_of_flow(ending: Ending, members: list[Member], text: RuleVersion | None) -> TryAnswer:
    """The answer for a flow of *members*. Each rule has its own part of the lines and calls."""
    claims: dict[str, Any] = {}
    tried = []
    for index, member in enumerate(members):
        report = ending.reports[index] if index < len(ending.reports) else None
        is_last = index == len(ending.reports) - 1
        tried.append(_tried(member, report, claims, ending if is_last else None))
        if report is not None:
            claims |= report.claims_set
    return msgspec.structs.replace(answer_of(ending, text), flow=[_with_log(rule, ending) for rule in tried])


def _tried(member: Member, report: RuleReport | None, before: dict[str, Any], last: Ending | None) -> TriedRule:
    rule = TriedRule(
        rule=member.name,
        rule_id=None if member.stored is None else member.stored.id,
        version=member.version,
        language=member.language,
        outcome=NOT_RUN,
    )
    if report is None:
        return rule
    return msgspec.structs.replace(
        rule,
        outcome="granted" if last is None else outcome_name(last.outcome),
        scope_added=report.scope_added,
        scope_removed=report.scope_removed,
        claims_added={name: value for name, value in report.claims_set.items() if name not in before},
        claims_changed={
            name: ClaimChange(before=before[name], after=value)
            for name, value in report.claims_set.items()
            if name in before
        },
        dropped=report.dropped,
        duration_ms=report.duration_ms,
    )


def _with_log(rule: TriedRule, ending: Ending) -> TriedRule:
    return msgspec.structs.replace(
        rule,
        lines=[line_of(line) for line in ending.lines if line.rule == rule.rule],
        calls=[call_of(call) for call in ending.calls if call.rule == rule.rule],
    )
