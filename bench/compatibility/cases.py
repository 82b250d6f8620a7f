"""The cases: rules in files, one for each package, whose first lines say what they need and what they show.

::

    // npm: axios@^1 axios-retry@^4     the package of the case, then others that its rule uses (`pypi:` in Python)
    // kind: HTTP                       its group on the page
    // answers /token: {"plan": "gold"} what the local service answers under that path, and any path if there is none
    // gives: "gold"                    the claim `used` of the token
    // cannot: it needs a socket        instead of `gives`: why it cannot work

A line that begins with spaces behind the comment's mark goes on with the line before it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RULES = Path(__file__).parent / "rules"
LANGUAGES = {".js": "javascript", ".mjs": "javascript", ".ts": "typescript", ".py": "python"}
_LINE = re.compile(r"(?://|#)(?: (?P<name>[a-z]+)(?: (?P<path>/\S*))?:|   ) ?(?P<text>.*)")
_KNOWN = frozenset({"npm", "pypi", "kind", "answers", "gives", "cannot"})


@dataclass(frozen=True)
class Answer:
    """What the service answers to a request whose path begins with *path*."""

    path: str
    body: str

    @property
    def content_type(self) -> str:
        """Of the body, by how it begins."""
        return {"<": "text/xml", "{": "application/json", "[": "application/json"}.get(self.body[:1], "text/plain")


@dataclass(frozen=True, eq=False)
class Case:
    """One rule that uses one package."""

    file: Path
    registry: str
    """``npm`` or ``pypi``."""
    packages: dict[str, str]
    """Name → range of versions; the first is the case's."""
    kind: str
    script: str
    gives: Any
    """What the token's claim `used` is; None if the package cannot work."""
    cannot: str
    """Why it cannot work, or nothing."""
    answers: tuple[Answer, ...]

    @property
    def name(self) -> str:
        """The package."""
        return next(iter(self.packages))

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return self.file.stem

    @property
    def language(self) -> str:
        """The language that the file's name says."""
        return LANGUAGES[self.file.suffix]

    @property
    def host(self) -> str:
        """The name under which its rule reaches the service."""
        return f"{re.sub('[^a-z0-9]+', '-', self.file.name.lower())}.service.test"

    @property
    def digest(self) -> str:
        """It changes with the file."""
        return hashlib.sha256(self.file.name.encode() + self.script.encode()).hexdigest()


def every_case(folder: Path = RULES) -> list[Case]:
    """All cases, in the order of their names.

    Raises:
        SystemExit: a file does not say what it has to.
    """
    return [read_case(file) for file in sorted(folder.iterdir()) if file.suffix in LANGUAGES]


def read_case(file: Path) -> Case:
    """The case of *file*.

    Raises:
        SystemExit: it does not say what it has to.
    """
    script = file.read_text()
    said = _first_lines(script)
    texts = {name: text for name, _path, text in said}
    if unknown := texts.keys() - _KNOWN:
        raise SystemExit(f"{file}: {', '.join(sorted(unknown))}: nobody reads such a line")
    registry = "pypi" if file.suffix == ".py" else "npm"
    if missing := {registry, "kind"} - texts.keys():
        raise SystemExit(f"{file}: the line {', '.join(sorted(missing))} is missing")
    if ("gives" in texts) == ("cannot" in texts):
        raise SystemExit(f"{file}: one of the lines gives and cannot is needed")
    try:
        gives = json.loads(texts["gives"]) if "gives" in texts else None
    except ValueError as error:
        raise SystemExit(f"{file}: gives: not JSON: {error}") from error
    answers = [Answer(path, text) for name, path, text in said if name == "answers"]
    return Case(
        file=file,
        registry=registry,
        packages=dict(_package(text) for text in texts[registry].split()),
        kind=texts["kind"],
        script=script,
        gives=gives,
        cannot=texts.get("cannot", ""),
        answers=tuple(sorted(answers, key=lambda answer: -len(answer.path))),
    )


def _first_lines(script: str) -> list[tuple[str, str, str]]:
    """Name, path and text of each line at the head of *script*."""
    said: list[tuple[str, str, str]] = []
    for line in script.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            break
        if found["name"]:
            said.append((found["name"], found["path"] or "/", found["text"]))
        elif said:
            name, path, text = said[-1]
            said[-1] = name, path, f"{text} {found['text'].strip()}"
    return said


def _package(text: str) -> tuple[str, str]:
    """Name and range: ``axios@^1``, ``@scope/name@^1``, ``pydantic>=2``."""
    found = re.fullmatch(r"(@?[^@<>=~!]+)(?:@(.+)|([<>=~!].*))?", text)
    if found is None:
        raise SystemExit(f"{text}: not a package")
    return found[1], found[2] or found[3] or "*"
