from __future__ import annotations

import base64
import json

import pytest

from rulemint_gateway.auth0.webtasks.bodies import IssueToken
from rulemint_gateway.auth0.webtasks.metadata import read_metadata, show_metadata
from rulemint_gateway.auth0.webtasks.tokens import read_webtask_token, webtask_token
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.contract.records import Language, Rule, RuleVersion

METADATA = {
    "wt-compiler": "auth0-ext-compilers/client-credentials-exchange",
    "auth0-extension": "runtime",
    "auth0-extension-name": "credentials-exchange",
}
NOT_SHOWN = "_VALUE_NOT_SHOWN_"


def test_what_is_shown_of_a_rule_says_the_same_when_it_is_read() -> None:
    rule = Rule(
        id="r", name="r", enabled=False, order=3, clients=("a", "b"), secret_names=("FOO", "auth0-extension-secret")
    )
    text = RuleVersion(
        rule_id="r", version=1, script="", language=Language.JAVASCRIPT, dependencies={"greeting": "^1.0.0"}
    )
    shown = show_metadata(rule, text)
    assert shown["auth0-extension-secret"] == NOT_SHOWN
    read = read_metadata(shown)
    assert (read.enabled, read.order, read.clients) == (False, 3, ("a", "b"))
    assert read.dependencies == {"greeting": "^1.0.0"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("auth0-extension-name", "client-credentials-exchange"),  # as one of Auth0's pages has it
        ("wt-compiler", "auth0-ext-compilers/generic"),  # of the raw form
    ],
)
def test_other_words_for_the_same_are_taken_too(key: str, value: str) -> None:
    assert read_metadata({**METADATA, key: value}).enabled


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("wt-compiler", "auth0-ext-compilers/user-registration"),
        ("auth0-extension", "other"),
        ("auth0-extension-name", "post-user-registration"),
        ("auth0-extension-order", "first"),
        ("auth0-extension-order", "-1"),
        ("auth0-extension-client", "with:colon"),
        ("wt-node-dependencies", "{"),
        ("wt-node-dependencies", '{"greeting": 1}'),
        ("wt-node-dependencies", '["greeting"]'),
        ("color", "blue"),
    ],
)
def test_metadata_that_no_rule_has_is_refused_by_its_name(key: str, value: str) -> None:
    with pytest.raises(InvalidBodyError) as refused:
        read_metadata({**METADATA, key: value})
    assert refused.value.field == f"meta.{key}"


def test_a_secret_that_was_not_shown_keeps_its_value_and_one_that_is_left_out_is_gone() -> None:
    body = IssueToken(ten="default", jtn="r", ectx={"KEPT": NOT_SHOWN, "NEW": "new"})
    assert body.secrets({"KEPT": "old", "GONE": "old"}) == {"KEPT": "old", "NEW": "new"}


def test_a_secret_that_was_not_shown_and_is_not_there_needs_a_value() -> None:
    with pytest.raises(InvalidBodyError, match="FOO needs a value"):
        IssueToken(ten="default", jtn="r", ectx={"FOO": NOT_SHOWN}).secrets({})


def test_a_webtask_token_names_the_webtask_and_has_no_type() -> None:
    token = webtask_token("default", "my rule")
    named = read_webtask_token(token)
    assert (named.ten, named.jtn) == ("default", "my rule")
    header = token.partition(".")[0]
    assert "typ" not in json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))


@pytest.mark.parametrize("token", ["", "opaque", "e30.e30.", "x" * 5_000, webtask_token("default", "n" * 200)])
def test_what_is_no_webtask_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidBodyError):
        read_webtask_token(token)
