"""Carry out a `Deployment`, but only while its rule is still as it was when the deployment was planned."""

from __future__ import annotations

from collections.abc import Callable

from rulemint_cli.connection.management_api import Admin, RefusedError
from rulemint_cli.connection.nouns import RULES, Record, path_of
from rulemint_cli.rules.deployment_plan import Deployment
from rulemint_cli.rules.rule_secrets import put_secrets
from rulemint_cli.terminal.errors import CommandError

PRECONDITION_FAILED = 412


class OnlyADraftError(CommandError):
    """All was done, but nobody could load the new version, so it does not run."""


async def deploy(admin: Admin, deployment: Deployment, done: Callable[[], None]) -> Record:
    """Carry out *deployment*, call *done* after each step, and return the rule as it is then.

    A rule never runs a new text without the secrets that came with it. So an existing rule gets its secrets first, and
    a new rule is enabled last.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    if deployment.existing is None:
        return await _create(admin, deployment, done)
    return await _change(admin, deployment, deployment.existing, done)


def _message(deployment: Deployment) -> dict[str, str]:
    message = deployment.wanted.message
    return {"message": message} if message and deployment.makes_a_version else {}


async def _create(admin: Admin, deployment: Deployment, done: Callable[[], None]) -> Record:
    wanted = deployment.wanted
    body = {"name": wanted.name, **wanted.fields, **_message(deployment), "enabled": not wanted.secrets}
    made, etag = await admin.call_matching("POST", RULES.path, body)
    done()
    if wanted.secrets:
        await put_secrets(admin, made, wanted.secrets, known=())
        done()
        if "warning" not in made:
            made, _ = await admin.call_matching("PATCH", path_of(RULES, made), {"enabled": True}, etag=etag)
    rule: Record = made
    return rule


async def _change(admin: Admin, deployment: Deployment, rule: Record, done: Callable[[], None]) -> Record:
    wanted, path = deployment.wanted, path_of(RULES, rule)
    changed_meanwhile = f"somebody else has just changed the rule {wanted.name}"
    if wanted.secrets:
        _, etag = await admin.call_matching("GET", path)
        if etag != deployment.etag:
            raise CommandError(f"{changed_meanwhile}, so nothing was done: deploy it again to see what differs now")
        await put_secrets(admin, rule, wanted.secrets, known=deployment.known_secrets)
        done()
    if not deployment.changes:
        return rule
    body = {**deployment.changes, **_message(deployment)}
    try:
        rule, _ = await admin.call_matching("PATCH", path, body, etag=deployment.etag)
    except RefusedError as error:
        if error.status != PRECONDITION_FAILED:
            raise
        left = ", so only its secrets were set" if wanted.secrets else ", so nothing was done"
        raise CommandError(f"{changed_meanwhile}{left}: deploy it again to see what differs now") from error
    return rule
