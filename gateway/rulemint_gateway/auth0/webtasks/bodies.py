"""The bodies that `wt` sends to make a webtask."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.fields import RuleName, Script, SecretName, SecretValue, TenantName
from rulemint_gateway.management.rules.secrets import MAX_SECRETS, NOT_SHOWN
from rulemint_shared.wrong_values import WrongValue, in_words

Metadata = Annotated[
    dict[Annotated[str, Meta(max_length=128)], Annotated[str, Meta(max_length=8_192)]], Meta(max_length=30)
]
Secrets = Annotated[dict[SecretName, SecretValue], Meta(max_length=MAX_SECRETS)]
Url = Annotated[str, Meta(max_length=2_048)]
Flag = Annotated[int, Meta(ge=0, le=2)]


class IssueToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /api/tokens/issue``: a webtask token's claims, which are a webtask."""

    ten: TenantName
    """The container, which is the tenant."""
    jtn: RuleName
    """The name."""
    code: Script | None = None
    url: Url = ""
    """Without code: that of the code that the webtask has, as it was read here."""
    ectx: Secrets = {}
    """All its secrets; a value that was not shown stays."""
    meta: Metadata = {}
    pctx: Annotated[dict[str, str], Meta(max_length=0)] = {}
    """Parameters: a rule has none."""
    mb: Flag = 0
    pb: Flag = 0
    dr: Flag = 0
    dd: Annotated[int, Meta(ge=0, le=1_000)] = 0
    """The way from a request to a webtask's input, and the makers of its tokens: of no effect on a rule."""

    def secrets(self, old: dict[str, str]) -> dict[str, str]:
        """The secrets that it has from now on; *old* are the ones it had.

        Raises:
            InvalidBodyError: one has no value.
        """
        return {name: _value(name, value, old) for name, value in self.ectx.items()}


class PutWebtask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PUT /api/webtask/{container}/{name}``: the same in other words."""

    code: Script | None = None
    url: Url = ""
    secrets: Secrets = {}
    meta: Metadata = {}

    def named(self, container: str, name: str) -> IssueToken:
        """It as the claims of a token.

        Raises:
            InvalidBodyError: no rule may be called *name*.
        """
        claims = {"code": self.code, "url": self.url, "ectx": self.secrets, "meta": self.meta}
        try:
            return msgspec.convert({**claims, "ten": container, "jtn": name}, IssueToken)
        except msgspec.ValidationError as error:
            raise InvalidBodyError(f"name: {in_words(WrongValue.of(error))}", field="name") from None


def code_url(container: str, name: str) -> str:
    """The URL that stands for a webtask's code: nothing reads there, and it comes back if the code is to stay."""
    return f"webtask://localhost/api/data/code/{container}%2F{name}"


def _value(name: str, value: str, old: dict[str, str]) -> str:
    if value != NOT_SHOWN:
        return value
    if name not in old:
        raise InvalidBodyError(f"The secret {name} needs a value: it has none yet", field="ectx")
    return old[name]
