from __future__ import annotations

import base64
import secrets
import stat
from pathlib import Path

import pytest

from rulemint_shared.secrets.vault import Purpose, Vault, VaultError, create_master_key


def a_key() -> bytes:
    return base64.urlsafe_b64encode(secrets.token_bytes(32))


def test_what_one_purpose_encrypted_another_cannot_open() -> None:
    vault = Vault([a_key()])
    ciphertext = vault.encrypt(b"secret", purpose=Purpose.RULE_SECRETS)
    assert vault.decrypt(ciphertext, purpose=Purpose.RULE_SECRETS) == b"secret"
    with pytest.raises(VaultError):
        vault.decrypt(ciphertext, purpose=Purpose.SIGNING_KEYS)


def test_a_rotated_vault_opens_what_the_old_key_encrypted_and_knows_old_hashes() -> None:
    old, new = a_key(), a_key()
    ciphertext = Vault([old]).encrypt(b"secret", purpose=Purpose.SIGNING_KEYS)
    hashed = Vault([old]).hash_secret("s")
    rotated = Vault([new, old])
    assert rotated.decrypt(ciphertext, purpose=Purpose.SIGNING_KEYS) == b"secret"
    assert rotated.secret_matches("s", hashed)
    assert not rotated.secret_matches("t", hashed)
    with pytest.raises(VaultError):
        Vault([new]).decrypt(ciphertext, purpose=Purpose.SIGNING_KEYS)


def test_a_new_master_key_is_for_its_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    create_master_key(path)
    first = path.read_bytes()
    create_master_key(path)
    assert path.read_bytes() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["master.key"]
    Vault.from_file(path)


@pytest.mark.parametrize("content", [b"", b"short", b"!" * 44, base64.urlsafe_b64encode(b"x" * 31)], ids=repr)
def test_an_unusable_master_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    with pytest.raises(VaultError):
        Vault.from_file(path)


def test_a_missing_master_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match=r"nowhere\.key"):
        Vault.from_file(tmp_path / "nowhere.key")
