"""Carry out a plan as a whole or not at all: undo all creations and changes if a later one fails.

All deletions are one call at the end, because a deleted client could not get its secrets back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec.structs import replace

from rulemint_cli.configuration import present as presents
from rulemint_cli.configuration import settled
from rulemint_cli.configuration.bodies import create_body, patch_body, references_of
from rulemint_cli.configuration.deleting import CHANGED, NOUNS, check_number, delete_all, deletion
from rulemint_cli.configuration.document import Part, Rule
from rulemint_cli.configuration.environment import check_set, value_of
from rulemint_cli.configuration.interrupting import to_its_end
from rulemint_cli.configuration.new_secrets import NewSecret, unseen
from rulemint_cli.configuration.plan import Change
from rulemint_cli.configuration.present import SETTINGS_PATH, Present
from rulemint_cli.configuration.report import sentence
from rulemint_cli.configuration.undoing import HalfDoneError, Undoing
from rulemint_cli.connection.idempotent_calls import AnswerLostError, UnknownOutcomeError, call_once
from rulemint_cli.connection.management_api import NoAnswerError, RefusedError
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.standard_error import say

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin


async def apply(
    admin: Admin,
    changes: Sequence[Change],
    present: Present,
    environment: Mapping[str, str],
    done: Callable[[Change], None],
) -> list[NewSecret]:
    """Carry out *changes*, a plan that was made from *present*. Call *done* after each.

    Return the secrets that the system has made, which nothing shows again.

    Raises:
        UsageError: a secret is not in the environment. Nothing was changed.
        CommandError: a change failed. The text says what happened to the others.
    """
    check_set([reference for change in changes for reference in references_of(change)], environment)
    lost = [change for change in changes if change.is_deletion]
    check_number(lost)
    undoing = Undoing()
    application = _Application(admin, present, environment, undoing)
    try:
        for change in changes:
            if not change.is_deletion:
                await _make(application, change)
                done(change)
        if lost:
            await _delete(application, lost)
    except _UnknownDeletionsError:  # the records may be deleted, and undoing would remove what replaces them
        for made in application.new_secrets:
            say(unseen(made))
        raise
    except BaseException as error:  # Ctrl-C too must not leave half of the changes
        await undoing.run(error)
        raise
    for change in lost:
        done(change)
    return application.new_secrets


class _UnknownDeletionsError(CommandError):
    """It is unknown whether the deletions were done. Everything else was."""


async def _make(application: _Application, change: Change) -> None:
    try:
        _, interrupted = await to_its_end(application.make(change), what=sentence(change))
    except (UnknownOutcomeError, AnswerLostError) as error:
        raise HalfDoneError(f"{sentence(change)}: {error}") from error
    except CommandError as error:
        raise CommandError(f"{sentence(change)}: {error}") from error
    if interrupted:
        raise asyncio.CancelledError


async def _delete(application: _Application, lost: Sequence[Change]) -> None:
    what = sentence(lost[0]) if len(lost) == 1 else f"delete {len(lost)} records"
    deletions = await application.deletions(lost)
    try:
        _, interrupted = await to_its_end(delete_all(application.admin, lost, deletions), what=what)
    except UnknownOutcomeError as error:
        raise _UnknownDeletionsError(f"{what}: {error}; all else is as the file has it: apply it again") from error
    if interrupted:
        say("everything was done already, so nothing is undone")


class _Application:
    """One run of apply: its system, its secrets, and its undo list."""

    def __init__(self, admin: Admin, present: Present, environment: Mapping[str, str], undoing: Undoing) -> None:
        self.admin = admin
        self._present = present
        self._environment = environment
        self._undoing = undoing
        self.new_secrets: list[NewSecret] = []

    async def make(self, change: Change) -> None:
        """Create or change one record."""
        if change.before is None:
            await self._create(change)
        else:
            await self._patch(change)

    async def deletions(self, lost: Sequence[Change]) -> list[dict[str, Any]]:
        """Return the deletions for the call, each with the record's ETag.

        Raises:
            CommandError: a record has changed since the plan was made.
        """
        return [await self._deletion(change) for change in lost]

    async def _deletion(self, change: Change) -> dict[str, Any]:
        try:
            if change.after is None:
                _, etag = await self._unchanged(change)
            else:
                etag = await self._unchanged_secrets(change)
        except CommandError as error:
            raise CommandError(f"{sentence(change)}: {error}") from error
        return deletion(change, self._present.ids[change.section, change.key], etag)

    async def _create(self, change: Change) -> None:
        noun = NOUNS[change.section]
        body = create_body(change, management=self._present.management, environment=self._environment)
        secrets = self._secrets(change)
        if secrets:
            body["enabled"] = False  # until it has its secrets
        made, etag = await call_once(self.admin, noun.path, body)
        path = f"{noun.path}/{quote(str(made[noun.id]), safe='')}"

        async def undo() -> None:
            await self.admin.call("DELETE", path)

        self._undoing.add(change, undo)
        made_secret = made.get("client_secret") or made.get("signing_secret")
        if made_secret and not body.keys() & {"client_secret", "signing_secret"}:
            self.new_secrets.append(NewSecret(noun, made, made_secret))
        if secrets:
            await self.admin.call("POST", f"{path}/secrets", secrets)
            if isinstance(change.after, Rule) and change.after.enabled and "warning" not in made:
                await self.admin.call_matching("PATCH", path, {"enabled": True}, etag=etag)

    async def _patch(self, change: Change) -> None:
        """Write new secrets first, because a rule must not run a new text without them."""
        path, (record, etag) = self._path(change), await self._unchanged(change)
        secrets = self._secrets(change)
        if secrets:

            async def forget() -> None:
                await self.admin.call("DELETE", f"{path}/secrets", list(secrets))

            self._undoing.add(change, forget)  # before the call, because its answer may get lost
            try:
                await self.admin.call("POST", f"{path}/secrets", secrets)
            except RefusedError:
                self._undoing.drop_last()  # somebody else made these secrets
                raise
        body = patch_body(change, management=self._present.management, environment=self._environment)
        if isinstance(change.after, Rule) and change.after.enabled and not record["version"]:
            body["script"] = change.after.script  # a rule that has only a draft gets its first live version by its text
        if not body:
            return
        try:
            _, changed = await self.admin.call_matching("PATCH", path, body, etag=etag)
        except NoAnswerError as error:
            changed = await self._after_a_lost_answer(change, error)

        async def undo() -> None:
            back = Change(section=change.section, before=change.after, after=change.before)
            old = patch_body(back, management=self._present.management, environment=self._environment)
            await self.admin.call_matching("PATCH", path, old, etag=changed, query={"no_check": "true"})

        self._undoing.add(change, undo)

    async def _after_a_lost_answer(self, change: Change, lost: NoAnswerError) -> str | None:
        """Return the ETag of the record, if it was changed although the answer was lost.

        Raises:
            NoAnswerError: the record was not changed.
            UnknownOutcomeError: the system does not answer this question either.
        """
        try:
            record, etag = await self.admin.call_matching("GET", self._path(change))
        except CommandError as error:
            raise UnknownOutcomeError(f"{error}; it is not known whether it was done") from error
        if Change(section=change.section, before=self._read(change.section, record), after=change.after).fields:
            raise lost
        return etag

    async def _unchanged(self, change: Change) -> tuple[dict[str, Any], str | None]:
        """Return the record and its ETag, if the record is still as the plan has it.

        Raises:
            CommandError: the record has changed.
        """
        record, etag = await self.admin.call_matching("GET", self._path(change))
        now = self._read(change.section, record)
        before = change.before
        if isinstance(before, Rule):
            before = replace(before, secrets={})
        if now != before:
            raise CommandError(CHANGED)
        return record, etag

    async def _unchanged_secrets(self, change: Change) -> str | None:
        """Return the ETag of a rule's secrets, if their names are still as the plan has them.

        Raises:
            CommandError: the names have changed.
        """
        names, etag = await self.admin.call_matching("GET", f"{self._path(change)}/secrets")
        if not isinstance(change.before, Rule) or set(names) != set(change.before.secrets):
            raise CommandError(CHANGED)
        return etag

    def _read(self, section: str, record: dict[str, Any]) -> Part:
        management = self._present.management
        match section:
            case "resource_servers":
                return settled.settled_api(presents.api_of(record))
            case "clients":
                return settled.settled_client(presents.client_of(record))
            case "client_grants":
                return settled.settled_grant(presents.grant_of(record), management)
            case "rules":
                return settled.settled_rule(presents.rule_of(record, []), management)
            case _:
                return settled.settled_settings(presents.settings_of(record), management)

    def _path(self, change: Change) -> str:
        if change.section == "settings":
            return SETTINGS_PATH
        record_id = self._present.ids[change.section, change.key]
        return f"{NOUNS[change.section].path}/{quote(record_id, safe='')}"

    def _secrets(self, change: Change) -> dict[str, str]:
        return {name: value_of(reference, self._environment) for name, reference in change.new_secrets.items()}
