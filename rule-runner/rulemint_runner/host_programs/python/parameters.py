"""Find the positional parameters of a rule, through all that bound, wrapped or made it partial."""

import types

MAX_LAYERS = 16
VARIABLE, NAMED_VARIABLE = 0x04, 0x08
"""Flags of a code object: ``*arguments`` and ``**named``."""


class Parameters:
    """The names that can be given by place, whether any number can, and the names that can only be given by name."""

    def __init__(self, names: tuple = (), keywords: tuple = (), *, any_number: bool = True) -> None:
        self.names = names
        self.keywords = keywords
        self.any_number = any_number


def parameters_of(function: object) -> Parameters:
    """Those of *function*; of one that says nothing, any number."""
    try:
        return _of(function, MAX_LAYERS)
    except BaseException:  # noqa: BLE001  # it is the rule's own object, and may do anything when it is looked at
        return Parameters()


def _of(function: object, layers: int) -> Parameters:
    if layers == 0 or isinstance(function, type):
        return Parameters()
    if isinstance(function, types.FunctionType):
        return _of_code(function, layers)
    kind = type(function)
    if kind.__module__ == "functools" and kind.__name__ == "partial":
        return _of_partial(function, layers)
    if isinstance(function, staticmethod):
        inner, bound = function.__func__, 0
    elif isinstance(function, types.MethodType):
        inner, bound = function.__func__, 1
    elif hasattr(function, "__wrapped__"):  # such as what `functools.cache` makes
        inner, bound = function.__wrapped__, 0
    else:
        inner, bound = kind.__call__, 1
    return _without_first(_of(inner, layers - 1), bound)


def _of_code(function: types.FunctionType, layers: int) -> Parameters:
    """Read a function. A wrapper that takes everything takes what it wraps, if it says what that is."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    any_number = bool(code.co_flags & VARIABLE)
    if any_number and hasattr(function, "__wrapped__"):
        wrapped = _of(function.__wrapped__, layers - 1)
        if len(wrapped.names) >= len(names):
            passes_names = bool(code.co_flags & NAMED_VARIABLE)
            return Parameters(
                wrapped.names, wrapped.keywords if passes_names else keywords, any_number=wrapped.any_number
            )
    return Parameters(names, keywords, any_number=any_number)


def _of_partial(function: object, layers: int) -> Parameters:
    given = function.keywords
    inner = _without_first(_of(function.func, layers - 1), len(function.args))
    taken = next((at for at, name in enumerate(inner.names) if name in given), len(inner.names))
    keywords = tuple(name for name in (*inner.names[taken:], *inner.keywords) if name not in given)
    return Parameters(inner.names[:taken], keywords, any_number=inner.any_number)


def _without_first(parameters: Parameters, count: int) -> Parameters:
    return Parameters(parameters.names[count:], parameters.keywords, any_number=parameters.any_number)
