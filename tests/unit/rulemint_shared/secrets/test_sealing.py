"""Tapes are closed by anybody who has the public half, and opened by the gateway alone."""

from __future__ import annotations

import base64

import pytest
from cryptography.fernet import Fernet

from rulemint_shared.secrets.runner_key import RunnerKey, RunnerKeyError
from rulemint_shared.secrets.sealing import SealError, public_half, seal, unseal
from rulemint_shared.secrets.vault import Purpose, Vault, VaultError

PRIVATE = bytes(range(32))


def a_vault() -> Vault:
    return Vault([Fernet.generate_key()])


def test_what_was_sealed_opens_under_its_key_in_its_context_and_in_no_other() -> None:
    sealed = seal(b"a tape", public_half(PRIVATE), context=b"exc_1")
    assert unseal(sealed, PRIVATE, context=b"exc_1") == b"a tape"
    for private, context in ((PRIVATE, b"exc_2"), (bytes(32), b"exc_1")):
        with pytest.raises(SealError):
            unseal(sealed, private, context=context)


@pytest.mark.parametrize("at", [0, 31, 32, -1])
def test_what_was_changed_does_not_open(at: int) -> None:
    sealed = bytearray(seal(b"a tape", public_half(PRIVATE), context=b""))
    sealed[at] ^= 1
    with pytest.raises(SealError):
        unseal(bytes(sealed), PRIVATE, context=b"")


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(32), bytes(100)])
def test_any_bytes_are_refused_by_name(sealed: bytes) -> None:
    with pytest.raises(SealError):
        unseal(sealed, PRIVATE, context=b"")


def test_a_runner_closes_tapes_that_the_gateway_opens_and_it_cannot_itself() -> None:
    vault = a_vault()
    text = vault.runner_key()
    sealed = RunnerKey(text).seal_tape(b"a tape", context=b"exc_1")
    assert vault.open_tape(sealed, context=b"exc_1") == b"a tape"
    with pytest.raises(VaultError):
        a_vault().open_tape(sealed, context=b"exc_1")
    keys = [line.partition(b":")[2] for line in text.split()]
    for key in keys:
        with pytest.raises(SealError):
            unseal(sealed, base64.urlsafe_b64decode(key), context=b"exc_1")


def test_the_runner_opens_replays_and_neither_key_opens_what_the_other_closed() -> None:
    vault = a_vault()
    key = RunnerKey(vault.runner_key())
    replay = vault.encrypt(b"a replay", purpose=Purpose.REPLAYS)
    assert key.open_replay(replay) == b"a replay"
    with pytest.raises(RunnerKeyError):
        key.open_rule_secrets(replay)
    with pytest.raises(RunnerKeyError):
        key.open_replay(vault.encrypt(b"a secret", purpose=Purpose.RULE_SECRETS))


def test_after_a_new_master_key_older_tapes_still_open() -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    sealed = RunnerKey(Vault([old]).runner_key()).seal_tape(b"a tape", context=b"")
    assert Vault([new, old]).open_tape(sealed, context=b"") == b"a tape"


def test_a_key_file_of_an_earlier_version_opens_rule_secrets_and_closes_no_tapes() -> None:
    vault = a_vault()
    text = b"\n".join(line for line in vault.runner_key().split() if line.startswith(b"rule-secrets:"))
    key = RunnerKey(text)
    assert key.open_rule_secrets(vault.encrypt(b"a secret", purpose=Purpose.RULE_SECRETS)) == b"a secret"
    assert not key.seals_tapes
    with pytest.raises(RunnerKeyError, match="rulemint init"):
        key.seal_tape(b"", context=b"")
    with pytest.raises(RunnerKeyError, match="rulemint init"):
        key.open_replay(b"")
