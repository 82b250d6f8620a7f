from __future__ import annotations

import pytest

from rulemint_cli.configuration.yaml_text import dump, parse
from rulemint_cli.terminal.errors import UsageError

NINE_TIMES = "".join(f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12))


def test_aliases_and_merged_mappings_stand_for_their_values() -> None:
    assert parse("a: &b {c: 1}\nd: *b\ne: {<<: *b, f: 2}", called="f").value == {
        "a": {"c": 1},
        "d": {"c": 1},
        "e": {"c": 1, "f": 2},
    }


def test_a_number_with_an_exponent_is_one_with_and_without_a_point_and_its_text_stays_a_text() -> None:
    assert parse("[1e4, -2E+1, 1.5e-1, '1e4']", called="f").value == [10_000.0, -20.0, 0.15, "1e4"]
    assert parse(dump(["1e4", 1e4]), called="f").value == ["1e4", 1e4]


@pytest.mark.parametrize("text", ["a \u202eb", "// \u2066a\nconst b = 1;\n", "\u200fa: b"])
def test_a_text_that_turns_its_neighbours_around_is_spelled_out(text: str) -> None:
    written = dump({"script": text, text: [text]})
    assert all(char.isprintable() or char == "\n" for char in written)
    assert parse(written, called="f").value == {"script": text, text: [text]}


def test_a_date_is_a_text_because_json_has_no_dates() -> None:
    assert parse("a: 2026-11-30", called="f").value == {"a": "2026-11-30"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(f"a0: &a0 [1]\n{NINE_TIMES}", "stand for more than 100000 values", id="aliases of aliases"),
        pytest.param(f"a0: &a0 {{b: 1}}\n{NINE_TIMES}", "stand for more than 100000", id="aliases of mappings"),
        pytest.param("a: &a [*a]", "f:1: a value contains itself", id="a list in itself"),
        pytest.param("a: &a\n  b: {c: *a}", "f:1: a value contains itself", id="a mapping in itself"),
        pytest.param("b: 1\na: {{ plan }}", "f:2: a key must be a text", id="a template that was not filled"),
        pytest.param("[1]: 2", "f:1: a key must be a text", id="a list as a key"),
        pytest.param("a: 1\nb: {c: 1, c: 2}", "f:2: the key c occurs twice", id="a key twice"),
        pytest.param("a: !!int ''", "does not fit its tag", id="an empty number"),
        pytest.param("a: !!bool maybe", "does not fit its tag", id="another truth"),
        pytest.param("a: !!set {b}", "f:1: not valid YAML", id="a set"),
        pytest.param("a: !!binary aGk=", "f:1: not valid YAML", id="bytes"),
        pytest.param("a: !!python/object/apply:os.system [b]", "f:1: not valid YAML", id="a program"),
        pytest.param("[" * 5_000, "nested too deep", id="a deep list"),
        pytest.param("a: [", "f:1: not valid YAML", id="an end that is missing"),
    ],
)
def test_what_is_no_plain_value_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(text, called="f")
