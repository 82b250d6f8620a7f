"""As what Auth0 knows a rule: the views of hooks and of actions show those that are theirs."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.records import Language, Rule, RuleForm, RuleVersion

TRIGGER = "credentials-exchange"
"""The only trigger of Auth0's that there is here."""
TRIGGER_VERSION = "v2"
Trigger = Annotated[str, Meta(max_length=64, extra_json_schema={"enum": [TRIGGER]})]
"""`check_trigger` says in words why it can be no other."""

_ACTION = re.compile(r"\bonExecuteCredentialsExchange\b")
_OWN_MODULE = re.compile(r"^[ \t]*export\b", re.MULTILINE)


def form_of(rule: Rule, text: RuleVersion) -> RuleForm | None:
    """What *rule* was made as, else what *text* says that it is; None if Auth0 has nothing like it.

    Only a host knows for sure what a text exports; here its words decide.
    """
    return rule.made_as or form_of_text(text.script, text.language)


def form_of_text(script: str, language: Language) -> RuleForm | None:
    """An action names its handler; a hook is any other JavaScript that is no ES module."""
    if language is Language.PYTHON:
        return None
    if _ACTION.search(script):
        return RuleForm.ACTION
    if language is Language.JAVASCRIPT and not _OWN_MODULE.search(script):
        return RuleForm.HOOK
    return None


def check_trigger(trigger: str, *, field: str) -> None:
    """Refuse what is not the client credentials exchange.

    Raises:
        InvalidBodyError: it is another trigger.
    """
    if trigger != TRIGGER:
        raise InvalidBodyError(
            f"There is no trigger {trigger[:64]!r} here: tokens are for machines only, so {TRIGGER} is the one",
            field=field,
        )
