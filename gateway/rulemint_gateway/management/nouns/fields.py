"""Bounded types of fields that request bodies share. The struct of a body refuses fields that it does not name."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.allow_list import MAX_ENTRIES, MAX_ENTRY_CHARACTERS
from rulemint_shared.contract.dependencies import MAX_DEPENDENCIES, MAX_NAME_CHARACTERS, MAX_VERSION_CHARACTERS
from rulemint_shared.scopes import MAX_SCOPE_CHARACTERS, SCOPE_CHARACTER
from rulemint_shared.whole_text import whole

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=whole(r"[^<>\x00-\x1f]+", means="a text without <, > and control characters"),
    ),
]
RuleName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=whole(
            r"[a-zA-Z0-9]([ _\-a-zA-Z0-9]*[a-zA-Z0-9])?",
            means="letters, digits, blanks, _ and -, with a letter or digit at both ends",
        ),
    ),
]
Description = Annotated[str, Meta(max_length=1_000)]
VersionMessage = Annotated[str, Meta(max_length=500)]
ClientId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=whole(r"[\x21-\x39\x3b-\x7e]+", means="printable ASCII characters without blanks and colons"),
    ),
]
"""Printable ASCII without a colon: HTTP Basic could not carry it (RFC 7617 §2)."""
ClientSecretValue = Annotated[
    str,
    Meta(
        min_length=16, max_length=512, pattern=whole(r"[\x21-\x7e]+", means="printable ASCII characters without blanks")
    ),
]
MetadataKey = Annotated[str, Meta(min_length=1, max_length=255)]
MetadataValue = Annotated[str, Meta(max_length=255)]
Identifier = Annotated[
    str,
    Meta(
        min_length=1, max_length=600, pattern=whole(r"[\x21-\x7e]+", means="printable ASCII characters without blanks")
    ),
]
RuleClients = Annotated[tuple[ClientId, ...], Meta(max_length=100)]
RuleAudiences = Annotated[tuple[Identifier, ...], Meta(max_length=100)]
ScopeValue = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_SCOPE_CHARACTERS,
        pattern=whole(
            f"{SCOPE_CHARACTER}+", means="a scope: printable ASCII characters without blanks, quotes and backslashes"
        ),
    ),
]
ScopeValues = Annotated[list[ScopeValue], Meta(max_length=1_000)]
SigningSecret = Annotated[str, Meta(min_length=32, max_length=512)]
"""HS256 wants 256 bits at least (RFC 7518 §3.2)."""
TokenLifetime = Annotated[int, Meta(ge=1, le=2_592_000)]
MAX_SCRIPT_CHARACTERS = 262_144
Script = Annotated[str, Meta(min_length=1, extra_json_schema={"maxLength": MAX_SCRIPT_CHARACTERS})]
"""`check_script_length` says in Auth0's words that it is longer."""
MAX_STALE_MINUTES = 1_440
"""The pattern of `OnFailure` spells it, too."""
OnFailure = Annotated[
    str,
    Meta(
        max_length=10,
        pattern=whole(
            r"(closed|stale:([1-9]|[1-9][0-9]{1,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440))",
            means=f"closed, or stale: and 1 to {MAX_STALE_MINUTES} minutes, such as stale:15",
        ),
    ),
]
Order = Annotated[int, Meta(ge=0, le=1_000_000)]
SecretName = Annotated[
    str, Meta(min_length=1, max_length=128, pattern=whole(r"[A-Za-z0-9_\-.]+", means="letters, digits, _, - and ."))
]
SecretValue = Annotated[str, Meta(max_length=8_192)]
AllowHosts = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=MAX_ENTRY_CHARACTERS)], ...], Meta(max_length=MAX_ENTRIES)
]
TenantName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=63,
        pattern=whole(
            r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", means="small letters, digits and -, with a letter or digit at both ends"
        ),
    ),
]
Host = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=261,
        pattern=whole(
            r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?",
            means="a host, with its port if need be: id.example.com:8080",
        ),
    ),
]
"""As the Host header spells it: with its port unless that is the scheme's own."""
Hosts = Annotated[list[Host], Meta(min_length=1, max_length=20)]
Issuer = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=whole(
            r"https?://[^\s?#/@]+/", means="a URL without a path, with a slash at its end: https://id.example.com/"
        ),
    ),
]
"""Without a path, because a tenant is found by its host and answers at its root."""
Dependencies = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)],
        Annotated[str, Meta(max_length=MAX_VERSION_CHARACTERS)],
    ],
    Meta(max_length=MAX_DEPENDENCIES),
]
"""`rulemint_shared.contract.dependencies` reads them."""


def check_in_path(value: str | None, field: str) -> None:
    """Refuse a name that no URL path can have: clients and proxies take ``.`` and ``..`` out (RFC 3986 §5.2.4).

    Raises:
        InvalidBodyError: it names the field.
    """
    if value in {".", ".."}:
        raise InvalidBodyError(f"{field} must not be . or .., because no URL can name it: choose another", field=field)
