"""Encode and decode all types that are sent or stored.

Bytes from Redis are hostile until a decoder has accepted them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from rulemint_shared.contract.audit import AuditRecord
from rulemint_shared.contract.bounds import has_bounds
from rulemint_shared.contract.config_changes import ConfigChange
from rulemint_shared.contract.exchanges import ExchangeRecord, ExchangeSummary
from rulemint_shared.contract.idempotency import IdempotentCall
from rulemint_shared.contract.kept_pauses import KeptPause
from rulemint_shared.contract.last_answers import LastAnswer
from rulemint_shared.contract.load_messages import LoadAnswer, LoadRequest
from rulemint_shared.contract.log_records import LogRecord
from rulemint_shared.contract.messages import Batch, Ending, Endings, Granted, Invocation
from rulemint_shared.contract.package_messages import InstallAnswer, Installed, InstallRequest
from rulemint_shared.contract.records import (
    Client,
    ClientGrant,
    ResourceServer,
    Rule,
    RuleSecrets,
    RuleVersion,
    SigningKey,
    Tenant,
)
from rulemint_shared.contract.rule_state import StoredCache, StoredDocument
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.contract.tapes import Replay, Tape, TapeHead

T = TypeVar("T")

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_REFUSALS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_REFUSED_VALUE = re.compile(r"(Invalid (?:enum )?value) .*?( - at `[^`]*`)?\Z", re.DOTALL)


class DecodeError(Exception):
    """Bytes are not what they should be: malformed, of the wrong shape, or too large. The text has nothing of them."""


class EncodeError(Exception):
    """A value that nobody would take: out of the bounds of its type, too large, or nothing that MessagePack has."""


class Codec(Generic[T]):
    """MessagePack for one type, both ways."""

    def __init__(self, decoded_type: type[T] | object, *, name: str) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(decoded_type)
        self._encoder = msgspec.msgpack.Encoder()
        self._name = name
        self._may_be_refused = has_bounds(decoded_type)

    def encode(self, value: T) -> bytes:
        """The value as MessagePack, which `decode` takes: what has bounds is decoded once to know.

        Raises:
            EncodeError: *value* is out of its bounds, cannot travel, or is larger than 64 MiB.
        """
        try:
            data = self._encoder.encode(value)
            if self._may_be_refused or len(data) > MAX_MESSAGE_BYTES:
                self.decode(data)
        except DecodeError as error:
            raise EncodeError(str(error)) from error
        except (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError, TypeError) as error:
            raise EncodeError(f"{self._name}: {type(error).__name__}") from error
        return data

    def encode_own(self, value: T) -> bytes:
        """As `encode`, of what is made of parts that were all checked when they came; only its size is looked at.

        Raises:
            EncodeError: *value* cannot travel, or is larger than 64 MiB.
        """
        try:
            data = self._encoder.encode(value)
        except (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError, TypeError) as error:
            raise EncodeError(f"{self._name}: {type(error).__name__}") from error
        if len(data) > MAX_MESSAGE_BYTES:
            raise EncodeError(f"{self._name}: {len(data)} bytes are more than {MAX_MESSAGE_BYTES}")
        return data

    def decode(self, data: bytes) -> T:
        """The value of *data*.

        Raises:
            DecodeError: *data* is no such value, or larger than 64 MiB.
        """
        if len(data) > MAX_MESSAGE_BYTES:
            raise self._too_large(len(data))
        try:
            return self._decoder.decode(data)
        except _REFUSALS as error:
            raise self._refused(error) from error

    def decode_all(self, many: Sequence[bytes]) -> list[T]:
        """The values of *many*, which is quicker than one after the other.

        Raises:
            DecodeError: one of them is no such value, or larger than 64 MiB.
        """
        longest = max(map(len, many), default=0)
        if longest > MAX_MESSAGE_BYTES:
            raise self._too_large(longest)
        decode = self._decoder.decode
        try:
            return [decode(data) for data in many]
        except _REFUSALS as error:
            raise self._refused(error) from error

    def _too_large(self, size: int) -> DecodeError:
        return DecodeError(f"{self._name}: {size} bytes are more than {MAX_MESSAGE_BYTES}")

    def _refused(self, error: Exception) -> DecodeError:
        return DecodeError(f"{self._name}: {_reason(error)}")


def _reason(error: Exception) -> str:
    """Say what is wrong and where. A reason goes to a log: a value that was refused does not."""
    if isinstance(error, UnicodeDecodeError):
        return "a text that is not UTF-8"
    return _REFUSED_VALUE.sub(r"\1\2", str(error))


tenant: Codec[Tenant] = Codec(Tenant, name="tenant")
client: Codec[Client] = Codec(Client, name="client")
resource_server: Codec[ResourceServer] = Codec(ResourceServer, name="resource server")
client_grant: Codec[ClientGrant] = Codec(ClientGrant, name="client grant")
rule: Codec[Rule] = Codec(Rule, name="rule")
rule_version: Codec[RuleVersion] = Codec(RuleVersion, name="rule version")
rule_secrets: Codec[RuleSecrets] = Codec(RuleSecrets, name="rule secrets")
signing_key: Codec[SigningKey] = Codec(SigningKey, name="signing key")
stored_document: Codec[StoredDocument] = Codec(StoredDocument, name="stored document")
stored_cache: Codec[StoredCache] = Codec(StoredCache, name="stored cache")
secret_values: Codec[dict[str, str]] = Codec(dict[str, str], name="secret values")

batch: Codec[Batch] = Codec(Batch, name="batch")
granted: Codec[Granted] = Codec(Granted, name="granted")
last_answer: Codec[LastAnswer] = Codec(LastAnswer, name="last answer")
kept_pause: Codec[KeptPause] = Codec(KeptPause, name="kept pause")
invocation: Codec[Invocation] = Codec(Invocation, name="invocation")
ending: Codec[Ending] = Codec(Ending, name="ending")
endings: Codec[Endings] = Codec(Endings, name="endings")
runner_load: Codec[RunnerLoad] = Codec(RunnerLoad, name="runner load")
log_record: Codec[LogRecord] = Codec(LogRecord, name="log record")
config_change: Codec[ConfigChange] = Codec(ConfigChange, name="config change")
exchange: Codec[ExchangeRecord] = Codec(ExchangeRecord, name="exchange record")
exchange_summary: Codec[ExchangeSummary] = Codec(ExchangeSummary, name="exchange record")
audit: Codec[AuditRecord] = Codec(AuditRecord, name="audit record")
idempotent_call: Codec[IdempotentCall] = Codec(IdempotentCall, name="idempotent call")
install_request: Codec[InstallRequest] = Codec(InstallRequest, name="install request")
install_answer: Codec[InstallAnswer] = Codec(InstallAnswer, name="install answer")
installed: Codec[Installed] = Codec(Installed, name="installed packages")
load_request: Codec[LoadRequest] = Codec(LoadRequest, name="load request")
load_answer: Codec[LoadAnswer] = Codec(LoadAnswer, name="load answer")
tape: Codec[Tape] = Codec(Tape, name="tape")
tape_head: Codec[TapeHead] = Codec(TapeHead, name="tape")
replay: Codec[Replay] = Codec(Replay, name="replay")
