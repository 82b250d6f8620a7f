"""The configuration that Redis keeps, as MessagePack. New fields go last and have defaults; types never change.

All records stand here together, so that one look shows what is stored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, assert_never

import msgspec
from msgspec import Meta

from rulemint_shared.contract.oidc_providers import OidcProvider
from rulemint_shared.contract.rollouts import Rollout

CLIENT_CREDENTIALS = "client_credentials"
"""The one grant type that there is here."""
CLOSED, STALE = "closed", "stale"
"""The words for what a token is made of if a rule fails: of nothing, or of an earlier answer."""
MAX_TIMEOUT_S = 20
MIN_MEMORY_MB, MAX_MEMORY_MB = 16, 256
MAX_LOG_BYTES = 256 * 1024
MAX_RESULT_BYTES = 32 * 1024


class SigningAlgorithm(StrEnum):
    """The JWS algorithms an API may ask for (RFC 7518 §3.1, RFC 8037 §3.1)."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"
    HS256 = "HS256"
    RS512 = "RS512"


class Language(StrEnum):
    """The language of a rule."""

    JAVASCRIPT = "javascript"
    TYPESCRIPT = "typescript"
    PYTHON = "python"

    @property
    def suffix(self) -> str:
        """The suffix of its files, without a dot."""
        match self:
            case Language.JAVASCRIPT:
                return "js"
            case Language.TYPESCRIPT:
                return "ts"
            case Language.PYTHON:
                return "py"
            case _:
                assert_never(self)


KeptFields = dict[str, Any]
"""Fields that are stored and shown as they came: Auth0's, without effect here, and quotas of tokens, which have one."""


class ErrorStyle(StrEnum):
    """The style in which the token endpoint says no."""

    RFC6749 = "rfc6749"
    """By the codes and statuses of RFC 6749 §5.2."""
    AUTH0 = "auth0"
    """Word for word as Auth0 does, for callers that test for it."""


class TapeSampling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token requests of a tenant that leave a tape."""

    failures: bool = True
    """All that get no token by their rules."""
    one_in: Annotated[int, Meta(ge=0, le=1_000_000)] = 100
    """And one in so many of all; 1: all, 0: none."""


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """An isolated namespace; found by the request's Host header."""

    name: str
    issuer: str
    hosts: tuple[str, ...] = ()
    created_at_ms: int = 0
    error_style: ErrorStyle = ErrorStyle.RFC6749
    disabled: bool = False
    """It issues no tokens, and nobody manages it; what was issued can still be verified."""
    default_audience: str = ""
    """The audience of token requests that name none."""
    kept: KeptFields = {}
    delete_at_ms: int = 0
    """The time at which it is deleted with all that is its; until then it is closed. 0: it stays."""
    tapes: TapeSampling | None = None
    """None: as the gateway's settings say."""
    oidc: tuple[OidcProvider, ...] = ()
    """The providers by which people sign in to its console."""

    @property
    def is_closed(self) -> bool:
        """True if it issues no tokens and nobody manages it."""
        return self.disabled or self.delete_at_ms > 0


class ClientSecret(msgspec.Struct, frozen=True, kw_only=True):
    """One live secret of a client. Only its keyed hash is kept."""

    name: str
    hash: bytes
    created_at_ms: int
    expires_at_ms: int | None = None


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that asks for tokens."""

    client_id: str
    name: str
    description: str = ""
    metadata: dict[str, str] = {}
    secrets: tuple[ClientSecret, ...] = ()
    created_at_ms: int = 0
    updated_at_ms: int = 0
    grant_types: tuple[str, ...] | None = None
    """None: never said, and it may ask for tokens; else only with ``client_credentials`` among them."""
    token_endpoint_auth_method: str | None = None
    """With ``none`` it cannot prove who it is, so it gets no token."""
    kept: KeptFields = {}


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """One scope that an API defines."""

    value: str
    description: str = ""


class ResourceServer(msgspec.Struct, frozen=True, kw_only=True):
    """An API: something that a token is for. Its identifier is the token's audience."""

    id: str
    identifier: str
    name: str = ""
    scopes: tuple[Scope, ...] = ()
    signing_alg: SigningAlgorithm = SigningAlgorithm.RS256
    signing_secret: bytes | None = None
    """The HS256 secret, encrypted."""
    token_lifetime_s: int = 86_400
    enforce_grant_scopes: bool = False
    is_system: bool = False
    created_at_ms: int = 0
    updated_at_ms: int = 0
    denies_clients: bool = False
    """No client gets a token for it, even with a grant."""
    kept: KeptFields = {}


class ClientGrant(msgspec.Struct, frozen=True, kw_only=True):
    """Says that a client may ask for an API, and with which scopes."""

    id: str
    client_id: str
    audience: str
    scope: tuple[str, ...] = ()
    created_at_ms: int = 0
    updated_at_ms: int = 0
    allow_all_scopes: bool = False
    """It holds all scopes that the API defines, also later."""
    kept: KeptFields = {}


class RuleForm(StrEnum):
    """As what Auth0 knows a rule, where it knows it."""

    HOOK = "hook"
    ACTION = "action"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A named, ordered piece of user code; its text is in the versions. An enabled one has a version that runs."""

    id: str
    name: str
    order: int = 0
    enabled: bool = True
    language: Language = Language.JAVASCRIPT
    version: int = 1
    """The version that runs now; 0: none was deployed yet."""
    latest_version: int = 1
    secrets_revision: int = 0
    """Raised by every change of the rule's secrets; 0 means that it has none."""
    secret_names: tuple[str, ...] = ()
    created_at_ms: int = 0
    updated_at_ms: int = 0
    clients: tuple[str, ...] = ()
    """The ids of the only clients that it runs for; empty: for all."""
    audiences: tuple[str, ...] = ()
    """The identifiers of the only APIs that it runs for; empty: for all."""
    draft: int = 0
    """The version that was saved last without being deployed; 0: none."""
    made_as: RuleForm | None = None
    """The form that it was made as; None: its text says what it is."""
    runtime: str = ""
    """The runtime that the maker of an action named: shown again, and of no effect."""
    binding_name: str = ""
    """The name of the action's binding; empty: the name of the action."""
    secret_times_ms: dict[str, int] = {}
    """The time of the last change of each secret; one that is missing is older than this field."""
    oldest_version: int = 1
    """From here on all versions are kept, to the latest."""
    older_versions: tuple[int, ...] = ()
    """Those before it that are kept too: what runs, or is the draft, or was so when the newest version was made."""
    resumed_at_ms: int = 0
    """The time at which somebody last ended its pauses; 0: never."""
    resumed_clients: dict[str, int] = {}
    """The times at which somebody last ended its pause for a client, of clients for which that was lately."""
    description: str = ""
    previous_version: int = 0
    """The version that ran before this one; 0: none, or it was replaced before this field."""
    on_failure: str = CLOSED
    """`CLOSED`, or ``stale:15``: if it fails, its flow's last good answer, at most 15 minutes old, takes its place."""
    rollout: Rollout | None = None
    """The last rollout of a version of it, under way or over; None: there was none."""

    @property
    def stale_minutes(self) -> int:
        """The greatest age of an answer that may take the place of this rule's; 0: none may. Also if it is unknown."""
        policy, _, minutes = self.on_failure.partition(":")
        return int(minutes) if policy == STALE and minutes.isdecimal() else 0


class Isolation(StrEnum):
    """The time for which a host of a rule lives."""

    WARM = "warm"
    """One host runs many invocations, one after the other: what a rule keeps in its module stays."""
    FRESH = "fresh"
    """Every invocation has a process of its own."""


class RuleLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one invocation of a rule; None: the runner's default. A runner's own ceiling holds in any case."""

    timeout_s: Annotated[float, Meta(gt=0, le=MAX_TIMEOUT_S)] | None = None
    memory_mb: Annotated[int, Meta(ge=MIN_MEMORY_MB, le=MAX_MEMORY_MB)] | None = None
    """The heap, in MiB."""
    log_bytes: Annotated[int, Meta(ge=0, le=MAX_LOG_BYTES)] | None = None
    result_bytes: Annotated[int, Meta(ge=2, le=MAX_RESULT_BYTES)] | None = None


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """The things that a version of a rule was seen to use over its cases. Each list is sorted."""

    claims: tuple[str, ...] = ()
    """The names of the claims that it set."""
    scopes: tuple[str, ...] = ()
    """The scopes that it added to those that it was given."""
    hosts: tuple[str, ...] = ()
    """The hosts that it called, as entries of ``allow_hosts``."""
    audiences: tuple[str, ...] = ()
    """The APIs for which it granted."""

    def beyond(self, other: Power) -> Power:
        """Return what is in this power and not in *other*."""
        names = self.__struct_fields__
        return Power(**{each: tuple(sorted({*getattr(self, each)} - {*getattr(other, each)})) for each in names})


class RuleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable text of a rule, and what it may do: a change of either is a new version."""

    rule_id: str
    version: int
    script: str
    language: Language
    created_at_ms: int = 0
    allow_hosts: tuple[str, ...] = ()
    """The hosts that its outbound calls may reach, as `rulemint_shared.allow_list` reads it; none by default."""
    isolation: Isolation = Isolation.WARM
    limits: RuleLimits = RuleLimits()
    dependencies: dict[str, str] = {}
    """The packages that it may use: name → version or range, as its author wrote them."""
    resolved_dependencies: dict[str, str] = {}
    """The packages that were installed when the version was made: name, or name with version → exact version."""
    packages: str = ""
    """The hash of its package set; empty if it has none."""
    created_by: str = ""
    """The client_id of its maker; empty: made before this field, or by Rulemint itself."""
    message: str = ""
    """The words of its maker on what it changes; empty: none."""
    cases: str = ""
    """Its cases (docs/cases.md), as the JSON of a list; empty: none. Only the gateway reads them."""
    power: Power | None = None
    """The things that it was seen to use over its cases; None: not known."""
    locked: bool = False
    """True: all beyond its power is left out. Its power is known then, or it does not go live."""


class RuleSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets of one rule, encrypted as one MessagePack map name → value."""

    rule_id: str
    revision: int
    ciphertext: bytes


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's key for one algorithm; the private half is encrypted, the public half is what jwks.json shows."""

    kid: str
    algorithm: SigningAlgorithm
    private_pem: bytes
    """PKCS 8 PEM, encrypted."""
    public_jwk: dict[str, Any]
    created_at_ms: int = 0
    certificate: str = ""
    """A self-signed X.509 certificate of the public half, PEM."""
    current_since_ms: int | None = None
    """The time at which it began to sign; None if it never did, or since its creation."""
    current_until_ms: int | None = None
    """The time at which the next one took over."""
    revoked_at_ms: int | None = None
    is_next: bool = False
    """It is published, and signs from the next rotation on."""
    tokens_until_ms: int = 0
    """The expiry of the last token that it signed, as far as APIs have left or a rotation has come; 0: not known."""
