"""Turn a file of cases into the cases that are kept with a version of its rule."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from rulemint_cli.cases.reading import ReadCases, neighbour_of, read_cases
from rulemint_cli.connection.nouns import NotThereError
from rulemint_cli.rules.deployment_plan import Wanted, wanted_of
from rulemint_cli.rules.given_client import client_fields
from rulemint_cli.rules.rule_options import RuleOptions
from rulemint_shared.cases.format import MAX_KEPT_CASES, Case

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin


def wanted_with_cases(file: Path, options: RuleOptions) -> Wanted:
    """Return the rule that *file* and *options* ask for, with the cases that they name or that lie next to it.

    Raises:
        UsageError: a file is not valid, or an option is malformed.
    """
    read = cases_to_keep(file, options.cases, leave_out=options.no_cases)
    return wanted_of(file, options, cases=None if read is None else partial(kept_cases, read=read))


def cases_to_keep(rule: Path | None, named: Path | None, *, leave_out: bool) -> ReadCases | None:
    """Read the cases in *named*, or else those next to *rule*, if there are any.

    Raises:
        UsageError: the file is not valid, or has more cases than are kept.
    """
    file = named or (None if rule is None or not neighbour_of(rule).is_file() else neighbour_of(rule))
    if file is None or leave_out:
        return None
    read = read_cases(file)
    if len(read.content.cases) > MAX_KEPT_CASES:
        problem = f"at most {MAX_KEPT_CASES} cases are kept with a rule: name a smaller file with --cases"
        raise read.problems.at(f"$.cases[{MAX_KEPT_CASES}]", problem)
    return read


async def kept_cases(admin: Admin, read: ReadCases) -> list[dict[str, Any]]:
    """Return the cases as the management API takes them: with the defaults in each, and clients by their ids.

    Raises:
        UsageError: a case names a client that there is not; the error names the line.
        CommandError: the system refuses, or does not answer.
    """
    ids: dict[str, str] = {}
    kept = []
    for index, case in enumerate(read.content.cases):
        whole = Case(name=case.name, expect=case.expect, **msgspec.structs.asdict(case.or_else(read.content.defaults)))
        if isinstance(whole.client, str):
            if whole.client not in ids:
                ids[whole.client] = await _id_of(admin, read, index, whole.client)
            whole = replace(whole, client=ids[whole.client])
        kept.append(msgspec.to_builtins(whole))
    return kept


async def _id_of(admin: Admin, read: ReadCases, index: int, client: str) -> str:
    try:
        return str((await client_fields(admin, client))["client"])
    except NotThereError as error:
        is_own = read.content.cases[index].client is not UNSET
        raise read.problems.at(f"$.cases[{index}].client" if is_own else "$.defaults.client", str(error)) from error
