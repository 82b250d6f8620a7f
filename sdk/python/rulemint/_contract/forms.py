# Made by sdk/derive.py of rule-runner/rulemint_runner/hosts/wire/forms.py: change that, and run `make sdk`.
"""Name the forms that a rule may have. Pure: the test kit for rules has this file too."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """The contract that the rule's export follows."""

    AUTH0 = "auth0"
    """Five arguments or a generic webtask: only namespaced claims; without a scope in the result, no scopes."""
    OWN = "own"
    """A module or Python: any claim that is not reserved; without a scope, the scopes stay."""
    ACTION = "action"
    """The result is ``{"claims": {…}, "scope": […]}``: claims as in our own forms, scopes of the client grant only."""
