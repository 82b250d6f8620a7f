"""Write a `Document` as a file, always the same way, with the scripts in it or in files next to it."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from rulemint_cli.configuration.document import Document, Rule, plain
from rulemint_cli.configuration.yaml_text import dump
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.contract.records import Language

SCRIPTS = "rules"
"""The folder of the scripts, next to the file."""


def text_of(document: Document) -> str:
    """Return the text of a file, with the scripts in it."""
    return dump(plain(document))


def write(document: Document, file: Path) -> list[Path]:
    """Write *file* and its scripts, and return all paths.

    Raises:
        CommandError: one cannot be written.
    """
    names = script_names(document.rules)
    rules = [replace(rule, script=None, script_file=names[rule.name], language=None) for rule in document.rules]
    texts = {file.parent / names[rule.name]: rule.script or "" for rule in document.rules}
    texts[file] = text_of(replace(document, rules=rules))
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        except OSError as error:
            raise CommandError(f"cannot write {path}: {error.strerror}; name another file with --out") from error
    return list(texts)


def script_names(rules: list[Rule]) -> dict[str, str]:
    """Return the path of each rule's script, by the rule's name. No two are the same on any file system."""
    taken: set[str] = set()
    names = {}
    for rule in rules:
        stem = stem_free = rule.name.replace(" ", "-")
        suffix = f".{(rule.language or Language.JAVASCRIPT).suffix}"
        number = 2
        while f"{stem_free}{suffix}".lower() in taken:
            stem_free, number = f"{stem}-{number}", number + 1
        taken.add(f"{stem_free}{suffix}".lower())
        names[rule.name] = f"{SCRIPTS}/{stem_free}{suffix}"
    return names
