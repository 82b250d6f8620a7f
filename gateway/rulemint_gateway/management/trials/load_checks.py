"""``POST /rules/check``: does a host load this text? Nothing of it runs but what stands outside of its functions."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.dispatch.loads import Loads
from rulemint_gateway.management.errors import InvalidBodyError, UnavailableError
from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.management.nouns.fields import Dependencies, RuleName, Script
from rulemint_gateway.management.rules.bodies import Limits
from rulemint_gateway.management.trials.answers import TriedError, error_in_rule
from rulemint_gateway.management.trials.bodies import TryRule, check_rule
from rulemint_gateway.management.trials.trials import Trials
from rulemint_shared.contract.load_messages import DoesNotLoad, LoadRequest, NotTried
from rulemint_shared.contract.load_messages import Loads as ItLoads
from rulemint_shared.contract.records import Language


class CheckRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``script``, or a stored rule by ``rule_id``; what is given next to that replaces what the stored one has."""

    script: Script | UnsetType = UNSET
    rule_id: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    version: Annotated[int, Meta(ge=1, lt=2**31)] | UnsetType = UNSET
    """Of the stored rule; without it the one that runs now."""
    name: RuleName | UnsetType = UNSET
    """The script's name in errors."""
    language: Language | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    dependencies: Dependencies | UnsetType = UNSET


class CheckAnswer(Answer, frozen=True, kw_only=True):
    """A version that does not load is refused."""

    loads: bool
    resolved_dependencies: dict[str, str]
    error: TriedError | UnsetType = UNSET
    """The reason why it does not load, and the place in the rule."""


class LoadChecks:
    """The use case of ``/api/v2/rules/check``."""

    def __init__(self, trials: Trials, loads: Loads) -> None:
        self._trials = trials
        self._loads = loads

    async def run(self, tenant: str, body: CheckRule) -> CheckAnswer:
        """Load the text of *body* in a fresh host, which ends before a function of it runs.

        Raises:
            ManagementError: the body is none, or names what does not exist; or no runner can load it now.
        """
        given = {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}
        tried = TryRule(client="check", **given)
        check_rule(tried)
        if body.script == "":
            raise InvalidBodyError("There is nothing to load: the script is empty", field="script")
        name, text = await self._trials.text_of(tenant, tried)
        match await self._loads.load(LoadRequest(tenant=tenant, name=name, text=text)):
            case ItLoads():
                return CheckAnswer(loads=True, resolved_dependencies=text.resolved_dependencies)
            case DoesNotLoad(reason=reason, detail=detail):
                error = error_in_rule(str(reason), detail, what="does not load")
                return CheckAnswer(loads=False, resolved_dependencies=text.resolved_dependencies, error=error)
            case NotTried(why=why):
                raise UnavailableError(f"Nobody could load the text, because {why}: try again")
