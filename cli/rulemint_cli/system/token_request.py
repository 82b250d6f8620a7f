"""Ask for a token as a client does, and read its claims (``rulemint token``)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from rulemint_cli.system.exchange_report import short
from rulemint_cli.terminal.errors import CommandError

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A token request."""

    client_id: str
    client_secret: str = field(repr=False)
    audience: str
    scope: list[str]


async def ask(admin: Admin, asked: Asked) -> dict[str, Any]:
    """Send a token request, and return the answer of the token endpoint.

    Raises:
        CommandError: the system refuses, or does not answer; the text has the system's reason.
    """
    body = {
        "grant_type": "client_credentials",
        "client_id": asked.client_id,
        "client_secret": asked.client_secret,
        "audience": asked.audience,
        **({"scope": " ".join(asked.scope)} if asked.scope else {}),
    }
    status, answer = await admin.ask(body)
    if status == 200:
        return answer
    exchange = answer.get("exchange_id")
    account = (
        f" (exchange {exchange}); rulemint exchanges show {short(str(exchange))} shows all about it" if exchange else ""
    )
    raise CommandError(f"no token: {answer.get('error')}: {answer.get('error_description', status)}{account}")


def claims_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the claims of the token in *answer*. The signature is not checked, because the signer itself sent it.

    Raises:
        CommandError: the token is not a JWT.
    """
    try:
        payload = str(answer["access_token"]).split(".")[1]
        return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=dict[str, Any])
    except (KeyError, IndexError, binascii.Error, msgspec.DecodeError) as error:
        raise CommandError(f"the answer has no token whose claims can be shown: {error}") from error
