"""The exchange of one token request while it is under way; its `record` is what is kept.

The steps of the grant never read it: they hand values to each other, and write here what happened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import msgspec

from rulemint_gateway.oauth.client_authentication import AuthenticatedClient
from rulemint_gateway.oauth.errors import OAuthError
from rulemint_gateway.oauth.exchange_times import StepClock
from rulemint_gateway.oauth.grant_types import CREDENTIALS
from rulemint_gateway.oauth.presented_secrets import hidden
from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_gateway.tokens.claims import TokenClaims
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.exchanges import ExchangeRecord, FlowMember, Timings
from rulemint_shared.contract.messages import Ending, Failed, Invocation, outcome_name
from rulemint_shared.secrets.masking import CUT, MASK, masked, masked_again, masked_text
from rulemint_shared.secrets.names import secret_names_among

MAX_ADDRESS = 64
MAX_DESCRIPTION, MAX_DETAIL = 1_024, 4_096
MAX_SCOPE = 4_096
"""Characters of the scopes that were asked for: a request may have a hundred thousand."""
_MAX_VALUE = 512
_MAX_PARAMETERS = 50
_MAX_NESTED_VALUES = 200
"""More of them have more than so many characters."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The headers and query of a request, which come with its parameters; no credentials are in it."""

    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    hostname: str = ""


class Exchange:
    """Collects what becomes the exchange record."""

    def __init__(
        self,
        *,
        tenant: str,
        ip: str,
        user_agent: str,
        sent: Callable[[], Sent] = Sent,
        trace_id: str = "",
        config_revision: int = 0,
    ) -> None:
        """*config_revision* is that of the configuration by which it will be decided."""
        self._started_ms = unix_ms()
        self.id = ids.new_exchange_id(self._started_ms)
        self.tenant = tenant
        self.sent = sent
        """The headers and query of the request; a rule is the first to ask for them."""
        self.ip = ip[:MAX_ADDRESS]
        self.user_agent = masked_again(user_agent[:_MAX_VALUE])
        self._started_s = time.perf_counter()
        self._total_ms: float | None = None
        self._known: dict[str, Any] = {"config_revision": config_revision}
        self._presented: tuple[str, ...] = ()
        if trace_id:
            self._known["trace_id"] = trace_id
        self._clock = StepClock(self._started_ms, self._started_s)

    def asked(self, request: TokenRequest) -> None:
        """The request was well formed; of what nobody has vouched for, only this is kept."""
        self._presented = request.presented
        self.user_agent = hidden(self.user_agent, self._presented)
        self._known.update(
            client_id=request.credentials[0].client_id[:_MAX_VALUE],
            audience=masked_again(hidden(request.audience, self._presented)[:_MAX_VALUE]),
        )

    @property
    def is_authenticated(self) -> bool:
        """True once the client has shown who it is; until then anybody may have sent the request."""
        return "secret_name" in self._known

    def authenticated(self, client: AuthenticatedClient, request: TokenRequest) -> None:
        """The client is who it says.

        Raises:
            InvalidRequest: one of *request*'s parameters could not be handed on.
        """
        self._known.update(
            client_id=client.record.client_id, client_name=client.record.name, secret_name=client.secret_name
        )
        self._clock.authenticated()
        self._known.update(
            scope_asked=_some(hidden(request.scope, self._presented)),
            parameters=mask_parameters(request.as_sent.decoded()),
        )

    def left(self, at_s: float) -> None:
        """Its invocation leaves for the runners, at *at_s* (`time.perf_counter`)."""
        self._clock.left_s = at_s

    def signs(self, at_s: float) -> None:
        """The token is about to be signed."""
        self._clock.signs(at_s)

    def ran_rules(self, invocation: Invocation, ending: Ending) -> None:
        """The flow has ended, one way or another."""
        first = invocation.flow[0]
        self._known.update(
            first_rule=first.name,
            first_version=first.version,
            outcome=outcome_name(ending.outcome),
            rules=ending.reports,
            lines=ending.lines,
            lines_left_out=ending.lines_left_out,
            calls=ending.calls,
            flow=[FlowMember(each.rule_id, each.name, each.version, each.secrets_revision) for each in invocation.flow],
        )
        self._clock.heard(ending)

    def used_last_answer(self, failed: Failed, since_ms: int) -> None:
        """The flow *failed*, and the token is made of the answer of *since_ms*."""
        why = f"{outcome_name(failed)}: {failed.detail}" if failed.detail else outcome_name(failed)
        self._known.update(outcome="granted", stale_since_ms=since_ms, detail=masked_text(why[:MAX_DETAIL]))

    def minted(self, claims: TokenClaims, kid: str | None, *, took_ms: float) -> None:
        """The token is signed."""
        self._known.update(scope_granted=claims.scope, jti=claims.jti, kid=kid, exp=claims.expires_s)
        self._known.setdefault("outcome", "granted")
        self._clock.times["mint_ms"] = took_ms

    def outcome(self, error: OAuthError) -> str:
        """The record's name for the outcome of an exchange that *error* ended."""
        return str(self._known.get("outcome", f"refused:{error.error}"))

    def record(self, *, status: int, error: OAuthError | None = None) -> ExchangeRecord:
        """The finished record of an exchange that was answered with *status*."""
        known = dict(self._known)
        if error is not None:
            known["outcome"] = self.outcome(error)
            known.update(
                error=error.error,
                error_description=hidden(error.description, self._presented)[:MAX_DESCRIPTION],
                detail=masked_text(hidden(error.detail, self._presented)[:MAX_DETAIL]),
            )
        known.setdefault("outcome", "refused:server_error")
        return ExchangeRecord(
            id=self.id,
            tenant=self.tenant,
            started_at_ms=self._started_ms,
            status=status,
            ip=self.ip,
            user_agent=self.user_agent,
            timings=Timings(**self._clock.times, total_ms=self.elapsed_ms()),
            **known,
        )

    def answered(self) -> None:
        """The answer is about to leave: the time from here to its record is none of the request's."""
        self._total_ms = self.elapsed_ms()

    def elapsed_ms(self) -> float:
        """Since it began; of one that was answered, until then."""
        if self._total_ms is not None:
            return self._total_ms
        return round((time.perf_counter() - self._started_s) * 1000, 3)


def _some(scopes: list[str]) -> list[str]:
    """As many of *scopes* as a record has room for; what is left out, it says."""
    room = MAX_SCOPE
    for number, scope in enumerate(scopes):
        room -= len(scope) + 1
        if room < 0:
            return [*scopes[:number], f"{CUT} ({len(scopes)} scopes)"]
    return scopes


def mask_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as a record keeps them: secrets as ``***``, long values cut, nested ones as JSON."""
    first = dict(islice(parameters.items(), _MAX_PARAMETERS)) if len(parameters) > _MAX_PARAMETERS else parameters
    secret = secret_names_among(first) | CREDENTIALS
    kept = {
        name[:_MAX_VALUE]: MASK
        if name in secret
        else (masked_again(value[:_MAX_VALUE]) if isinstance(value, str) else _masked(value))
        for name, value in first.items()
    }
    return kept if first is parameters else {**kept, CUT: f"({len(parameters)} parameters)"}


def _masked(value: Any) -> Any:
    if isinstance(value, dict | list):
        return msgspec.json.encode(masked(value, max_values=_MAX_NESTED_VALUES)).decode()[:_MAX_VALUE]
    return value
