"""Encrypt and hash secrets at rest, with keys that are derived from the master key, one for each purpose.

The master key file holds one Fernet key per line, newest first. Writing encrypts with the first, and reading tries all.
So a key is rotated by putting a new line on top.

Only the gateway has the master key. A runner has a file with what it needs of it (`runner_key`), which is made here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from enum import StrEnum
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rulemint_shared.secrets.runner_key import RunnerKeys, runner_key_text
from rulemint_shared.secrets.sealing import SealError, public_half, unseal


class Purpose(StrEnum):
    """The purpose of a derived key: a ciphertext of one purpose does not open under another."""

    RULE_SECRETS = "rule-secrets"
    SIGNING_KEYS = "signing-keys"
    CLIENT_SECRETS = "client-secrets"
    ANSWERS = "answers"
    LAST_ANSWERS = "last-answers"
    KEY_CHECK = "key-check"
    REPLAYS = "replays"
    """Of tapes on their way to a runner, which opens them."""
    OIDC_SECRETS = "oidc-secrets"
    """Of a tenant at a provider of OpenID Connect."""
    SIGN_INS = "sign-ins"
    """Of a browser's way to a provider and back."""
    TAPES = "tapes"
    """Of tapes that are kept: runners seal them, and only the gateway opens them."""


class VaultError(Exception):
    """The master key is missing or malformed, or a ciphertext was not made with it."""


def create_master_key(path: Path) -> None:
    """Write a new master key to *path*, readable by its owner only; an existing file is left as it is."""
    create_secret_file(path, Fernet.generate_key())


def create_secret_file(path: Path, secret: bytes) -> None:
    """Write *secret* to *path*, mode 0600, whole or not at all; an existing file is left as it is."""
    part = _written_apart(path, secret)
    try:
        os.link(part, path)  # never overwrites: of several processes that start at once, one wins
    except FileExistsError:
        pass
    finally:
        part.unlink()


def keep_runner_key(path: Path, *, master_key: Path) -> None:
    """Have in *path* what a runner needs of *master_key*, mode 0600: made if it is not there, or is another key's.

    Raises:
        OSError: *path* cannot be written.
        VaultError: *master_key* cannot be read or holds no usable key.
    """
    wanted = Vault.from_file(master_key).runner_key()
    try:
        if path.read_bytes().strip() == wanted:
            return
    except FileNotFoundError:
        pass
    _written_apart(path, wanted).replace(path)


def _written_apart(path: Path, secret: bytes) -> Path:
    """Write *secret* into a file of this process next to *path*, mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return part


class Vault:
    """Encrypts, decrypts and hashes; the only holder of the master key."""

    def __init__(self, master_keys: list[bytes]) -> None:
        if not master_keys:
            raise VaultError("the master key is empty")
        try:
            raw_keys = [base64.urlsafe_b64decode(key) for key in master_keys]
        except ValueError as error:
            raise VaultError("the master key is not URL-safe base64") from error
        if any(len(raw) != 32 for raw in raw_keys):
            raise VaultError("a master key must be 32 bytes in URL-safe base64")
        self._raw_keys = raw_keys
        self._fernets = {
            purpose: MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(raw, purpose))) for raw in raw_keys])
            for purpose in Purpose
        }
        hash_keys = [_derive(raw, Purpose.CLIENT_SECRETS) for raw in raw_keys]
        self._hashes = [hmac.new(key, digestmod=hashlib.sha256) for key in hash_keys]
        """Of each key, ready to be copied: to begin anew takes OpenSSL longer than the hash."""

    @classmethod
    def from_file(cls, path: Path) -> Vault:
        """The vault of the master key in *path*.

        Raises:
            VaultError: the file cannot be read or holds no usable key.
        """
        try:
            lines = path.read_bytes().split()
        except OSError as error:
            raise VaultError(f"cannot read the master key {path}: {error.strerror}") from error
        return cls(lines)

    def runner_key(self) -> bytes:
        """Make the content of a runner's key file, from which no other key can be found.

        It opens rule secrets and replays, and closes tapes.
        """
        return runner_key_text(
            RunnerKeys(
                rule_secrets=_derive(raw, Purpose.RULE_SECRETS),
                replays=_derive(raw, Purpose.REPLAYS),
                tapes=public_half(_derive(raw, Purpose.TAPES)),
            )
            for raw in self._raw_keys
        )

    def open_tape(self, sealed: bytes, *, context: bytes) -> bytes:
        """The tape that a runner sealed in this *context*.

        Raises:
            VaultError: it was sealed for another master key or in another context, or was changed since.
        """
        for raw in self._raw_keys:
            try:
                return unseal(sealed, _derive(raw, Purpose.TAPES), context=context)
            except SealError:
                continue
        raise VaultError("tapes: sealed for another master key or another exchange, or damaged")

    def encrypt(self, plaintext: bytes, *, purpose: Purpose) -> bytes:
        """The Fernet token of *plaintext* under the newest key."""
        return self._fernets[purpose].encrypt(plaintext)

    def decrypt(self, ciphertext: bytes, *, purpose: Purpose) -> bytes:
        """The plaintext of a token made for the same purpose.

        Raises:
            VaultError: it was not, or was changed since.
        """
        try:
            return self._fernets[purpose].decrypt(ciphertext)
        except InvalidToken as error:
            raise VaultError(f"{purpose}: encrypted with another master key, or damaged") from error

    def hash_secret(self, secret: str) -> bytes:
        """The keyed hash under which a client secret is kept (HMAC-SHA-256, newest key)."""
        return _keyed_hash(self._hashes[0], secret.encode())

    def secret_matches(self, secret: str, hashed: bytes) -> bool:
        """Tell whether *hashed* is the keyed hash of *secret* under any key. It takes the same time either way."""
        data = secret.encode()
        matches = [hmac.compare_digest(_keyed_hash(begun, data), hashed) for begun in self._hashes]
        return any(matches)


def _keyed_hash(begun: hmac.HMAC, data: bytes) -> bytes:
    """The HMAC of *data* with the key of *begun*, to which nothing has been added."""
    hashing = begun.copy()
    hashing.update(data)
    return hashing.digest()


def _derive(raw_key: bytes, purpose: Purpose) -> bytes:
    """The key of one purpose (HKDF, RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"rulemint {purpose}".encode())
    return kdf.derive(raw_key)
