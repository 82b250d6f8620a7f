"""All that a runner has of the master key: the keys that open rule secrets.

Its file has one derived key per line, newest first, each with its purpose before it. They are derived one way (HKDF),
so they tell nothing of the master key, nor of the keys for signing keys, client secrets and answers.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_LABEL = b"rule-secrets:"
_KEY_BYTES = 32
HOW_TO_MAKE_IT = "`rulemint init FOLDER` makes runner.key from the master.key in FOLDER"


class RunnerKeyError(Exception):
    """The runner's key is missing or malformed, or a ciphertext was not made with it."""


def runner_key_text(keys: Iterable[bytes]) -> bytes:
    """The text of a key file with the derived *keys*, newest first."""
    return b"\n".join(_LABEL + base64.urlsafe_b64encode(key) for key in keys)


class RunnerKey:
    """Opens rule secrets, and nothing else."""

    def __init__(self, text: bytes) -> None:
        """*text* is that of a key file; a RunnerKeyError says why it is none."""
        lines = text.split()
        if not lines:
            raise RunnerKeyError(f"it is empty; {HOW_TO_MAKE_IT}")
        if not all(line.startswith(_LABEL) for line in lines):
            raise RunnerKeyError(f"it is no runner key, and a runner must not have the master key; {HOW_TO_MAKE_IT}")
        self._fernets = MultiFernet([_fernet(line.removeprefix(_LABEL)) for line in lines])

    @classmethod
    def from_file(cls, path: Path) -> RunnerKey:
        """The key in *path*.

        Raises:
            RunnerKeyError: the file cannot be read or holds no usable key.
        """
        try:
            text = path.read_bytes()
        except OSError as error:
            raise RunnerKeyError(f"cannot read the runner key {path}: {error.strerror}; {HOW_TO_MAKE_IT}") from error
        try:
            return cls(text)
        except RunnerKeyError as error:
            raise RunnerKeyError(f"the runner key {path} is not usable: {error}") from error

    def open_rule_secrets(self, ciphertext: bytes) -> bytes:
        """The plaintext of a rule's secrets.

        Raises:
            RunnerKeyError: they were encrypted under another master key, or were changed since.
        """
        try:
            return self._fernets.decrypt(ciphertext)
        except InvalidToken as error:
            raise RunnerKeyError(
                "rule-secrets: encrypted with another master key than the runner key is made from, or damaged"
            ) from error


def _fernet(key: bytes) -> Fernet:
    try:
        is_key = len(base64.urlsafe_b64decode(key)) == _KEY_BYTES
    except ValueError:
        is_key = False
    if not is_key:
        raise RunnerKeyError(f"a key in it must be {_KEY_BYTES} bytes in URL-safe base64; {HOW_TO_MAKE_IT}")
    return Fernet(key)
