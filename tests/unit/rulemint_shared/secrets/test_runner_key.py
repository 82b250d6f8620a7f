"""What a runner has of the master key: enough for the secrets of rules, and for nothing else."""

from __future__ import annotations

import base64
import secrets
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken

from rulemint_shared.secrets.runner_key import RunnerKey, RunnerKeyError
from rulemint_shared.secrets.vault import Purpose, Vault, create_master_key, keep_runner_key


def a_key() -> bytes:
    return base64.urlsafe_b64encode(secrets.token_bytes(32))


def test_it_opens_the_secrets_of_rules() -> None:
    vault = Vault([a_key()])
    ciphertext = vault.encrypt(b"secret", purpose=Purpose.RULE_SECRETS)
    assert RunnerKey(vault.runner_key()).open_rule_secrets(ciphertext) == b"secret"


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.RULE_SECRETS])
def test_it_opens_nothing_of_another_purpose(purpose: Purpose) -> None:
    vault = Vault([a_key()])
    ciphertext = vault.encrypt(b"a private key", purpose=purpose)
    with pytest.raises(RunnerKeyError, match="another master key"):
        RunnerKey(vault.runner_key()).open_rule_secrets(ciphertext)


def test_no_key_in_its_file_opens_or_hashes_as_the_gateway_does() -> None:
    """Whoever has the file tries each key in it, as it is and as a master key."""
    vault = Vault([a_key(), a_key()])
    signing = vault.encrypt(b"a private key", purpose=Purpose.SIGNING_KEYS)
    hashed = vault.hash_secret("a client's secret")
    for line in vault.runner_key().split():
        key = line.partition(b":")[2]
        with pytest.raises(InvalidToken):
            Fernet(key).decrypt(signing)
        assert not Vault([key]).secret_matches("a client's secret", hashed)


def test_it_opens_what_each_of_several_master_keys_encrypted() -> None:
    old, new = a_key(), a_key()
    key = RunnerKey(Vault([new, old]).runner_key())
    for each in (old, new):
        ciphertext = Vault([each]).encrypt(b"secret", purpose=Purpose.RULE_SECRETS)
        assert key.open_rule_secrets(ciphertext) == b"secret"


def test_its_file_is_for_its_owner_only_and_follows_the_master_key(tmp_path: Path) -> None:
    master, runner = tmp_path / "master.key", tmp_path / "run" / "runner.key"
    create_master_key(master)
    keep_runner_key(runner, master_key=master)
    made = runner.stat()
    assert stat.S_IMODE(made.st_mode) == 0o600
    keep_runner_key(runner, master_key=master)
    assert runner.stat().st_ino == made.st_ino, "the same key is not written again"
    master.write_bytes(a_key())
    keep_runner_key(runner, master_key=master)
    assert runner.read_bytes().strip() == Vault.from_file(master).runner_key()
    assert stat.S_IMODE(runner.stat().st_mode) == 0o600
    assert [file.name for file in runner.parent.iterdir()] == ["runner.key"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(a_key(), "must not have the master key", id="a master key"),
        pytest.param(b"signing-keys:" + a_key(), "no runner key", id="a key for something else"),
        pytest.param(b"rule-secrets:short", "32 bytes", id="too short"),
        pytest.param(b"rule-secrets:" + a_key() + b"\n" + a_key(), "no runner key", id="a master key below"),
    ],
)
def test_what_is_no_runner_key_is_refused_with_what_to_do(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "runner.key"
    path.write_bytes(content)
    with pytest.raises(RunnerKeyError, match=why) as refused:
        RunnerKey.from_file(path)
    assert str(path) in str(refused.value)
    assert "rulemint init" in str(refused.value)


def test_a_file_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunnerKeyError, match=r"nowhere\.key.*rulemint init"):
        RunnerKey.from_file(tmp_path / "nowhere.key")
