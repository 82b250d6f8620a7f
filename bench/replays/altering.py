"""Alter one frame of a stored tape, as if the rule had asked or answered otherwise, and say where that shows."""

from __future__ import annotations

import zlib
from random import Random

import msgspec

from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.tapes import Answered, AskedStorage, Called, Drew, Event, RuleTape, StorageAnswered, Tape
from rulemint_shared.secrets.runner_key import RunnerKey
from rulemint_shared.secrets.vault import Vault


def opened(sealed: bytes, vault: Vault, tenant: str, exchange: str) -> Tape:
    """The tape that *sealed* holds."""
    context = redis_keys.tape(tenant, exchange).encode()
    return codecs.tape.decode(zlib.decompress(vault.open_tape(sealed, context=context)))


def sealed_again(tape: Tape, vault: Vault, tenant: str, exchange: str) -> bytes:
    """*tape*, sealed as a runner does."""
    context = redis_keys.tape(tenant, exchange).encode()
    return RunnerKey(vault.runner_key()).seal_tape(zlib.compress(codecs.tape.encode(tape)), context=context)


def altered(tape: Tape, random: Random) -> tuple[Tape, str]:
    """*tape* with one frame altered, and how a divergence names that.

    It is a question of the first rule, or of one that asks nothing its answer.
    """
    rule = tape.rules[0]
    places = [place for place, event in enumerate(rule.events) if isinstance(event, Called | AskedStorage)]
    if not places:
        changed, named = _other_answer(rule)
    else:
        place = random.choice(places)
        event, named = _altered(rule, place)
        changed = msgspec.structs.replace(rule, events=[*rule.events[:place], event, *rule.events[place + 1 :]])
    return msgspec.structs.replace(tape, rules=[changed, *tape.rules[1:]]), named


def _other_answer(rule: RuleTape) -> tuple[RuleTape, str]:
    """*rule* with another answer: another value of its first claim, one scope more, or another outcome."""
    if rule.outcome != "granted":
        return msgspec.structs.replace(rule, outcome="granted"), "its outcome"
    if rule.claims:
        name = min(rule.claims)
        return msgspec.structs.replace(rule, claims={**rule.claims, name: "altered"}), f"the claim {name}"
    return msgspec.structs.replace(rule, scope=[*rule.scope, "altered"]), "its scopes"


def _altered(rule: RuleTape, place: int) -> tuple[Event, str]:
    event = rule.events[place]
    number = 1 + sum(1 for each in rule.events[:place] if type(each) is type(event))
    match event:
        case Called(url=url):
            return msgspec.structs.replace(event, url=f"{url}/altered"), f"call {number}: "
        case AskedStorage(force=force):
            return msgspec.structs.replace(event, force=not force), f"storage {number}: "
        case Drew() | Answered() | StorageAnswered():
            raise TypeError(f"not a question: {event}")
        case _:
            raise TypeError(f"not a question: {event}")
