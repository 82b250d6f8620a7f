"""Old and new copies of the services run side by side, so the bytes of each message are pinned.

A test here fails when a field moved or changed its type. Fields may only be added, last and with a default; then the
golden file is rewritten by hand: the new bytes must still decode with the old struct.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.spoiled import spoiled
from rulemint_shared.contract import codecs
from rulemint_shared.contract.audit import AuditedChange, AuditRecord
from rulemint_shared.contract.codecs import Codec, DecodeError, EncodeError
from rulemint_shared.contract.config_changes import ChangedRecord, ConfigChange
from rulemint_shared.contract.dependencies import Registry as PackageRegistry
from rulemint_shared.contract.exchanges import ExchangeRecord, FlowMember, Timings
from rulemint_shared.contract.idempotency import IdempotentCall
from rulemint_shared.contract.kept_pauses import KeptPause
from rulemint_shared.contract.last_answers import LastAnswer
from rulemint_shared.contract.load_messages import DoesNotLoad, LoadRequest, Loads, NotTried
from rulemint_shared.contract.log_records import (
    InvocationEnded,
    InvocationStarted,
    Level,
    LogLine,
    OutboundCall,
    ShadowDiff,
    ShownChange,
)
from rulemint_shared.contract.messages import (
    MAX_PAUSE_MS,
    Batch,
    ClientView,
    DenialCode,
    Denied,
    Dropped,
    Ending,
    Endings,
    Failed,
    FailureReason,
    Granted,
    HostStart,
    Invocation,
    Outcome,
    Position,
    RanOn,
    RequestView,
    RulePause,
    RuleRef,
    RuleReport,
    Shadow,
    Trial,
)
from rulemint_shared.contract.oidc_providers import OidcProvider
from rulemint_shared.contract.package_messages import Installed, InstallRequest, NotInstalled, Wanted
from rulemint_shared.contract.records import (
    Client,
    ClientGrant,
    ClientSecret,
    ErrorStyle,
    Isolation,
    Language,
    Power,
    ResourceServer,
    Rule,
    RuleForm,
    RuleLimits,
    RuleSecrets,
    RuleVersion,
    Scope,
    SigningAlgorithm,
    SigningKey,
    Tenant,
)
from rulemint_shared.contract.rollouts import Rollout, RolloutKind, RolloutState
from rulemint_shared.contract.rule_state import CacheRecord, StoredCache, StoredDocument
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.contract.tapes import (
    Answered,
    AskedStorage,
    Called,
    ChangedCache,
    Drew,
    Replay,
    ReplayWay,
    RuleTape,
    StorageAnswered,
    Tape,
    TapedLine,
)
from rulemint_shared.contract.traces import RuleTrace, Span, Write
from rulemint_shared.contract.travelling import check_travels

GOLDEN = Path(__file__).parents[3] / "golden"

LINE = LogLine(ts_ms=1, invocation="exc_1", client_id="c", rule="seed", version=2, level=Level.WARN, message="hello")
REPORT = RuleReport(
    rule="seed",
    version=2,
    scope_given=["a"],
    scope_added=["b"],
    scope_removed=["a"],
    claims_set={"https://x/": 1},
    dropped=[Dropped(name="iss", why="reserved")],
    duration_ms=0.5,
    ran_on=RanOn(3, 41, HostStart.WARM, 0.25, "Deno 2.5.6", "0.1.0", "", 5.0, 128, 65_536, 16_384),
    ended_at=Position(line=2, column=9),
)
CALL = OutboundCall(
    ts_ms=1,
    invocation="exc_1",
    client_id="c",
    rule="seed",
    version=2,
    method="GET",
    host="api.example.com",
    status=None,
    duration_ms=1.5,
    bytes_sent=1,
    bytes_received=2,
    error="no answer",
    after_ms=0.5,
)
RULE_VERSION = RuleVersion(
    rule_id="rul_1",
    version=2,
    script="x",
    language=Language.TYPESCRIPT,
    created_at_ms=1,
    allow_hosts=("api.example.com",),
    isolation=Isolation.FRESH,
    limits=RuleLimits(timeout_s=1.5, memory_mb=128, log_bytes=1, result_bytes=2),
    dependencies={"lodash": "^4"},
    resolved_dependencies={"lodash": "4.17.21"},
    packages="0123abcd",
    created_by="c",
    message="m",
    cases='[{"name":"n","expect":{"claims":{}}}]',
    power=Power(claims=("n",), scopes=("a",), hosts=("api.example.com",), audiences=("https://api/",)),
    locked=True,
)
TAPE = Tape(
    build="0.1.0",
    at_ms=7,
    invocation=Invocation(
        id="exc_1",
        tenant="default",
        client=ClientView(tenant="default", id="c", name="C", metadata={"plan": "gold"}),
        audience="https://api/",
        scope=["a"],
        request=RequestView(ip="127.0.0.1", user_agent="curl", body={"x": 1}),
        flow=[RuleRef(rule_id="rul_1", name="seed", version=2, secrets_revision=3)],
        deadline_ms=10,
        enqueued_at_ms=5,
    ),
    place={"countryCode": "CH"},
    rules=[
        RuleTape(
            rule="seed",
            version=2,
            seed=11,
            now_ms=12.5,
            load_seed=13,
            load_now_ms=14.5,
            hash_seed=15,
            runs_before=16,
            cache={"k": CacheRecord(value="v", expires_at=1)},
            events=[
                Called(method="GET", url="https://a/", headers=[("a", "b")], body=b"c"),
                Drew(kind="random", data=b"r", after=0),
                Drew(kind="clock", now_ms=20.5, after=1, timer=2),
                Answered(
                    to=1,
                    status=200,
                    reason="OK",
                    headers=[("a", "b")],
                    body=b"d",
                    url="https://a/",
                    redirected=True,
                    error="e",
                    code="c",
                    now_ms=21.5,
                    lost="why",
                ),
                AskedStorage(writes=True, data="{}", etag="1", force=True),
                StorageAnswered(to=2, data="{}", etag="2", conflict=True, error="e", now_ms=22.5),
                ChangedCache(changed={"k": CacheRecord(value="v", expires_at=1)}, deleted=["d"]),
            ],
            outcome="granted",
            scope=["a"],
            claims={"n": 1},
            cut="cut after 7 events",
            load_drawn=[b"s", b"t"],
            load_drew_more=True,
        )
    ],
    outcome="granted",
    message="m",
    lines=[TapedLine(rule="seed", level=Level.INFO, text="hello")],
    lines_left_out=1,
    masked=["client.metadata.token"],
    cut="why",
)

MESSAGES: dict[str, tuple[Codec[Any], Any]] = {
    "runner-load": (codecs.runner_load, RunnerLoad(hosts=3, busy_hosts=1, invocations=2)),
    "batch": (
        codecs.batch,
        Batch(
            gateway="gateway_1",
            invocations=[
                Invocation(
                    id="exc_1",
                    tenant="default",
                    client=ClientView(tenant="default", id="c", name="C", metadata={"plan": "gold"}),
                    audience="https://api/",
                    scope=["a"],
                    request=RequestView(
                        ip="127.0.0.1",
                        user_agent="curl",
                        body={"x": 1},
                        headers={"accept": "*/*"},
                        query={"q": "1"},
                        hostname="h",
                        requested_scopes=["a"],
                    ),
                    flow=[
                        RuleRef(
                            rule_id="rul_1",
                            name="seed",
                            version=2,
                            secrets_revision=3,
                            resumed_at_ms=1,
                            client_resumed_at_ms=2,
                        )
                    ],
                    deadline_ms=10,
                    enqueued_at_ms=5,
                    scope_ceiling=["a"],
                    grant_scope=["a", "b"],
                    trial=Trial(text=RULE_VERSION, secrets=b"c"),
                    tape="failures",
                    replay=b"r",
                    shadow=Shadow(rule_id="rul_1", version=3, rollout="rol_1"),
                )
            ],
        ),
    ),
    "endings": (
        codecs.endings,
        Endings(
            endings=[
                Ending(
                    invocation="exc_1",
                    outcome=Granted(scope=["b"], claims={"https://x/": 1}),
                    reports=[REPORT],
                    lines=[LINE],
                    lines_left_out=1,
                    picked_up_at_ms=6,
                    ended_at_ms=7,
                    calls=[CALL],
                    took_ms=0.75,
                    traces=[
                        RuleTrace(
                            rule="seed",
                            answered_at=9,
                            not_run=[Span(first=5, last=6, of=4)],
                            writes=[Write(kind="claim", name="plan", line=3, before='"silver"', seen=False)],
                            is_cut=True,
                        )
                    ],
                ),
                Ending(invocation="exc_2", outcome=Denied(code=DenialCode.INVALID_SCOPE, message="no", plain=True)),
                Ending(
                    invocation="exc_3",
                    outcome=Failed(
                        reason=FailureReason.TIMEOUT,
                        detail="5 s",
                        pauses_for_ms=60_000,
                        pauses_for_all=True,
                        pause=RulePause(
                            rule_id="rul_1", version=2, client_id="", for_ms=60_000, why="three timeouts of 5 s"
                        ),
                    ),
                ),
            ]
        ),
    ),
    "log-line": (codecs.log_record, LINE),
    "log-started": (
        codecs.log_record,
        InvocationStarted(ts_ms=1, invocation="exc_1", client_id="c", audience="a", rule="seed", version=2),
    ),
    "log-ended": (
        codecs.log_record,
        InvocationEnded(
            ts_ms=1,
            invocation="exc_1",
            client_id="c",
            audience="a",
            rule="seed",
            version=2,
            outcome="granted",
            duration_ms=1.5,
            message="m",
        ),
    ),
    "log-call": (codecs.log_record, CALL),
    "log-diff": (
        codecs.log_record,
        ShadowDiff(
            ts_ms=1,
            invocation="exc_1",
            client_id="c",
            audience="https://api/",
            rule="seed",
            version=3,
            live_version=2,
            changes=[ShownChange(what="claims.plan", before='"free"', after='"gold"')],
            unknown="u",
        ),
    ),
    "config-change": (
        codecs.config_change,
        ConfigChange(revision=3, tenant="default", records=[ChangedRecord(kind="rules", id="rul_1")], mark="random"),
    ),
    "tenant": (
        codecs.tenant,
        Tenant(
            name="default",
            issuer="https://iss/",
            hosts=("h",),
            created_at_ms=1,
            error_style=ErrorStyle.AUTH0,
            disabled=True,
            default_audience="https://api/",
            kept={"friendly_name": "T"},
            delete_at_ms=2,
            oidc=(
                OidcProvider(
                    name="work",
                    issuer="https://login/",
                    client_id="c",
                    secret=b"s",
                    claim="groups",
                    scopes={"admins": ("read:rules",)},
                    subject_claim="email",
                    request_scopes=("openid",),
                    hosts=("keys",),
                ),
            ),
        ),
    ),
    "client": (
        codecs.client,
        Client(
            client_id="c",
            name="C",
            description="d",
            metadata={"plan": "gold"},
            secrets=(ClientSecret(name="first", hash=b"h", created_at_ms=1, expires_at_ms=2),),
            created_at_ms=1,
            updated_at_ms=2,
            grant_types=("client_credentials",),
            token_endpoint_auth_method="client_secret_post",
            kept={"app_type": "non_interactive"},
        ),
    ),
    "resource-server": (
        codecs.resource_server,
        ResourceServer(
            id="1",
            identifier="https://api/",
            name="API",
            scopes=(Scope(value="a", description="A"),),
            signing_alg=SigningAlgorithm.HS256,
            signing_secret=b"s",
            token_lifetime_s=60,
            enforce_grant_scopes=True,
            is_system=True,
            created_at_ms=1,
            updated_at_ms=2,
            denies_clients=True,
            kept={"allow_offline_access": True},
        ),
    ),
    "client-grant": (
        codecs.client_grant,
        ClientGrant(
            id="cgr_1",
            client_id="c",
            audience="a",
            scope=("a",),
            created_at_ms=1,
            updated_at_ms=2,
            allow_all_scopes=True,
            kept={"organization_usage": "deny"},
        ),
    ),
    "rule": (
        codecs.rule,
        Rule(
            id="rul_1",
            name="seed",
            order=1,
            enabled=False,
            language=Language.PYTHON,
            version=2,
            latest_version=3,
            secrets_revision=4,
            secret_names=("FOO",),
            created_at_ms=1,
            updated_at_ms=2,
            clients=("c",),
            audiences=("https://api/",),
            draft=3,
            made_as=RuleForm.ACTION,
            runtime="node22",
            binding_name="first",
            secret_times_ms={"FOO": 2},
            oldest_version=2,
            older_versions=(1,),
            resumed_at_ms=3,
            resumed_clients={"c": 4},
            description="adds a seed",
            previous_version=1,
            on_failure="stale:15",
            rollout=Rollout(
                id="rol_1",
                kind=RolloutKind.CANARY,
                version=3,
                old_version=2,
                steps=(5.0, 100.0),
                step=1,
                state=RolloutState.ROLLED_BACK,
                started_at_ms=1,
                step_at_ms=2,
                ended_at_ms=3,
                minimum=50,
                tolerance=2.5,
                hold_s=10,
                reason="it failed",
            ),
        ),
    ),
    "rule-version": (
        codecs.rule_version,
        RULE_VERSION,
    ),
    "last-answer": (
        codecs.last_answer,
        LastAnswer(
            tenant="default",
            question="q",
            at_ms=1,
            granted=Granted(scope=["a"], claims={"https://x/": 1}),
            said=(b"hash",),
        ),
    ),
    "install-request": (
        codecs.install_request,
        InstallRequest(
            registry=PackageRegistry.NPM,
            wanted=(Wanted(specifier="a/b", name="a", version="1", path="/b"),),
            tenant="default",
        ),
    ),
    "installed": (codecs.install_answer, Installed(packages="0123abcd", resolved={"lodash": "4.17.21"})),
    "not-installed": (codecs.install_answer, NotInstalled(message="there is none", is_ours=True)),
    "load-request": (codecs.load_request, LoadRequest(tenant="default", name="seed", text=RULE_VERSION)),
    "loads": (codecs.load_answer, Loads()),
    "does-not-load": (
        codecs.load_answer,
        DoesNotLoad(reason=FailureReason.SYNTAX, detail="seed.js:1:2: SyntaxError: no"),
    ),
    "not-tried": (codecs.load_answer, NotTried(why="no runner is there")),
    "rule-secrets": (codecs.rule_secrets, RuleSecrets(rule_id="rul_1", revision=2, ciphertext=b"c")),
    "signing-key": (
        codecs.signing_key,
        SigningKey(
            kid="k",
            algorithm=SigningAlgorithm.EDDSA,
            private_pem=b"p",
            public_jwk={"kty": "OKP"},
            created_at_ms=1,
            certificate="PEM",
            current_since_ms=2,
            current_until_ms=3,
            revoked_at_ms=4,
            is_next=True,
            tokens_until_ms=5,
        ),
    ),
    "exchange": (
        codecs.exchange,
        ExchangeRecord(
            id="exc_1",
            tenant="default",
            started_at_ms=1,
            status=200,
            outcome="granted",
            error="e",
            error_description="d",
            detail="x",
            client_id="c",
            client_name="C",
            audience="a",
            scope_asked=["a"],
            scope_granted=["b"],
            parameters={"x": "***"},
            ip="127.0.0.1",
            user_agent="curl",
            rules=[REPORT],
            lines=[LINE],
            lines_left_out=1,
            jti="j",
            kid="k",
            timings=Timings(
                authenticate_ms=0.1,
                queue_ms=1.0,
                rules_ms=2.0,
                return_ms=0.5,
                mint_ms=1.5,
                total_ms=5.0,
                gateway_ms=0.2,
                validate_ms=0.3,
            ),
            calls=[CALL],
            secret_name="first",
            more_like_it=3,
            flow=[FlowMember("rul_1", "r", 3, 2)],
            config_revision=7,
            exp=86_400,
            trace_id="0af7651916cd43dd8448eb211c80319c",
            stale_since_ms=1,
        ),
    ),
    "audit": (
        codecs.audit,
        AuditRecord(
            at_ms=1,
            tenant="default",
            client_id="c",
            client_name="C",
            ip="127.0.0.1",
            user_agent="curl",
            method="PATCH",
            path="/api/v2/clients/x",
            changes=[AuditedChange(kind="clients", id="x", before={"name": "a"}, after={"name": "b"})],
            status=409,
            error="e",
            more_like_it=3,
        ),
    ),
    "kept-pause": (
        codecs.kept_pause,
        KeptPause(
            rule_id="rul_1",
            version=2,
            secrets_revision=1,
            client_id="c",
            until_ms=9,
            why="three crashes",
            resumed_at_ms=3,
            client_resumed_at_ms=4,
        ),
    ),
    "stored-cache": (codecs.stored_cache, StoredCache(records={"k": CacheRecord(value="v", expires_at=1)})),
    "stored-document": (codecs.stored_document, StoredDocument(version=2, data="{}")),
    "tape": (codecs.tape, TAPE),
    "replay": (codecs.replay, Replay(way=ReplayWay.WHAT_IF, tape=TAPE, explains=True)),
    "idempotent-call": (
        codecs.idempotent_call,
        IdempotentCall(body_hash=b"h", attempt="a", committed=True, status=201, answer=b"c", etag="e"),
    ),
}


@pytest.mark.parametrize("name", MESSAGES, ids=str)
def test_the_bytes_of_a_message_have_not_changed(name: str) -> None:
    codec, value = MESSAGES[name]
    assert codec.encode(value).hex(" ", 32) == (GOLDEN / f"{name}.hex").read_text().strip()


@pytest.mark.parametrize("name", MESSAGES, ids=str)
def test_the_golden_bytes_still_decode(name: str) -> None:
    codec, value = MESSAGES[name]
    assert codec.decode(bytes.fromhex((GOLDEN / f"{name}.hex").read_text())) == value


@given(st.binary(max_size=200), st.sampled_from(sorted(MESSAGES)))
def test_any_bytes_decode_or_raise_decode_error(data: bytes, name: str) -> None:
    codec, _value = MESSAGES[name]
    with suppress(DecodeError):
        codec.decode(data)


@pytest.mark.parametrize("name", sorted(MESSAGES.keys() - {"loads"}), ids=str)  # that one has no field to spoil
@given(data=st.data())
def test_what_an_encoder_takes_its_decoder_takes(name: str, data: st.DataObject) -> None:
    codec, value = MESSAGES[name]
    with suppress(EncodeError):
        codec.decode(codec.encode(spoiled(value, data.draw)))


OUT_OF_BOUNDS: dict[str, Outcome] = {
    "a pause that is too long": Failed(reason=FailureReason.OVERLOADED, pauses_for_ms=MAX_PAUSE_MS + 1),
    "a pause that is negative": Failed(reason=FailureReason.OVERLOADED, pauses_for_ms=-1),
    "a detail that is too long": Failed(reason=FailureReason.TIMEOUT, detail="x" * 4_097),
    "a message that is too long": Denied(code=DenialCode.ACCESS_DENIED, message="x" * 1_025),
    "too many scopes": Granted(scope=["a"] * 1_001),
    "a scope that is too long": Granted(scope=["a" * 257]),
    "an integer of 65 bits": Granted(scope=[], claims={"a": 2**64}),
    "half a surrogate pair": Granted(scope=[], claims={"a": "\ud800"}),
    "what is no JSON": Granted(scope=[], claims={"a": object()}),
}


@pytest.mark.parametrize("name", OUT_OF_BOUNDS, ids=str)
def test_what_is_out_of_bounds_is_not_encoded(name: str) -> None:
    with pytest.raises(EncodeError):
        codecs.ending.encode(Ending(invocation="e", outcome=OUT_OF_BOUNDS[name]))


def test_a_message_larger_than_64_mib_is_not_encoded() -> None:
    line = msgspec.structs.replace(LINE, message="x" * (65 * 1024 * 1024))
    with pytest.raises(EncodeError):
        codecs.log_record.encode(line)


@pytest.mark.parametrize("field", ["reason", "type"])
def test_the_reason_of_a_refusal_has_nothing_of_what_was_refused(field: str) -> None:
    plain = msgspec.to_builtins(Ending(invocation="e", outcome=Failed(reason=FailureReason.TIMEOUT)))
    plain["outcome"][field] = "canary - at `$.canary` canary"
    with pytest.raises(DecodeError) as refused:
        codecs.ending.decode(msgspec.msgpack.encode(plain))
    assert "canary" not in str(refused.value)
    assert "$.outcome" in str(refused.value)


def test_bytes_that_nest_too_deep_raise_decode_error() -> None:
    with pytest.raises(DecodeError):
        codecs.endings.decode(b"\x91" * 100_000)


def test_more_invocations_than_a_batch_may_hold_raise_decode_error() -> None:
    _codec, batch = MESSAGES["batch"]
    too_many = Batch(gateway="g", invocations=batch.invocations * 65)
    with pytest.raises(EncodeError):
        codecs.batch.encode(too_many)
    with pytest.raises(DecodeError):
        codecs.batch.decode(msgspec.msgpack.encode(too_many))


@pytest.mark.parametrize(
    ("value", "travels"),
    [
        pytest.param({"a": [1.5, True, None, "é🎉"]}, True, id="plain JSON"),
        pytest.param([2**64 - 1, -(2**63)], True, id="the largest integers"),
        pytest.param([2**64], False, id="a larger integer"),
        pytest.param([-(2**63) - 1], False, id="a smaller integer"),
        pytest.param("\ud800", False, id="half a surrogate pair"),
        pytest.param({"\ud800": 1}, False, id="half a surrogate pair as a name"),
    ],
)
def test_what_is_said_to_travel_can_be_encoded_and_nothing_else_can(value: Any, *, travels: bool) -> None:
    codec: Codec[Any] = Codec(Any, name="any")
    if travels:
        check_travels(value)
        assert codec.decode(codec.encode(value)) == value
        return
    with pytest.raises(ValueError, match=r"an integer|a text"):
        check_travels(value)
    with pytest.raises(EncodeError):
        codec.encode(value)


def test_what_nests_too_deep_does_not_travel() -> None:
    value: list[Any] = []
    for _ in range(31):
        value = [value]
    check_travels(value)
    with pytest.raises(ValueError, match="nested deeper than 32"):
        check_travels([value])
