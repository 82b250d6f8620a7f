# Made by sdk/derive.py of rule-runner/rulemint_runner/flow/claim_names.py: change that, and run `make sdk`.
"""Decide which claims a rule may set, by the form that it is written in.

Pure: the test kit for rules has this file too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from rulemint._contract.forms import Form

RESERVED = frozenset(
    """
    acr act active amr at_hash ath attest aud auth_time authorization_details azp c_hash client_id cnf cty dest
    entitlements events exp groups gty htm htu iat internalService iss jcard jku jti jwe jwk kid may_act mky nbf nonce
    object_id org_id org_name orig origid permissions roles rph s_hash scope sid sip_callid sip_cseq_num sip_date
    sip_from_tag sip_via_branch sub sub_jwk toe txn typ uuid vot vtm x5t#S256
    """.split()  # noqa: SIM905  # reads better than sixty quoted words
)
"""Names that Auth0 lets no custom claim have; the token's own claims are among them."""
_URL = re.compile(r"https?://[^\s\x00-\x1f]+", re.IGNORECASE)
AUTH0_URN = "urn:auth0"
FOREIGN_HOSTS = ("auth0.com", "webtask.io", "webtask.run")


@lru_cache(maxsize=256)  # at every invocation the same few
def why_left_out(name: str, form: Form) -> str | None:
    """Say why a claim of that name does not get into a token; None if it does."""
    if name in RESERVED:
        return "the name is reserved"
    host = _url_host(name)
    if host is not None and any(host == foreign or host.endswith(f".{foreign}") for foreign in FOREIGN_HOSTS):
        return f"a claim may not be named after {host}"
    if form is Form.ACTION and (name == AUTH0_URN or name.startswith(f"{AUTH0_URN}:")):
        return f"a claim may not be named after {AUTH0_URN}"
    if form is Form.AUTH0 and host is None:
        return "a claim of this form of rule must be named by an http or https URL"
    return None


def _url_host(name: str) -> str | None:
    """The host of an http or https URL; None for anything else, such as one with white space in it."""
    if _URL.fullmatch(name) is None:
        return None
    try:
        return (urlsplit(name).hostname or "").rstrip(".") or None
    except ValueError:
        return None
