"""Write a new rule from a template, with its cases. The templates are the rules of examples/rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rulemint_cli.rules.rule_file import language_of
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_shared.contract.records import Language
from rulemint_shared.whole_text import whole

TEMPLATES = {
    "plan": "claims and scopes by the client's plan",
    "deny": "refuse clients and scopes",
    "service": "ask a service, with a timeout and a fallback",
    "package": "use a package: only from the client's own networks",
    "typed": "a rule with types",
    "action": "an action, as Auth0 has it",
    "httpx-roles": "ask a service with httpx, with a fallback",
    "hasura": "the claims that Hasura wants",
}
"""Template → what it is for. The first one is the default."""
DEFAULT = next(iter(TEMPLATES))
CASES = ".cases.yaml"
_PLACES = (Path(__file__).with_name("rule_templates"), Path(__file__).parents[3] / "examples" / "rules")
"""The place in a wheel, and the place in a checkout."""
_NAME = re.compile(whole(r"[a-zA-Z0-9]([_\-a-zA-Z0-9]*[a-zA-Z0-9])?"))
MAX_NAME = 100


@dataclass(frozen=True)
class Written:
    """The files of a new rule."""

    rule: Path
    cases: Path


def languages_of(template: str) -> dict[Language, Path]:
    """Return the file of *template* in each of its languages."""
    found = (file for place in _PLACES for file in sorted(place.glob(f"{template}.*")))
    files = [file for file in found if not file.name.endswith(CASES)]
    return {language_of(file, None): file for file in files}


def list_of_templates() -> str:
    """Return one line for each template: its name, its languages, what it is for."""
    longest = max(map(len, TEMPLATES))
    return "".join(
        f"  {name:<{longest}}  {purpose} ({', '.join(languages_of(name))})\n" for name, purpose in TEMPLATES.items()
    )


def write_rule(name: str, template: str | None, language: Language | None, *, folder: Path, force: bool) -> Written:
    """Write the rule *name* and its cases into *folder*, from *template*, in *language* or the first that it has.

    Raises:
        UsageError: there is no such template, it is not there in *language*, or *name* is no name of a rule.
        CommandError: a file is there already, and not *force*; or it cannot be written.
    """
    if _NAME.fullmatch(name) is None or len(name) > MAX_NAME:
        raise UsageError(
            f"{name} is no name of a rule: take letters, digits, - and _, {MAX_NAME} at most, without a suffix"
        )
    chosen = template or next((each for each in TEMPLATES if language in {None, *languages_of(each)}), DEFAULT)
    if chosen not in TEMPLATES:
        raise UsageError(f"there is no template {chosen}: there are {', '.join(TEMPLATES)}")
    files = languages_of(chosen)
    if not files:
        raise CommandError(f"the template {chosen} is not installed: a checkout and the image have it")
    source = next(iter(files.values())) if language is None else files.get(language)
    if source is None:
        raise UsageError(f"the template {chosen} is there in {' and '.join(files)}, not in {language}")
    written = Written(folder / f"{name}{source.suffix}", folder / f"{name}{CASES}")
    existing = [str(file) for file in (written.rule, written.cases) if file.exists()]
    if existing and not force:
        raise CommandError(f"{existing[0]} is there already: take another name, or write over it with --force")
    _write(written.rule, source.read_text(encoding="utf-8"))
    cases = source.with_name(f"{source.stem}{CASES}").read_text(encoding="utf-8")
    _write(written.cases, cases.replace(source.name, written.rule.name))
    return written


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}; name another folder") from error
