# Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/python/refusals.py: change that, and run `make sdk`.
"""The exceptions by which a rule says no: free names in every rule, and importable from ``rulemint``."""

import builtins
import sys
import types

from rulemint._contract import invocation
from rulemint._contract.storage import Storage, StorageConflict, StorageError


class AccessDenied(Exception):
    """403 ``access_denied``, with the message as its description."""

    code = "access_denied"

    def __new__(cls, *arguments: object, **named: object) -> object:  # `typing` takes milliseconds to import
        """Note whose it is: it may be found where nobody knows that any more."""
        self = super().__new__(cls, *arguments, **named)
        self._invocation = invocation.current()
        return self

    def of_invocation(self) -> invocation.Invocation:
        """The invocation that it refuses; of one that was made while the rule was loaded, the one that runs."""
        return invocation.current() if self._invocation is invocation.LOADING else self._invocation


class PlainRefusal(AccessDenied):
    """A refusal that a rule gave to its callback without the name of an OAuth error."""


class InvalidScope(AccessDenied):
    """400 ``invalid_scope``."""

    code = "invalid_scope"


class InvalidRequest(AccessDenied):
    """400 ``invalid_request``."""

    code = "invalid_request"


CODES = frozenset(refusal.code for refusal in (AccessDenied, InvalidScope, InvalidRequest)) | {"server_error"}


def refusal_in(error: object) -> AccessDenied | None:
    """The refusal that *error* is; of a group of errors the first in it. None if there is none."""
    kind = type(error)  # an error of the rule's own may lie about its class, and raise when it is looked at
    if issubclass(kind, AccessDenied):
        return error
    if not issubclass(kind, BaseExceptionGroup):
        return None
    try:
        return next((found for each in error.exceptions if (found := refusal_in(each)) is not None), None)
    except BaseException:  # noqa: BLE001  # as above
        return None


def define(fetch: object) -> None:
    """Make them free names, and importable, with *fetch*, from the module ``rulemint``.

    The types that ``rulemint.pyi`` describes can be imported too: a rule may annotate with them.
    """
    module = types.ModuleType("rulemint", __doc__)
    for refusal in (AccessDenied, InvalidScope, InvalidRequest):
        refusal.__module__ = "rulemint"
        setattr(module, refusal.__name__, refusal)
        setattr(builtins, refusal.__name__, refusal)
    for name in ("Client", "Context", "Result", "Webtask"):
        setattr(module, name, dict)
    for kept in (Storage, StorageConflict, StorageError):
        setattr(module, kept.__name__, kept)
    fetch.__module__ = "rulemint"
    module.fetch = fetch
    module.Response = fetch.__annotations__["return"]
    sys.modules["rulemint"] = module
