# Made by sdk/derive.py of shared/rulemint_shared/secrets/names.py: change that, and run `make sdk`.
"""The one list of what is secret: decides by its name whether a value must never be kept, shown or handed to a rule.

A name is read as one word in lower case: ``private_key``, ``privateKey`` and ``Private-Key`` are the same. It is secret
if a word for a secret stands in it and nothing behind that word says that something else is meant: ``secret`` is one,
and ``secret_name`` is not. What is doubtful counts as secret. The table in the tests of this module says how each name
is decided that we have met.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LONGEST_NAME = 128
"""A longer name is not looked at: it is secret."""
_REMEMBERED_NAMES = 4_096
_REMEMBERED_SETS, _REMEMBERED_CHARACTERS = 512, 512
"""Of names that came together, and how long they may be in all."""

_SECRETS = """
    password passwd passphrase passcode pwd secret token credential assertion authori[sz]ation cookie jwt jws jwe
    bearer dpop signature csrf xsrf macaroon mnemonic seedphrase recoveryphrase samlresponse codeverifier
    connectionstring connstring connstr keypair keymaterial
    private(?:pem|jwk|exponent|cert|der|pkcs) sessid sessionid
"""
"""Words that are secret anywhere in a name."""
_AFTERWARDS = r"""
    endpoint url uri name type kind count length limit quota polic lifetime ttl expir duration timeout maxage
    alg signingalg encryptionalg encryptionenc signedresponse encryptedresponse format method status version revision
    rotat created updated changed deleted lastused used usage strength required enabled supported dialect profile
    config setting option exchange issuer field header location file path folder directory size encod
    perminute perhour perday persecond permonth perrequest domain realm server details consent metadata
    label description style mode scheme left attribute consumer provider template binding introspection revocation
    through cutter less ary ariat i[sz]ation i[sz]er i[sz]ed i[sz]ing i[sz]e\Z age\Z len\Z bytes\Z
"""
"""Words that may follow such a word and tell of it without being it; the last are other words that begin the same."""
_LAST_SECRET = re.compile(rf".*(?:{'|'.join(_SECRETS.split())})(.*)")
_HARMLESS_REST = re.compile(rf"s?(?:keys?)?(?:{'|'.join(_AFTERWARDS.split())})")
_NAMES_ONE = re.compile(r"(?:credential|key)ids?\Z")
"""The id of a credential or a key names it. A ``secret_id`` or ``session_id`` opens something."""

_KEY = re.compile(r"keys?\d*(?:value|pem|data|base64|b64|hex)?\d*\Z")
_HARMLESS_KEY = re.compile(
    r"(?:public|pub|foreign|partition|sort|cache|idempotency|unique|routing"
    r"|mon|tur|don|hoc|joc|whis|hot|lac|smo)keys?\Z"
)
"""Keys that open nothing, and other words that end the same."""
_CODE = re.compile(
    r"(?:auth|device|user|otp|totp|mfa|2fa|verification|recovery|backup|security|access|onetime|login|binding|oob"
    r"|confirmation|twofactor)codes?\Z"
)
_SESSION = re.compile(r"(?<!pos)(?<!ob)session(?:data|value|state|handle)?\Z")
_PASS = re.compile(r"(?:^|db|user|smtp|ftp|ssh|root|admin|login|basic|http|proxy|redis|mysql|pg|mail)pass\Z")
_WHOLE_NAMES = """
    auth xauth basicauth httpauth proxyauth authentication xauthentication sid connectsid ticket loginticket pat pw
"""
"""Secret if they are all of a name."""
_WHOLE_WORDS = "pin otp totp hotp psk sig hmac sas pfx p12 pkcs12 keytab pass"
"""Secret if they stand in a name by themselves: ``user_pin`` and ``userPin``, but not ``shipping``."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*|[0-9]+")


def is_secret_name(name: str) -> bool:
    """Tell whether the value of something called *name* is secret, as a parameter, member, header or field."""
    return len(name) > LONGEST_NAME or _is_secret(name)


def secret_names_among(names: Iterable[str]) -> frozenset[str]:
    """Those of *names* that are secret. Callers send the same few names again and again: these are remembered."""
    among = tuple(names)
    return _secret_ones(among) if sum(map(len, among)) <= _REMEMBERED_CHARACTERS else _find_secret_ones(among)


def _find_secret_ones(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(filter(is_secret_name, names))


_secret_ones = lru_cache(maxsize=_REMEMBERED_SETS)(_find_secret_ones)


@lru_cache(maxsize=_REMEMBERED_NAMES)  # of bounded length: few names come again and again
def _is_secret(name: str) -> bool:
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    squeezed = "".join(filter(str.isalnum, name.lower()))
    return (
        _holds_secret(squeezed)
        or (_KEY.search(squeezed) is not None and _HARMLESS_KEY.search(squeezed) is None)
        or squeezed in _WHOLE_NAMES.split()
        or any(pattern.search(squeezed) for pattern in (_CODE, _SESSION, _PASS))
        or _has_secret_word([word.lower() for word in _WORD.findall(name)])
    )


def _holds_secret(squeezed: str) -> bool:
    """Tell whether the last word for a secret in *squeezed* is what the name is about."""
    found = _LAST_SECRET.match(squeezed)
    return found is not None and not _HARMLESS_REST.match(found[1]) and not _NAMES_ONE.search(squeezed)


def _has_secret_word(words: list[str]) -> bool:
    return any(
        word in _WHOLE_WORDS.split() and not _HARMLESS_REST.match("".join(words[place:]))
        for place, word in enumerate(words, start=1)
    )
