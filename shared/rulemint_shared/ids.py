"""Make ids and secrets, and recognise them.

Exchange ids begin with their time, so that the record of an exchange can be found in its stream without an index.
"""

from __future__ import annotations

import os
import re
import secrets

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_EXCHANGE_ID = re.compile(r"exc_([0-9a-f]{12})[0-9a-f]{16}")


def random_text(length: int) -> str:
    """*length* random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_exchange_id(began_ms: int | None = None) -> str:
    """``exc_``, the time in ms (12 hex digits), 64 random bits (16 hex digits)."""
    return f"exc_{unix_ms() if began_ms is None else began_ms:012x}{os.urandom(8).hex()}"


def exchange_time_ms(exchange_id: str) -> int | None:
    """Return when the exchange began, in ms since the epoch; None if *exchange_id* is not one of ours."""
    match = _EXCHANGE_ID.fullmatch(exchange_id)
    return int(match[1], 16) if match else None


def new_client_id() -> str:
    """32 letters and digits, as Auth0 makes them."""
    return random_text(32)


def new_client_secret() -> str:
    """64 characters from 384 random bits."""
    return secrets.token_urlsafe(48)


def new_resource_server_id() -> str:
    """24 hex digits."""
    return secrets.token_hex(12)


def new_client_grant_id() -> str:
    """``cgr_`` and 16 letters and digits."""
    return f"cgr_{random_text(16)}"


def new_rule_id() -> str:
    """``rul_`` and 16 letters and digits."""
    return f"rul_{random_text(16)}"


def new_rollout_id() -> str:
    """``rol_`` and 16 letters and digits."""
    return f"rol_{random_text(16)}"


def new_try_id() -> str:
    """``try_`` and 24 letters and digits: an invocation that is no exchange, and the rule in it that is no rule."""
    return f"try_{random_text(24)}"


def new_session_id() -> str:
    """``ses_`` and 16 letters and digits."""
    return f"ses_{random_text(16)}"


def new_process_id(kind: str) -> str:
    """The name of one gateway or runner process while it lives."""
    return f"{kind}_{secrets.token_hex(6)}"


def new_job_id(shard: int = 0) -> str:
    """The id of one arq job in that shard of the queue."""
    return redis_keys.job_id(secrets.token_hex(12), shard)
