"""The names by which exchange records are found in the index of their stream: client, rule and outcome."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from struct import pack

from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.streams.index import MS_BYTES, NAME_BYTES, Names

_MOST_MS = 2 ** (8 * MS_BYTES) - 1


def client_name(client_id: str) -> bytes:
    """The name of the records of a client."""
    return _name("client", client_id)


def rule_name(rule: str) -> bytes:
    """The name of the records of a rule, that ran or should have begun."""
    return _name("rule", rule)


def outcome_name(outcome: str) -> bytes:
    """The name of the records with an outcome, the whole or its first word."""
    return _name("outcome", outcome)


def names_of(stream: str, records: Sequence[ExchangeRecord]) -> Names:
    """The names of *records*, which join *stream* together in this order."""
    postings: defaultdict[bytes, list[int]] = defaultdict(list)
    began = [min(max(0, record.started_at_ms), _MOST_MS) for record in records]
    for place, record in enumerate(records):
        for name in _names(record):
            postings[name].append(place)
    return Names(
        redis_keys.stream_index(stream),
        b"".join(ms.to_bytes(MS_BYTES, "big") for ms in began),
        min(began),
        max(began),
        b"".join(name + pack(f">{len(places) + 1}H", len(places), *places) for name, places in postings.items()),
    )


def _names(record: ExchangeRecord) -> Iterator[bytes]:
    if record.client_id is not None:
        yield client_name(record.client_id)
    yield outcome_name(record.outcome)
    kind = record.outcome.partition(":")[0]
    if kind is not record.outcome and kind != record.outcome:
        yield outcome_name(kind)
    if len(record.rules) == 1 and record.rules[0].rule == record.first_rule:
        yield rule_name(record.first_rule)
    elif record.rules or record.first_rule:
        for rule in {record.first_rule, *(each.rule for each in record.rules)}:
            yield rule_name(rule)


@lru_cache(maxsize=10_000)
def _name(kind: str, text: str) -> bytes:
    return hashlib.blake2b(f"{kind} {text}".encode(errors="surrogatepass"), digest_size=NAME_BYTES).digest()
