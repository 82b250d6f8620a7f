"""The four calls about the secrets of a rule or of a hook, as they are described."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from rulemint_gateway.management.nouns.answers import Nothing
from rulemint_gateway.management.rules.secrets import NamesOfSecrets, SecretNames, SecretValues
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import Handler


@dataclass(frozen=True, kw_only=True)
class SecretCalls:
    """The handlers of these calls."""

    names: Handler
    add: Handler
    replace: Handler
    delete: Handler


def secret_operations(noun: str, calls: SecretCalls, *, replaced: int, delete_scope: str) -> list[Operation]:
    """The operations at ``/api/v2/<noun>/{id}/secrets``; *replaced* is the status of the answer to a PATCH.

    The ETag is that of the list of names, and another one when only a value differs.
    """
    path, tag, singular = f"/api/v2/{noun}/{{id}}/secrets", noun.capitalize(), noun.removesuffix("s")
    operation = partial(Operation, path=path, tag=tag)
    return [
        operation(
            method="GET",
            handle=calls.names,
            summary=f"List the secrets of a {singular}",
            scopes=(f"read:{noun}",),
            answer=NamesOfSecrets,
            etag=True,
        ),
        operation(
            method="POST",
            handle=calls.add,
            summary=f"Add secrets to a {singular}",
            scopes=(f"update:{noun}",),
            body=SecretValues,
            answer=Nothing,
            status=201,
            if_match=True,
            idempotent=True,
            refusals=(409,),
        ),
        operation(
            method="PATCH",
            handle=calls.replace,
            summary=f"Replace secrets of a {singular}",
            scopes=(f"update:{noun}",),
            body=SecretValues,
            answer=Nothing,
            status=replaced,
            if_match=True,
        ),
        operation(
            method="DELETE",
            handle=calls.delete,
            summary=f"Delete secrets of a {singular}",
            scopes=(delete_scope,),
            body=SecretNames,
            status=204,
            if_match=True,
        ),
    ]
