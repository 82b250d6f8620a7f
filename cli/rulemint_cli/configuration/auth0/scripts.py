"""Turn Auth0's hooks, actions and rules into ours, in the order in which Auth0 ran them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rulemint_cli.configuration.auth0.export_files import Export, Item
from rulemint_cli.configuration.auth0.records import Left
from rulemint_cli.configuration.present import secret_variable
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.contract.records import Language

TRIGGER = "credentials-exchange"
_PLACEHOLDER = re.compile(r"(##|@@)[A-Za-z_][A-Za-z0-9_]*\1")
_FORM = re.compile(r"\bmodule\.exports\b|\bexports\.|^[ \t]*export\b", re.MULTILINE)
"""Matches a script for tokens, because Auth0's rules for logins are a bare function."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 _-]+")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A script that runs for the client credentials exchange, with its settings."""

    section: str
    name: str
    called: str
    """Its name in a sentence."""
    path: object
    enabled: bool
    place: int
    """Its place in its section."""
    secrets: list[str] = field(default_factory=list)
    dependencies: dict[str, str] = field(default_factory=dict)


def rules_of(export: Export, left: Left) -> list[Item]:
    """Return the scripts that run for the client credentials exchange, hooks first. Report others to *left*."""
    found = [
        each
        for section in (_hooks(export, left), _actions(export, left), _rules(export))
        for each in sorted(section, key=lambda each: each.place)
    ]
    rules: dict[str, Item] = {}
    for each in found:
        rule = _rule(export, each, left)
        if rule is not None and rule["name"] in rules:
            left(each.called, f"another script becomes the rule {rule['name']} already")
        elif rule is not None:
            rules[rule["name"]] = {**rule, "order": len(rules) + 1}
    return list(rules.values())


def _hooks(export: Export, left: Left) -> Iterator[_Found]:
    for place, item in enumerate(export.items("hooks")):
        called = f"hook {item.get('name')}"
        if item.get("triggerId") != TRIGGER:
            left(called, f"its trigger is {item.get('triggerId')}, but Rulemint's tokens are for machines only")
            continue
        yield _Found(
            section="hooks",
            name=str(item.get("name")),
            called=called,
            path=item.get("script"),
            enabled=bool(item.get("enabled", False)),
            place=place,
            secrets=list(item.get("secrets") or {}),
            dependencies={str(name): str(version) for name, version in (item.get("dependencies") or {}).items()},
        )


def _actions(export: Export, left: Left) -> Iterator[_Found]:
    bound = _bound(export)
    for place, item in enumerate(export.items("actions")):
        called = f"action {item.get('name')}"
        triggers = [str(trigger.get("id")) for trigger in item.get("supported_triggers") or []]
        if TRIGGER not in triggers:
            trigger = ", ".join(triggers) or "unknown"
            left(called, f"its trigger is {trigger}, but Rulemint's tokens are for machines only")
            continue
        if item.get("modules"):
            left(f"modules of the {called}", "Rulemint has no modules: put their code into the action")
        is_bound = item.get("name") in bound
        packages = item.get("dependencies") or []
        yield _Found(
            section="actions",
            name=str(item.get("name")),
            called=called,
            path=item.get("code"),
            enabled=is_bound and bool(item.get("deployed", True)),
            place=bound.index(item.get("name")) if is_bound else len(bound) + place,
            secrets=[str(secret.get("name")) for secret in item.get("secrets") or []],
            dependencies={str(package.get("name")): str(package.get("version") or "") for package in packages},
        )


def _rules(export: Export) -> Iterator[_Found]:
    for item in export.items("rules"):
        yield _Found(
            section="rules",
            name=str(item.get("name")),
            called=f"rule {item.get('name')}",
            path=item.get("script"),
            enabled=bool(item.get("enabled", True)),
            place=int(item.get("order") or 0),
        )


def _bound(export: Export) -> list[Any]:
    """Return the names of the actions that run, in their order."""
    triggers = export.sections.get("triggers")
    bindings = triggers.get(TRIGGER) if isinstance(triggers, dict) else None
    return [binding.get("action_name") for binding in bindings or [] if isinstance(binding, dict)]


def _rule(export: Export, found: _Found, left: Left) -> Item | None:
    try:
        script = export.script(found.path, found.section)
    except UsageError as error:
        left(found.called, str(error))
        return None
    if found.section == "rules" and not _FORM.search(script):
        left(found.called, "it ran at logins, but Rulemint's tokens are for machines only")
        return None
    for placeholder in sorted({match[0] for match in _PLACEHOLDER.finditer(script)}):
        left(f"{placeholder} in the {found.called}", "put the value that auth0-deploy-cli would insert into the script")
    name = _NOT_IN_NAMES.sub("-", found.name).strip(" _-")[:100].strip(" _-") or "rule"
    return {
        "name": name,
        "script": script,
        "language": Language.JAVASCRIPT,
        "enabled": found.enabled,
        "dependencies": found.dependencies,
        "secrets": {secret: secret_variable(name, secret) for secret in found.secrets},
    }
