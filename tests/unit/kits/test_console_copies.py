"""What the console's editor completes and what its new rules begin with are read from what authors get."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sdk.derive_console import FOLDER, ROOT, derived, of_python, of_typescript


@pytest.mark.parametrize("name", derived())
def test_a_copy_in_the_console_is_what_authors_get(name: str) -> None:
    assert (ROOT / name).read_text() == derived()[name], "run `make sdk`"


def value_of(name: str) -> Any:
    text = derived()[f"{FOLDER}/{name}"]
    return json.loads(text[text.index("= ") + 2 :].rstrip().removesuffix(";"))


def test_members_of_both_languages_have_their_types_and_their_words() -> None:
    types = value_of("rule_types.js")
    event = types["javascript"]["types"]["Event"]["members"]
    assert event["secrets"]["type"] == "Record<string, string>"
    assert event["client"]["members"].keys() == {"client_id", "name", "metadata"}
    api = types["javascript"]["types"]["Api"]["members"]
    assert api["accessToken"]["members"].keys() == {"setCustomClaim", "addScope", "removeScope"}
    assert "A secret wins" in types["javascript"]["types"]["Webtask"]["members"]["data"]["doc"]
    assert types["javascript"]["globals"]["AccessDenied"]["doc"].startswith("403")
    assert types["python"]["types"]["Context"]["members"]["webtask"]["type"] == "Webtask"
    assert types["python"]["globals"]["fetch"]["type"].startswith("(url: str")


def test_filters_offer_every_value_that_the_gateway_takes() -> None:
    values = value_of("filters.js")
    assert set(values["level"]) == {"debug", "info", "warn", "error"}
    assert {"granted", "failed", "failed:timeout"} < set(values["outcome_of_endings"])
    assert "refused:invalid_client" in set(values["outcome_of_requests"]) - set(values["outcome_of_endings"])


def test_what_a_type_file_may_have_is_read() -> None:
    text = """declare namespace Rulemint {
      /** Of one. */
      interface One { readonly a?: string; b(c: { d: string }): void; b(): void; e: { f: number } }
      type Two = { g: string };
    }
    /** It throws. */
    declare class Three extends Error {}
    """
    read = of_typescript(text)
    assert read["types"] == {
        "One": {
            "doc": "Of one.",
            "members": {
                "a": {"type": "string | undefined", "doc": ""},
                "b": {"type": "(c: { d: string }): void", "doc": ""},
                "e": {"type": "object", "doc": "", "members": {"f": {"type": "number", "doc": ""}}},
            },
        }
    }
    assert read["globals"] == {"Three": {"type": "class", "doc": "It throws."}}
    assert of_python("def f(a: int) -> str:\n    'It ``does``.'") == {
        "types": {},
        "globals": {"f": {"type": "(a: int) -> str", "doc": "It `does`."}},
    }


def test_each_template_has_its_cases_with_their_defaults() -> None:
    found = {(each["name"], each["language"]): each for each in value_of("templates.js")}
    assert ("plan", "python") in found
    assert all(each["cases"] for each in found.values())
    assert found["plan", "python"]["cases"][0]["scope"] == ["read", "write", "export"]
