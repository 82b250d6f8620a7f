"""A plan is carried out: makes and changes first, each undone if a later one fails; deletions last, and for good.

Nobody could give a deleted client its secrets back, so nothing is deleted before everything else has succeeded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec.structs import replace

from rulemint_cli.configuration import present as presents
from rulemint_cli.configuration import settled
from rulemint_cli.configuration.bodies import create_body, patch_body, references_of
from rulemint_cli.configuration.document import Part, Rule
from rulemint_cli.configuration.environment import check_set, value_of
from rulemint_cli.configuration.plan import Change
from rulemint_cli.configuration.present import SETTINGS_PATH, Present
from rulemint_cli.configuration.report import sentence
from rulemint_cli.errors import CommandError
from rulemint_cli.nouns import APIS, CLIENTS, GRANTS, RULES

if TYPE_CHECKING:
    from rulemint_cli.admin import Admin

NOUNS = {"resource_servers": APIS, "clients": CLIENTS, "client_grants": GRANTS, "rules": RULES}
Undo = Callable[[], Awaitable[None]]


async def apply(
    admin: Admin,
    changes: Sequence[Change],
    present: Present,
    environment: Mapping[str, str],
    done: Callable[[Change], None],
) -> None:
    """Carry out *changes*, of a plan from *present*; *done* hears of each.

    Raises:
        UsageError: a secret is not in the environment; nothing was changed.
        CommandError: one could not be made; the text says what became of the others.
    """
    check_set([reference for change in changes for reference in references_of(change)], environment)
    application = _Application(admin, present, environment)
    made = [change for change in changes if not change.is_deletion]
    lost = [change for change in changes if change.is_deletion]
    try:
        for change in made:
            try:
                await application.make(change)
            except CommandError as error:
                raise CommandError(f"{sentence(change)}: {error}") from error
            done(change)
    except BaseException as error:  # Ctrl-C too leaves what was
        await application.undo(error)
        raise
    for number, change in enumerate(lost):
        try:
            await application.delete(change)
        except CommandError as error:
            raise CommandError(
                f"{sentence(change)}: {error}; all else is as in the file, but {len(lost) - number} that it does not "
                "have: apply it again"
            ) from error
        done(change)


class _Application:
    """One run, with what it takes to undo it."""

    def __init__(self, admin: Admin, present: Present, environment: Mapping[str, str]) -> None:
        self._admin = admin
        self._present = present
        self._environment = environment
        self._undos: list[tuple[Change, Undo]] = []

    async def make(self, change: Change) -> None:
        """Make or change one record."""
        if change.before is None:
            await self._create(change)
        else:
            await self._patch(change)

    async def delete(self, change: Change) -> None:
        """Delete one record, or secrets of a rule that stays."""
        path = self._path(change)
        if change.after is not None:
            await self._admin.call("DELETE", f"{path}/secrets", change.lost_secrets)
            return
        await self._admin.call_matching("DELETE", path, etag=await self._unchanged(change))

    async def undo(self, cause: BaseException) -> None:
        """Undo everything, the last first.

        Raises:
            CommandError: something could not be undone; the text names it, after what *cause* says.
        """
        left = []
        for change, undo in reversed(self._undos):
            try:
                await undo()
            except CommandError as error:
                left.append(f"{sentence(change)} ({error})")
        if left:
            raise CommandError(f"{cause}; it could not be undone: {'; '.join(left)}") from cause
        if isinstance(cause, CommandError):
            raise CommandError(f"{cause}; nothing was changed") from cause

    async def _create(self, change: Change) -> None:
        noun = NOUNS[change.section]
        body = create_body(change, management=self._present.management, environment=self._environment)
        secrets = self._secrets(change)
        if secrets:
            body["enabled"] = False  # until it has them
        made, etag = await self._admin.call_matching("POST", noun.path, body)
        path = f"{noun.path}/{quote(str(made[noun.id]), safe='')}"

        async def undo() -> None:
            await self._admin.call("DELETE", path)

        self._undos.append((change, undo))
        if secrets:
            await self._admin.call("POST", f"{path}/secrets", secrets)
            if isinstance(change.after, Rule) and change.after.enabled:
                await self._admin.call_matching("PATCH", path, {"enabled": True}, etag=etag)

    async def _patch(self, change: Change) -> None:
        """New secrets first: a rule never runs a new text without them."""
        path, etag = self._path(change), await self._unchanged(change)
        secrets = self._secrets(change)
        if secrets:
            await self._admin.call("POST", f"{path}/secrets", secrets)

            async def forget() -> None:
                await self._admin.call("DELETE", f"{path}/secrets", list(secrets))

            self._undos.append((change, forget))
        body = patch_body(change, management=self._present.management, environment=self._environment)
        if not body:
            return
        _, changed = await self._admin.call_matching("PATCH", path, body, etag=etag)

        async def undo() -> None:
            back = Change(section=change.section, before=change.after, after=change.before)
            old = patch_body(back, management=self._present.management, environment=self._environment)
            await self._admin.call_matching("PATCH", path, old, etag=changed)

        self._undos.append((change, undo))

    async def _unchanged(self, change: Change) -> str | None:
        """The ETag of the record, if it is still what the plan was made from.

        Raises:
            CommandError: it is not.
        """
        record, etag = await self._admin.call_matching("GET", self._path(change))
        now = self._read(change.section, record)
        before = change.before
        if isinstance(before, Rule):
            before = replace(before, secrets={})
        if now != before:
            raise CommandError("somebody has changed it meanwhile: look at it, and apply the file again")
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
