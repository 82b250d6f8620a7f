"""All that a runner has of the master key: keys that open rule secrets and replays, and one that closes tapes.

Its file has one derived key per line, newest first, each with its purpose before it. They are derived one way (HKDF),
so they tell nothing of the master key, nor of the keys for signing keys, client secrets and answers. The key of tapes
is a public half, so a runner cannot open what it or another has closed.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from rulemint_shared.secrets.sealing import seal

_RULE_SECRETS, _REPLAYS, _TAPES = b"rule-secrets:", b"replays:", b"tapes:"
_KEY_BYTES = 32
HOW_TO_MAKE_IT = "`rulemint init FOLDER` makes runner.key from the master.key in FOLDER"


class RunnerKeyError(Exception):
    """The runner's key is missing or malformed, or a ciphertext was not made with it."""


class RunnerKeys(NamedTuple):
    """The keys of a runner that come of one master key, 32 bytes each."""

    rule_secrets: bytes
    replays: bytes
    tapes: bytes
    """The public half."""


def runner_key_text(keys: Iterable[RunnerKeys]) -> bytes:
    """The text of a key file with the derived *keys*, newest first."""
    labels = (_RULE_SECRETS, _REPLAYS, _TAPES)
    return b"\n".join(
        label + base64.urlsafe_b64encode(key) for each in keys for label, key in zip(labels, each, strict=True)
    )


class RunnerKey:
    """Opens rule secrets and replays and closes tapes, and nothing else."""

    def __init__(self, text: bytes) -> None:
        """*text* is that of a key file; a RunnerKeyError says why it is none."""
        lines = text.split()
        if not lines:
            raise RunnerKeyError(f"it is empty; {HOW_TO_MAKE_IT}")
        if not all(line.startswith((_RULE_SECRETS, _REPLAYS, _TAPES)) for line in lines):
            raise RunnerKeyError(f"it is no runner key, and a runner must not have the master key; {HOW_TO_MAKE_IT}")
        self._rule_secrets = MultiFernet([Fernet(key) for key in _keys(lines, _RULE_SECRETS)] or _none())
        self._replays = [Fernet(key) for key in _keys(lines, _REPLAYS)]
        self._tapes = [base64.urlsafe_b64decode(key) for key in _keys(lines, _TAPES)]

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
            return self._rule_secrets.decrypt(ciphertext)
        except InvalidToken as error:
            raise RunnerKeyError(
                "rule-secrets: encrypted with another master key than the runner key is made from, or damaged"
            ) from error

    @property
    def seals_tapes(self) -> bool:
        """Tell whether there is a key for it: a file that an earlier version made has none."""
        return bool(self._tapes)

    def seal_tape(self, tape: bytes, *, context: bytes) -> bytes:
        """*tape* for the gateway, bound to *context*.

        Raises:
            RunnerKeyError: there is no key for it.
        """
        if not self._tapes:
            raise RunnerKeyError(f"the runner key has no key for tapes; {HOW_TO_MAKE_IT}")
        return seal(tape, self._tapes[0], context=context)

    def open_replay(self, ciphertext: bytes) -> bytes:
        """The plaintext of a replay.

        Raises:
            RunnerKeyError: there is no key for it, it was encrypted under another, or was changed since.
        """
        if not self._replays:
            raise RunnerKeyError(f"the runner key has no key for replays; {HOW_TO_MAKE_IT}")
        try:
            return MultiFernet(self._replays).decrypt(ciphertext)
        except InvalidToken as error:
            raise RunnerKeyError(
                "replays: encrypted with another master key than the runner key is made from, or damaged"
            ) from error


def _keys(lines: list[bytes], label: bytes) -> list[bytes]:
    """Those of one purpose, in base64."""
    keys = [line.removeprefix(label) for line in lines if line.startswith(label)]
    for key in keys:
        try:
            is_key = len(base64.urlsafe_b64decode(key)) == _KEY_BYTES
        except ValueError:
            is_key = False
        if not is_key:
            raise RunnerKeyError(f"a key in it must be {_KEY_BYTES} bytes in URL-safe base64; {HOW_TO_MAKE_IT}")
    return keys


def _none() -> list[Fernet]:
    raise RunnerKeyError(f"it has no key for rule secrets; {HOW_TO_MAKE_IT}")
