"""The four calls about the secrets of a rule or of a hook, as they are described."""

from __future__ import annotations

from dataclasses import dataclass

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
    return [
        Operation(
            method="GET",
            path=path,
            handle=calls.names,
            tag=tag,
            summary=f"List the secrets of a {singular}",
            scopes=(f"read:{noun}",),
            answer=NamesOfSecrets,
            etag=True,
        ),
        Operation(
            method="POST",
            path=path,
            handle=calls.add,
            tag=tag,
            summary=f"Add secrets to a {singular}",
            scopes=(f"update:{noun}",),
            body=SecretValues,
            answer=Nothing,
            status=201,
            if_match=True,
            idempotent=True,
            refusals=(409,),
        ),
        Operation(
            method="PATCH",
            path=path,
            handle=calls.replace,
            tag=tag,
            summary=f"Replace secrets of a {singular}",
            scopes=(f"update:{noun}",),
            body=SecretValues,
            answer=Nothing,
            status=replaced,
            if_match=True,
        ),
        Operation(
            method="DELETE",
            path=path,
            handle=calls.delete,
            tag=tag,
            summary=f"Delete secrets of a {singular}",
            scopes=(delete_scope,),
            body=SecretNames,
            status=204,
            if_match=True,
        ),
    ]
