from __future__ import annotations

from rulemint_gateway.oauth.presented_secrets import SHORTEST_HIDDEN, hidden, presented
from rulemint_gateway.oauth.token_request import parse_token_request

SECRET = "canary-of-the-client"
REQUEST = {"grant_type": "client_credentials", "client_id": "a", "audience": "https://api.example/"}


def test_it_is_hidden_in_texts_and_names_at_every_depth_and_nothing_else_changes() -> None:
    sent = {"note": f"key={SECRET}!", "n": 1, "deep": [{SECRET: [SECRET, True, None]}], "other": "gold"}
    assert hidden(sent, (SECRET,)) == {
        "note": "key=***!",
        "n": 1,
        "deep": [{"***": ["***", True, None]}],
        "other": "gold",
    }


def test_both_readings_of_http_basic_are_hidden_the_longer_first() -> None:
    request = parse_token_request({**REQUEST, "note": "can+ary%2Bx or can ary+x"}, "Basic YTpjYW4rYXJ5JTJCeA==")
    assert request.parameters["note"] == "*** or ***"


def test_a_short_one_would_stand_in_any_word() -> None:
    short = "x" * (SHORTEST_HIDDEN - 1)
    assert presented([short, f"{short}x", f"{short}xx"]) == (f"{short}xx", f"{short}x")
