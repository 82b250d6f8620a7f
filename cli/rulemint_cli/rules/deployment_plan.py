"""Compare a rule's file and options with the rule of that name, and plan its changes (``rulemint rules deploy``)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from rulemint_cli.connection.nouns import RULES, Record, path_of
from rulemint_cli.rules.rule_file import language_of, read_script, rule_name_of, secret_pairs
from rulemint_cli.rules.rule_options import RuleOptions, fields_of
from rulemint_cli.rules.rule_secrets import secret_names
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.cases.differences import is_equal

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

MAKE_A_VERSION = frozenset(
    {"script", "language", "allow_hosts", "limits", "dependencies", "isolation", "cases", "locked"}
)
"""The fields that a version of a rule fixes."""
SHOWN_OTHERS = 5
KeptCases = Callable[["Admin"], Awaitable[list[Record]]]
"""Makes cases as the management API takes them. It asks the system for the ids of clients."""
_WORDS = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The rule that the command line asks for. Fields that it does not name stay as they are."""

    name: str
    fields: dict[str, Any]
    secrets: dict[str, str]
    is_named: bool = False
    """The command line has given the name. Otherwise it is the file's."""
    message: str = ""
    """The purpose of the new version."""
    cases: KeptCases | None = None
    """Makes the cases to keep with it. None: those that it has."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A plan: the changes that make a rule what is wanted."""

    wanted: Wanted
    existing: Record | None
    etag: str | None
    """The ETag of *existing*. The rule is changed only while it still has this one."""
    changes: dict[str, Any]
    """The fields that differ."""
    known_secrets: list[str]
    remarks: list[str] = field(default_factory=list)
    """Sentences on clients and APIs that are not there."""
    others: tuple[str, ...] = ()
    """The names of the rules that are there, if this one is not."""

    @property
    def makes_a_version(self) -> bool:
        """Tell whether the changes make a new version, which can have a message."""
        return self.existing is None or bool(self.changes.keys() & MAKE_A_VERSION)

    @property
    def is_needed(self) -> bool:
        """Tell whether anything changes. A given secret counts as a change, because its value cannot be compared."""
        return self.existing is None or bool(self.changes or self.wanted.secrets)

    @property
    def step_count(self) -> int:
        """Return how many steps `deploy` reports. A single step is 0, because there is nothing to count."""
        secrets = bool(self.wanted.secrets)
        count = 1 + 2 * secrets if self.existing is None else secrets + bool(self.changes)
        return count if count > 1 else 0

    @property
    def question(self) -> str:
        """Return the beginning of the question that is asked first. A new rule is told from those that are there."""
        if self.existing is not None:
            return f"Change the rule {self.wanted.name}"
        named = ", ".join(self.others[:SHOWN_OTHERS]) + (", …" if len(self.others) > SHOWN_OTHERS else "")
        beside = f", a new one next to {named}," if self.others else ""
        return f"Create the rule {self.wanted.name}{beside}"


def wanted_of(file: Path, options: RuleOptions, *, cases: KeptCases | None = None) -> Wanted:
    """Return the rule that *file* and *options* ask for, with *cases*.

    Raises:
        UsageError: the file cannot be read, or an option is malformed.
    """
    script = {"script": read_script(file), "language": str(language_of(file, options.language))}
    return Wanted(
        name=options.name or rule_name_of(file),
        is_named=options.name is not None,
        fields={**script, **fields_of(options)},
        secrets=secret_pairs(options.secret or []),
        message=options.message or "",
        cases=cases,
    )


async def plan(admin: Admin, wanted: Wanted) -> Deployment:
    """Plan the changes that make the rule as *wanted*.

    Raises:
        UsageError: the name is the file's, no rule has it, and it resembles another rule's.
        CommandError: the system refuses, or does not answer.
    """
    from rulemint_cli.rules.bound_to import bound_to  # noqa: PLC0415  # what calls a system, which --help does without

    rules = await admin.list(RULES.path)
    listed = next((rule for rule in rules if rule["name"] == wanted.name), None)
    names = tuple(str(rule["name"]) for rule in rules)
    if listed is None and not wanted.is_named:
        refuse_a_second(wanted.name, names)
    existing, etag = (None, None) if listed is None else await admin.call_matching("GET", path_of(RULES, listed))
    old = existing or {}
    fields, remarks = await bound_to(admin, wanted.fields)
    wanted = replace(wanted, fields=fields)
    if wanted.cases is not None:
        wanted = replace(wanted, fields={**wanted.fields, "cases": await wanted.cases(admin)})
    changes = {name: value for name, value in wanted.fields.items() if _differs(name, old.get(name), value)}
    if existing is not None and not existing["version"]:  # it shows its draft, which has never run
        changes |= {"script": wanted.fields["script"], "enabled": True}
    return Deployment(
        wanted=wanted,
        existing=existing,
        etag=etag,
        changes=changes,
        known_secrets=await secret_names(admin, existing) if existing and wanted.secrets else [],
        others=names if existing is None else (),
        remarks=remarks,
    )


def refuse_a_second(name: str, names: Sequence[str]) -> None:
    """Refuse to make a rule called *name*, from its file, next to one of *names* that the file may stand for.

    Raises:
        UsageError: one resembles it: ``plan-v2`` or ``Plan`` stands for ``plan``.
    """
    for other in names:
        if _resemble(name, other):
            raise UsageError(
                f"no rule is called {name}, as the file is, but there is {other}: "
                f"give --name {quote(other)} to change that one, or --name {quote(name)} to make another"
            )


def _resemble(one: str, other: str) -> bool:
    """Tell whether both have the same letters and digits, or one has the words of the other and more behind them."""
    first, second = _WORDS.findall(one.casefold()), _WORDS.findall(other.casefold())
    shared = min(len(first), len(second))
    return "".join(first) == "".join(second) or (shared > 0 and first[:shared] == second[:shared])


def _differs(name: str, old: Any, new: Any) -> bool:
    """Compare the values of a field. Limits that a rule does not set are null in the system's answer."""
    if name == "limits" and isinstance(old, dict):
        old = {limit: value for limit, value in old.items() if value is not None}
    return not is_equal(old, new)
