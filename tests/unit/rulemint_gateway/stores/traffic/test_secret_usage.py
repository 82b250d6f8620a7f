from __future__ import annotations

from rulemint_gateway.stores.traffic.secret_usage import NOTED_EACH_MS, UsageNotes
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord

BEGAN_MS = 1_764_000_000_000
MEMBER = redis_keys.secrets_used_member("one", "first")


def used(
    after_ms: int, *, client: str | None = "one", secret: str | None = "first", tenant: str = "t"
) -> ExchangeRecord:
    return ExchangeRecord(
        id=f"exc_{after_ms}",
        tenant=tenant,
        started_at_ms=BEGAN_MS + after_ms,
        status=200,
        outcome="granted",
        client_id=client,
        secret_name=secret,
    )


def test_the_first_use_of_a_secret_is_noted_at_once() -> None:
    assert UsageNotes().due([used(0)]) == {"t": {MEMBER: BEGAN_MS}}


def test_a_secret_that_is_used_all_the_time_is_noted_once_a_second() -> None:
    notes = UsageNotes()
    noted = [notes.due([used(after_ms)]) for after_ms in range(0, 3 * NOTED_EACH_MS, 10)]
    seconds = [BEGAN_MS + second * NOTED_EACH_MS for second in range(3)]
    assert [usage["t"][MEMBER] for usage in noted if usage] == seconds


def test_each_secret_of_each_client_and_tenant_is_noted_by_itself() -> None:
    notes = UsageNotes()
    notes.due([used(0)])
    others = [used(1, client="two"), used(1, secret="second"), used(1, tenant="other"), used(1)]
    assert notes.due(others) == {
        "t": {
            redis_keys.secrets_used_member("two", "first"): BEGAN_MS + 1,
            redis_keys.secrets_used_member("one", "second"): BEGAN_MS + 1,
        },
        "other": {MEMBER: BEGAN_MS + 1},
    }


def test_who_has_not_proved_who_it_is_has_used_no_secret() -> None:
    assert UsageNotes().due([used(0, client=None), used(0, secret=None)]) == {}
