"""Keep a locked version to its power: what else it sets or adds is left out of the token, and said."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from rulemint_runner.flow.results import RuleResult
from rulemint_shared.contract.messages import BEYOND_LOCK, Dropped, Granted
from rulemint_shared.contract.records import Power


def within(result: RuleResult, lock: Power, *, given: Granted, audience: str) -> RuleResult:
    """Return *result* without what is beyond *lock*. A refusal stays. Scopes that the rule takes away stay away.

    For an API that the lock does not name, the rule may set and add nothing.
    """
    outcome = result.outcome
    if not isinstance(outcome, Granted):
        return result
    claims, scopes = (lock.claims, lock.scopes) if audience in lock.audiences else ((), ())
    set_beyond = [name for name, value in outcome.claims.items() if name not in claims and _is_set(name, value, given)]
    added_beyond = [scope for scope in outcome.scope if scope not in given.scope and scope not in scopes]
    if not set_beyond and not added_beyond:
        return result
    kept = {name: value for name, value in outcome.claims.items() if name not in set_beyond}
    kept |= {name: given.claims[name] for name in set_beyond if name in given.claims}
    left_out = [*set_beyond, *(f"scope {scope}" for scope in added_beyond)]
    return replace(
        result,
        outcome=replace(outcome, claims=kept, scope=[scope for scope in outcome.scope if scope not in added_beyond]),
        dropped=[*result.dropped, *(Dropped(name=name, why=BEYOND_LOCK) for name in left_out)],
    )


def _is_set(name: str, value: object, given: Granted) -> bool:
    """Tell whether the rule has set the claim, or one before it."""
    return name not in given.claims or msgspec.json.encode(given.claims[name]) != msgspec.json.encode(value)
