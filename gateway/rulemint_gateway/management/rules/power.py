"""The power of a version: what it was seen to use over its cases, and over the tapes of token requests that it decided.

Tapes are for those who may read what rules were given. To others a version has the power of its cases only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType

from rulemint_gateway.stores.traffic.tape_store import TapeStore, TapeUnreadableError
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.allow_list import DEFAULT_PORTS, AllowedHost, parse_entries
from rulemint_shared.contract.messages import Invocation
from rulemint_shared.contract.records import Power, RuleVersion
from rulemint_shared.contract.tapes import Called, RuleTape, Tape
from rulemint_shared.deadline import Deadline

MAX_POWER = 500
"""Claims, scopes, hosts or APIs that are listed of a version. Of one that uses more, its power is not known."""
MAX_TAPES = 100
"""Of a version, the newest, whose power is looked for."""
LOOKS_FOR_S = 1.0
READ_INPUTS = "read:exchange_inputs"


class Seen(NamedTuple):
    """All that a version was seen to use over so many tapes."""

    power: Power | None
    """None: that is too much to list."""
    tapes: int


class TapedPower:
    """Finds what versions used in recorded token requests."""

    def __init__(self, tapes: TapeStore) -> None:
        self._tapes = tapes

    async def of(self, tenant: str, text: RuleVersion) -> Seen | None:
        """Find what the version *text* used over its tapes; None: the caller may not read what rules were given.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        call = CALL.get()
        if call is not None and not call.is_own and READ_INPUTS not in call.scopes:
            return None
        used: list[Power] = []
        deadline = Deadline.after(LOOKS_FOR_S)
        for exchange_id in await self._tapes.of_rule(tenant, text.rule_id, since_ms=text.created_at_ms):
            if len(used) >= MAX_TAPES or deadline.passed():
                break
            try:
                tape = await self._tapes.find(tenant, exchange_id)
            except TapeUnreadableError:
                continue
            used += [] if tape is None else used_on(tape, text)
        return Seen(power_of(used, text), len(used))

    async def more(self, tenant: str, text: RuleVersion, before: RuleVersion | None) -> Power | UnsetType:
        """The part of the power of *text* that *before* was not seen to use; unset: there is none, or nobody knows.

        What it is said of is done, so a store that does not answer is no error here.
        """
        if before is None or before.version == text.version:
            return UNSET
        try:
            new, old = await self._whole(tenant, text), await self._whole(tenant, before)
        except StoreUnavailableError:
            return UNSET
        if new is None or old is None:
            return UNSET
        more = new.beyond(old)
        return UNSET if more == Power() else more

    async def _whole(self, tenant: str, text: RuleVersion) -> Power | None:
        """Join what *text* used over its cases with what it used over its tapes; None: neither is known."""
        seen = await self.of(tenant, text)
        if seen is None or seen.power is None or not seen.tapes:
            return text.power
        return seen.power if text.power is None else power_of([text.power, seen.power], None)


def used_on(tape: Tape, text: RuleVersion) -> Iterator[Power]:
    """Yield what the version *text* used in the request of *tape*, if it ran there."""
    claims: dict[str, object] = {}
    scope = tape.invocation.scope
    for ref, rule in zip(tape.invocation.flow, tape.rules, strict=False):
        if ref.rule_id == text.rule_id and ref.version == text.version:
            yield _used(tape.invocation, rule, claims, scope)
        claims, scope = rule.claims, rule.scope


def _used(invocation: Invocation, rule: RuleTape, claims: dict[str, object], scope: Sequence[str]) -> Power:
    granted = rule.outcome == "granted"
    return Power(
        claims=tuple(name for name, value in rule.claims.items() if name not in claims or claims[name] != value),
        scopes=tuple(name for name in rule.scope if name not in scope),
        hosts=tuple(
            urlsplit(event.url).netloc.rpartition("@")[2] for event in rule.events if isinstance(event, Called)
        ),
        audiences=(invocation.audience,) if granted else (),
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def power_of(used: Sequence[Power], text: RuleVersion | None) -> Power | None:
    """Join what was *used*, with hosts as the ``allow_hosts`` of *text* spell them; None if that is too much.

    A call that was refused is not part of it. Without *text* the hosts are as they come.
    """
    all_used = {name: {each for power in used for each in getattr(power, name)} for name in Power.__struct_fields__}
    if text is not None:
        entries = parse_entries(text.allow_hosts)
        all_used["hosts"] = {str(host) for called in all_used["hosts"] for host in _allowed(called, entries)}
    if any(len(names) > MAX_POWER for names in all_used.values()):
        return None
    return Power(**{name: tuple(sorted(names)) for name, names in all_used.items()})


def _allowed(called: str, entries: Sequence[AllowedHost]) -> list[AllowedHost]:
    """Return the entries that *called*, a host of a call, can stand for. A call does not say its scheme."""
    name, _, port = called.partition(":")
    hosts = [AllowedHost(scheme, name, int(port) if port.isdecimal() else own) for scheme, own in DEFAULT_PORTS.items()]
    return [host for host in hosts if any(entry.allows(host.scheme, host.name, host.port) for entry in entries)]
