"""Read both formats of npm ``auth0-deploy-cli`` into the same lists: one ``tenant.yaml``, or a folder for each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rulemint_cli.configuration.yaml_text import parse
from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.progress import Steps
from rulemint_cli.terminal.text_files import read_text

Item = dict[str, Any]

_FOLDERS = {
    "clients": "clients",
    "resourceServers": "resource-servers",
    "clientGrants": "grants",
    "hooks": "hooks",
    "actions": "actions",
    "rules": "rules",
}
"""The folder of each section of tenant.yaml. It has one JSON file for each record."""
TENANT_FILES = ("tenant.yaml", "tenant.yml")


@dataclass(frozen=True)
class Export:
    """An export in either format."""

    folder: Path
    sections: Mapping[str, Any]

    def items(self, section: str) -> list[Item]:
        """Return the records of a section. One that is not a mapping counts as one without a name."""
        found = self.sections.get(section) or []
        return [item if isinstance(item, dict) else {} for item in found] if isinstance(found, list) else []

    def script(self, path: object, section: str) -> str:
        """Return the text in *path*, which starts from the folder of the export or of the section.

        Raises:
            UsageError: the path is outside of the export, or cannot be read.
        """
        root = self.folder.resolve()
        candidates = [(root / str(path)).resolve(), (root / _FOLDERS[section] / str(path)).resolve()]
        for file in candidates:
            if file.is_relative_to(root) and file.is_file():
                return read_text(file)
        raise UsageError(f"its script {path} does not exist")


def read_files(folder: Path, steps: Steps) -> Export:
    """Read the export in *folder*. *steps* count its files.

    Raises:
        UsageError: there is no export, or one of its files cannot be read.
    """
    for name in TENANT_FILES:
        file = folder / name
        if file.is_file():
            steps.expect(1)
            value = parse(read_text(file), called=str(file)).value
            steps.done(file)
            if not isinstance(value, dict):
                raise UsageError(f"{file}: not an export of auth0-deploy-cli")
            return Export(folder, value)
    files = {
        section: sorted((folder / name).glob("*.json"))
        for section, name in _FOLDERS.items()
        if (folder / name).is_dir()
    }
    steps.expect(sum(map(len, files.values())))
    sections: dict[str, Any] = {section: [_json(file, steps) for file in found] for section, found in files.items()}
    for section, name in (("tenant", "tenant.json"), ("triggers", "triggers/triggers.json")):
        if (folder / name).is_file():
            steps.expect(1)
            sections[section] = _json(folder / name, steps)
    if not sections:
        raise UsageError(f"{folder} has neither a tenant.yaml nor the folders that a0deploy export writes")
    others = {path.name for path in folder.iterdir() if path.is_dir()} - {*_FOLDERS.values(), "triggers"}
    sections.update(dict.fromkeys(sorted(others)))
    return Export(folder, sections)


def _json(file: Path, steps: Steps) -> Any:
    try:
        value = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: not valid JSON: {error}") from None
    steps.done(file)
    return value
