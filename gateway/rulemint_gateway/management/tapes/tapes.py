"""The tapes of a tenant: read and delete one, or delete all of a client or a rule."""

from __future__ import annotations

from rulemint_gateway.management.errors import ConflictError, NotFoundError
from rulemint_gateway.management.tapes.answers import DeletedTapes, TapeAnswer, tape_answer
from rulemint_gateway.stores.traffic.tape_store import TapeStore, TapeUnreadableError
from rulemint_shared.contract.tapes import Tape

NO_TAPE = (
    "the request left none, or it is no longer kept. The tenant's settings say which requests leave one "
    '(PATCH /api/v2/tenants/settings with {"tapes": {"one_in": 1}}: all from then on)'
)


class Tapes:
    """The use cases of tapes."""

    def __init__(self, store: TapeStore) -> None:
        self._store = store

    async def find(self, tenant: str, exchange_id: str) -> Tape:
        """The tape of one exchange.

        Raises:
            NotFoundError: it left none, or it is no longer kept.
            ConflictError: it is of another format, or cannot be opened.
        """
        try:
            tape = await self._store.find(tenant, exchange_id)
        except TapeUnreadableError as error:
            raise ConflictError(f"The tape cannot be read: {error}", code="unreadable_tape") from error
        if tape is None:
            raise NotFoundError("tape", code="inexistent_tape", why=NO_TAPE)
        return tape

    async def read(self, tenant: str, exchange_id: str) -> TapeAnswer:
        """The content of the tape of one exchange; as `find`."""
        return tape_answer(await self.find(tenant, exchange_id))

    async def delete(self, tenant: str, exchange_id: str) -> None:
        """Delete the tape of one exchange, if there is one."""
        await self._store.delete(tenant, exchange_id=exchange_id)

    async def delete_all(self, tenant: str, *, client_id: str = "", rule_id: str = "") -> DeletedTapes:
        """Delete all tapes of the tenant, or those of a client or a rule."""
        return DeletedTapes(deleted=await self._store.delete(tenant, client_id=client_id, rule_id=rule_id))
