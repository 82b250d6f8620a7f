from __future__ import annotations

from rulemint_gateway.oauth.errors import InvalidRequest
from rulemint_gateway.oauth.exchange import Exchange, mask_parameters


def test_parameters_that_look_like_secrets_are_masked() -> None:
    masked = mask_parameters({"client_secret": "a", "subject_token": "b", "apiKey": "c", "org": "d"})
    assert masked == {"client_secret": "***", "subject_token": "***", "apiKey": "***", "org": "d"}


def test_nested_parameters_are_masked_before_they_become_text() -> None:
    masked = mask_parameters(
        {
            "a": {"private_key": "canary", "n": [{"api-key": "canary"}]},
            "b": '{"passphrase": "canary"}',
            "c": "jwt=canary",
        }
    )
    assert masked == {
        "a": '{"private_key":"***","n":[{"api-key":"***"}]}',
        "b": '{"passphrase": "***"}',
        "c": "jwt=***",
    }


def test_only_so_many_parameters_are_kept_and_the_record_says_so() -> None:
    masked = mask_parameters({f"p{number}": number for number in range(120)})
    assert list(masked)[-2:] == ["p49", "…"]
    assert masked["…"] == "(120 parameters)"


def test_long_and_nested_parameters_are_cut() -> None:
    masked = mask_parameters({"long": "x" * 10_000, "nested": {"a": ["y" * 10_000]}, "flag": True, "n": 7})
    assert len(masked["long"]) == len(masked["nested"]) == 512
    assert (masked["flag"], masked["n"]) == (True, 7)


def test_a_refused_exchange_says_why_and_keeps_what_the_caller_was_not_told() -> None:
    exchange = Exchange(tenant="t", ip="127.0.0.1", user_agent="x" * 10_000)
    record = exchange.record(status=400, error=InvalidRequest("audience is missing", detail="private"))
    assert (record.outcome, record.error, record.detail) == ("refused:invalid_request", "invalid_request", "private")
    assert len(record.user_agent) == 512
    assert record.id == exchange.id


def test_the_time_of_an_exchange_ends_with_its_answer_however_late_its_record_is_made() -> None:
    exchange = Exchange(tenant="t", ip="127.0.0.1", user_agent="")
    exchange.answered()
    total_ms = exchange.elapsed_ms()
    assert [exchange.record(status=200).timings.total_ms for _ in range(3)] == [total_ms] * 3
