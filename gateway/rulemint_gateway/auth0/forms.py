"""As what Auth0 knows a rule: the views of hooks and of actions show those that are theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import assert_never

from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_shared.contract.records import Language, Rule, RuleForm, RuleVersion

MAX_KNOWN_FORMS = 20_000
_ACTION = re.compile(r"\bonExecuteCredentialsExchange\b")
_OWN_MODULE = re.compile(r"^[ \t]*export\b", re.MULTILINE)


def form_of(rule: Rule, text: RuleVersion) -> RuleForm | None:
    """The form that *rule* was made as, else the one that *text* shows; None if Auth0 has nothing like it.

    Only a host knows for sure what a text exports; here its words decide.
    """
    return rule.made_as or form_of_text(text.script, text.language)


def form_of_text(script: str, language: Language) -> RuleForm | None:
    """An action names its handler; a hook is any other JavaScript that is no ES module."""
    match language:
        case Language.JAVASCRIPT:
            other = None if _OWN_MODULE.search(script) else RuleForm.HOOK
        case Language.TYPESCRIPT:
            other = None
        case Language.PYTHON:
            return None
        case _:
            assert_never(language)
    return RuleForm.ACTION if _ACTION.search(script) else other


class RuleForms:
    """Finds the rules of a form. It remembers the form of each version, because a version never changes."""

    def __init__(self, records: RuleRecords) -> None:
        self._records = records
        self._forms: dict[tuple[str, int], RuleForm | None] = {}

    async def rules_of(self, tenant: str, form: RuleForm, version_of: Callable[[Rule], int]) -> list[Rule]:
        """The rules of that *form*, in the order in which they run or would; *version_of*: the version that counts."""
        rules = self._records.in_order(tenant)
        unknown = [
            (rule, version_of(rule))
            for rule in rules
            if rule.made_as is None and (rule.id, version_of(rule)) not in self._forms
        ]
        if len(self._forms) + len(unknown) > MAX_KNOWN_FORMS:
            self._forms.clear()
        forms = self._forms
        async for rule, text in self._records.in_parts(tenant, unknown):
            forms[rule.id, text.version] = form_of(rule, text)
        return [rule for rule in rules if (rule.made_as or forms.get((rule.id, version_of(rule)))) is form]
