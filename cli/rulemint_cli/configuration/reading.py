"""Read a configuration file and its scripts into a `Document`. Errors name the field and the line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from rulemint_cli.configuration import kept_fields
from rulemint_cli.configuration.document import Document, Rule
from rulemint_cli.configuration.yaml_text import Parsed, parse
from rulemint_cli.rules.rule_file import MAX_SCRIPT_BYTES, language_of
from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.text_files import read_text
from rulemint_shared.allow_list import parse_entries
from rulemint_shared.cases.format import first_problem
from rulemint_shared.contract.records import Language
from rulemint_shared.wrong_values import WrongValue, in_words


class _Source:
    """The file that is read. It makes errors with the place that they are about."""

    def __init__(self, file: Path, parsed: Parsed) -> None:
        self.file = file
        self._parsed = parsed

    def error(self, path: str, problem: str) -> UsageError:
        return UsageError(f"{self.file}:{self._parsed.line_of(path)}: {path.removeprefix('$.')}: {problem}")

    def invalid(self, error: msgspec.ValidationError) -> UsageError:
        """Turn an error of msgspec into ours. An unknown field is reported at its own line, not at its mapping's."""
        wrong = WrongValue.of(error)
        if wrong.has_a_pattern:  # only secrets have a pattern
            problem = "a secret must not be in the file: write ${NAME}, and set NAME in the environment"
            return self.error(wrong.path, problem)
        problem = in_words(wrong, kind=Document, value=self._parsed.value, object_word="a mapping")
        return self.error(wrong.path if wrong.unknown is None else f"{wrong.path}.{wrong.unknown}", problem)


def read_document(file: Path) -> Document:
    """Read the document in *file*. Each rule gets its script and its language.

    Raises:
        UsageError: the file cannot be read, or is not valid.
    """
    parsed = parse(read_text(file), called=str(file))
    source = _Source(file, parsed)
    try:
        document = msgspec.convert(parsed.value, Document)
    except msgspec.ValidationError as error:
        raise source.invalid(error) from None
    _check_kept(document, source)
    _check_once(document, source)
    rules = [_with_script(rule, f"$.rules[{index}]", source) for index, rule in enumerate(document.rules)]
    return msgspec.structs.replace(document, rules=rules)


def _check_kept(document: Document, source: _Source) -> None:
    settings = [] if document.settings is None else [("$.settings", document.settings.kept, kept_fields.SETTINGS)]
    records: list[tuple[str, dict[str, Any], frozenset[str]]] = [
        *settings,
        *_kept("resource_servers", document.resource_servers, kept_fields.RESOURCE_SERVER),
        *_kept("clients", document.clients, kept_fields.CLIENT),
        *_kept("client_grants", document.client_grants, kept_fields.CLIENT_GRANT),
    ]
    for path, kept, known in records:
        for name in kept:
            if name not in known:
                raise source.error(f"{path}.kept.{name}", "there is no such field")


def _kept(
    section: str, records: Iterable[Any], known: frozenset[str]
) -> list[tuple[str, dict[str, Any], frozenset[str]]]:
    return [(f"$.{section}[{index}]", record.kept, known) for index, record in enumerate(records)]


def _check_once(document: Document, source: _Source) -> None:
    """Refuse two records with the same key."""
    known: dict[str, list[object]] = {
        "resource_servers": [api.identifier for api in document.resource_servers],
        "clients": [client.client_id or ("name", client.name) for client in document.clients],
        "client_grants": [(grant.client, grant.audience) for grant in document.client_grants],
        "rules": [rule.name for rule in document.rules],
    }
    for section, keys in known.items():
        counts = Counter(keys)
        for index, key in enumerate(keys):
            if counts[key] > 1 and keys.index(key) != index:
                raise source.error(f"$.{section}[{index}]", f"this is the same as {section}[{keys.index(key)}]")


def _with_script(rule: Rule, path: str, source: _Source) -> Rule:
    if (rule.script is None) == (rule.script_file is None):
        raise source.error(path, "a rule needs either a script or a script_file")
    if wrong := first_problem(rule.cases):
        raise source.error(f"{path}.cases{wrong[0]}", wrong[1])
    try:
        hosts = list(dict.fromkeys(str(entry) for entry in parse_entries(rule.allow_hosts)))
    except ValueError as error:
        raise source.error(f"{path}.allow_hosts", str(error)) from None
    if rule.script_file is None:
        return msgspec.structs.replace(rule, language=rule.language or Language.JAVASCRIPT, allow_hosts=hosts)
    folder = source.file.parent.resolve()
    script_file = (folder / rule.script_file).resolve()
    if not script_file.is_relative_to(folder):
        raise source.error(f"{path}.script_file", "a script must be in the folder of the file, or below it")
    try:
        script, language = read_text(script_file, most_bytes=MAX_SCRIPT_BYTES), language_of(script_file, rule.language)
    except UsageError as error:
        raise source.error(f"{path}.script_file", str(error)) from None
    return msgspec.structs.replace(rule, script=script, script_file=None, language=language, allow_hosts=hosts)
