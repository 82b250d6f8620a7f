"""The container of a profile is a tenant."""

from __future__ import annotations

from rulemint_gateway.management.errors import ForbiddenError
from rulemint_gateway.web.callers.bearer import AuthorizedCaller


def check_container(caller: AuthorizedCaller, container: str) -> None:
    """Refuse another container than the caller's own.

    Raises:
        ForbiddenError: it is another.
    """
    if container != caller.tenant:
        raise ForbiddenError(
            f"The token is for another container: use --container {caller.tenant}", code="wrong_container"
        )
