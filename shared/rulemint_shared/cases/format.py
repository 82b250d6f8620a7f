"""Define the format of cases. docs/cases.md explains each field, and the test kits use the same words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_shared.contract.dependencies import MAX_DEPENDENCIES, MAX_NAME_CHARACTERS, MAX_VERSION_CHARACTERS
from rulemint_shared.contract.log_records import Level
from rulemint_shared.contract.messages import MAX_DENIAL, MAX_DETAIL, DenialCode, FailureReason
from rulemint_shared.contract.records import RuleLimits
from rulemint_shared.contract.travelling import check_travels
from rulemint_shared.scopes import MAX_SCOPE_CHARACTERS, MAX_SCOPES

MAX_CASES = 500
MAX_KEPT_CASES = 100
"""Cases that are kept with a version of a rule. A file may have more, but a deployment waits for these."""
MAX_CASES_BYTES = 64 * 1024
"""Of all cases of a version together, as JSON."""
MAX_EXPECTED = 200
"""Entries of one list or mapping of expectations."""

TEST_AUDIENCE = "https://api.example.com/"
"""The audience of a case with a test client that names none."""

Short = Annotated[str, Meta(min_length=1, max_length=200)]
Scopes = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=MAX_SCOPE_CHARACTERS)]], Meta(max_length=MAX_SCOPES)
]
ClaimName = Annotated[str, Meta(min_length=1, max_length=1_024)]
Claims = Annotated[dict[ClaimName, Any], Meta(max_length=MAX_EXPECTED)]
Names = Annotated[list[ClaimName], Meta(max_length=MAX_EXPECTED)]
Texts = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=255)], Annotated[str, Meta(max_length=2_048)]],
    Meta(max_length=100),
]
Secrets = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=128)], Annotated[str, Meta(max_length=8_192)]],
    Meta(max_length=100),
]


class TestClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client that need not exist."""

    __test__ = False
    """For pytest: this is no class of tests."""

    id: Annotated[str, Meta(min_length=1, max_length=128)] = "test-client"
    name: Annotated[str, Meta(max_length=200)] = "Test client"
    metadata: Texts = {}


class Inputs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token request of a case. An input that is not set is the default's, or else the trial's own."""

    client: Short | TestClient | UnsetType = UNSET
    """A text names a client of the tenant, by its id or its name."""
    audience: Annotated[str, Meta(min_length=1, max_length=600)] | UnsetType = UNSET
    scope: Scopes | UnsetType = UNSET
    secrets: Secrets | UnsetType = UNSET
    ip: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    user_agent: Annotated[str, Meta(max_length=512)] | UnsetType = UNSET
    hostname: Annotated[str, Meta(max_length=255)] | UnsetType = UNSET
    headers: Texts | UnsetType = UNSET
    query: Texts | UnsetType = UNSET
    body: Annotated[dict[str, Any], Meta(max_length=100)] | UnsetType = UNSET

    def or_else(self, others: Inputs) -> Inputs:
        """Return these inputs, and those of *others* that are not set here."""
        names = Inputs.__struct_fields__
        return Inputs(**{name: _first_set(getattr(self, name), getattr(others, name)) for name in names})


class Refused(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule refuses. A field that is not set may be any."""

    error: DenialCode | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=MAX_DENIAL)] | UnsetType = UNSET


class FailedBy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule fails. A field that is not set may be any; *message* is a part of the error."""

    reason: FailureReason | UnsetType = UNSET
    message: Annotated[str, Meta(min_length=1, max_length=MAX_DETAIL)] | UnsetType = UNSET


class Logged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the rule's log; *message* is a part of it."""

    message: Annotated[str, Meta(min_length=1, max_length=8_192)]
    level: Level | UnsetType = UNSET


class Called(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call of the rule. A field that is not set may be any; *status* None: no answer came."""

    method: Annotated[str, Meta(min_length=1, max_length=32)] | UnsetType = UNSET
    host: Annotated[str, Meta(min_length=1, max_length=261)] | UnsetType = UNSET
    status: Annotated[int, Meta(ge=100, le=599)] | UnsetType | None = UNSET


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The expectations of a case. Without *refused* and *failed* it expects that the rule grants."""

    claims: Claims | UnsetType = UNSET
    claims_include: Claims | UnsetType = UNSET
    claims_absent: Names | UnsetType = UNSET
    scope: Scopes | UnsetType = UNSET
    scope_include: Scopes | UnsetType = UNSET
    scope_absent: Scopes | UnsetType = UNSET
    refused: Refused | UnsetType = UNSET
    failed: FailedBy | UnsetType = UNSET
    left_out: Names | UnsetType = UNSET
    log: Annotated[list[Short | Logged], Meta(max_length=MAX_EXPECTED)] | UnsetType = UNSET
    calls: Annotated[list[Called], Meta(max_length=MAX_EXPECTED)] | UnsetType = UNSET

    def problem(self) -> str | None:
        """Say what no field alone shows to be wrong; None if nothing is."""
        is_set = [name for name in self.__struct_fields__ if getattr(self, name) is not UNSET]
        if not is_set:
            return f"it expects nothing: name one of {', '.join(self.__struct_fields__)}"
        if self.refused is not UNSET and self.failed is not UNSET:
            return "a rule cannot have refused and failed: name one of the two"
        ending = "refused" if self.refused is not UNSET else "failed" if self.failed is not UNSET else None
        of_a_token = [name for name in is_set if name.startswith(("claims", "scope"))]
        if ending and of_a_token:
            return f"there is no token if the rule has {ending}: leave out {' and '.join(of_a_token)}"
        return None


class Case(Inputs, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One token request, and what is expected."""

    name: Short
    expect: Expected

    @property
    def inputs(self) -> Inputs:
        """Return the inputs alone."""
        return self.or_else(Inputs())


class Needs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The things that the rule may use, as when it is deployed. A field that is not set is that of a new rule."""

    dependencies: (
        Annotated[
            dict[
                Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)],
                Annotated[str, Meta(max_length=MAX_VERSION_CHARACTERS)],
            ],
            Meta(max_length=MAX_DEPENDENCIES),
        ]
        | UnsetType
    ) = UNSET
    allow_hosts: Annotated[list[Short], Meta(max_length=100)] | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET


class Limits(RuleLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of the rule. One that is not set is the runner's default."""


class CaseFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of cases."""

    cases: Annotated[list[Case], Meta(min_length=1, max_length=MAX_CASES)]
    defaults: Inputs = Inputs()
    rule: Needs = Needs()


def first_problem(cases: Sequence[Case]) -> tuple[str, str] | None:
    """Find what no field alone shows to be wrong: its path within *cases*, such as ``[0].expect``, and the problem."""
    known: dict[str, int] = {}
    for index, case in enumerate(cases):
        if case.name in known:
            return f"[{index}].name", f"cases[{known[case.name]}] has this name too: give each its own"
        known[case.name] = index
        if problem := case.expect.problem():
            return f"[{index}].expect", problem
        try:
            check_travels(msgspec.to_builtins(case))
        except ValueError as error:
            return f"[{index}]", f"it has {error}"
    return None


def _first_set(one: Any, other: Any) -> Any:
    return other if one is UNSET else one
