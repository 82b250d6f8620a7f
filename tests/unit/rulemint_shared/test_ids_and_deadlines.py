from __future__ import annotations

from rulemint_shared import ids
from rulemint_shared.clock import rfc3339_ms, unix_ms
from rulemint_shared.deadline import Deadline


def test_an_exchange_id_tells_when_the_exchange_began() -> None:
    before = unix_ms()
    began = ids.exchange_time_ms(ids.new_exchange_id())
    assert began is not None
    assert before <= began <= unix_ms()


def test_ids_that_are_not_ours_have_no_time() -> None:
    for text in ("", "exc_", "exc_xyz", ids.new_exchange_id() + "0", ids.new_rule_id(), "../../etc"):
        assert ids.exchange_time_ms(text) is None


def test_ids_do_not_repeat() -> None:
    makers = (ids.new_exchange_id, ids.new_client_id, ids.new_client_secret, ids.new_job_id)
    for make in makers:
        assert len({make() for _ in range(1_000)}) == 1_000


def test_a_deadline_survives_the_wire() -> None:
    deadline = Deadline.after(5)
    assert abs(Deadline.from_unix_ms(deadline.to_unix_ms()).monotonic_s - deadline.monotonic_s) < 0.1


def test_the_earlier_of_two_ends_counts() -> None:
    assert Deadline.after(10).earlier(1).remaining_s() <= 1
    assert Deadline.after(-1).earlier(1).passed()


def test_stamps_are_rfc_3339_with_milliseconds() -> None:
    assert rfc3339_ms(1_700_000_000_007) == "2023-11-14T22:13:20.007Z"
