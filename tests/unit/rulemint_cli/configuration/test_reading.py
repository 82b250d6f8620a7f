"""A configuration file that cannot be meant is refused with the name of the field and its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_cli.configuration.document import Client, Document, Rule
from rulemint_cli.configuration.reading import read_document
from rulemint_cli.configuration.writing import script_names, text_of
from rulemint_cli.configuration.yaml_text import dump, parse
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.contract.records import Language


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("rulemint: 1\nclientz: []\n", 2, "clientz: there is no such field", id="unknown section"),
        pytest.param(
            "rulemint: 1\nclients:\n  - name: a\n    colour: red\n",
            4,
            "clients[0].colour: there is no",
            id="unknown field",
        ),
        pytest.param(
            "rulemint: 1\nclients:\n  - name: a\n    kept:\n      colour: red\n",
            5,
            "clients[0].kept.colour",
            id="unknown kept",
        ),
        pytest.param(
            "rulemint: 1\nclients:\n  - name: yes\n",
            3,
            "clients[0].name: write a text, not true or false",
            id="wrong type",
        ),
        pytest.param("rulemint: 2\n", 1, "rulemint: 2 is not one of 1", id="another version"),
        pytest.param("clients: []\n", 1, "rulemint", id="no version"),
        pytest.param(
            "rulemint: 1\nclients:\n  - name: a\n    client_secret: hunter22hunter22\n",
            4,
            "write ${NAME}",
            id="a secret",
        ),
        pytest.param(
            "rulemint: 1\nrules:\n  - name: a\n    script: x\n    secrets:\n      K: hunter22\n",
            6,
            "${NAME}",
            id="a rule's",
        ),
        pytest.param("rulemint: 1\nrules:\n  - name: a\n", 3, "either a script or a script_file", id="no script"),
        pytest.param(
            "rulemint: 1\nrules:\n  - name: a\n    script_file: b.js\n",
            4,
            "rules[0].script_file: cannot read",
            id="no file",
        ),
        pytest.param(
            "rulemint: 1\nrules:\n  - name: a\n    script_file: ../b.js\n",
            4,
            "must be in the folder",
            id="outside",
        ),
        pytest.param(
            "rulemint: 1\nrules:\n  - name: a\n    script: x\n    allow_hosts: ['a b']\n",
            5,
            "allow_hosts",
            id="no host",
        ),
        pytest.param(
            "rulemint: 1\nclients:\n  - name: a\n  - name: a\n",
            4,
            "clients[1]: this is the same",
            id="twins",
        ),
        pytest.param("rulemint: 1\nrulemint: 1\n", 2, "the key rulemint occurs twice", id="a key twice"),
        pytest.param("rulemint: 1\nclients: [\n", 3, "not valid YAML", id="no YAML"),
        pytest.param("rulemint: !!python/name:os.system 1\n", 1, "not valid YAML", id="a tag"),
    ],
)
def test_an_error_names_the_field_and_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = tmp_path / "tenant.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_document(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert said in str(caught.value)
    assert "hunter" not in str(caught.value)


def test_an_empty_file_says_where_to_begin(tmp_path: Path) -> None:
    (tmp_path / "tenant.yaml").write_text("# nothing\n")
    with pytest.raises(UsageError, match="rulemint config export"):
        read_document(tmp_path / "tenant.yaml")


def test_a_script_is_read_as_it_is_and_its_suffix_says_its_language(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/a.py").write_bytes(b"x\r\n")
    file = tmp_path / "tenant.yaml"
    file.write_text(
        "rulemint: 1\nrules:\n  - name: a\n    script_file: rules/a.py\n    allow_hosts: [API.example.com]\n"
    )
    [read] = read_document(file).rules
    assert (read.script, read.language, read.allow_hosts) == ("x\r\n", Language.PYTHON, ["api.example.com"])


@given(st.dictionaries(st.text(), st.text() | st.booleans() | st.integers() | st.none() | st.lists(st.text())))
def test_what_is_written_is_read_again(value: dict[str, object]) -> None:
    assert parse(dump(value), called="x").value == value


def test_a_document_is_written_the_same_every_time_without_what_is_at_its_default() -> None:
    document = Document(rulemint=1, clients=[Client(name="2020-01-01", client_metadata={"on": "yes"})])
    assert (
        text_of(document) == "rulemint: 1\nclients:\n  - name: '2020-01-01'\n    client_metadata:\n      'on': 'yes'\n"
    )


def test_no_two_scripts_share_a_file() -> None:
    rules = [Rule(name=name, script="x", language=Language.JAVASCRIPT) for name in ("a b", "a-b", "A-B")]
    assert list(script_names(rules).values()) == ["rules/a-b.js", "rules/a-b-2.js", "rules/A-B-3.js"]
