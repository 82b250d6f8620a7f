"""How a command is registered, and what each one has in common: how it reaches a system, speaks, and fails.

A command is a function whose first parameter is a `Call`; its other parameters are its arguments and options, a
dataclass those of several commands. It may be async; or return a coroutine, after it has read what files it needs.
`command` adds the options that all of them share. What is heavy is imported by the call that needs it, so that
``--help`` stays quick.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, NoReturn, ParamSpec, get_type_hints

import typer

from rulemint_cli.commands.call import Call
from rulemint_cli.connection.credentials import Choice
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.standard_error import say

INTERRUPTED = 130
"""What a shell calls a program that Ctrl-C ended."""

P = ParamSpec("P")
Work = Coroutine[Any, Any, None]
MAY_BE_EMPTY = frozenset({"description"})
"""Options whose empty text says something: it takes the old one away."""
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]

_SHARED: dict[str, tuple[Any, Any]] = {
    "profile": (Annotated[str | None, typer.Option(help="The system, as rulemint login named it.")], None),
    "admin_file": (Annotated[Path | None, typer.Option(help="The admin file of the system.")], None),
    "url": (Annotated[str | None, typer.Option(help="Where the gateway is; by default as its credentials say.")], None),
}
_JSON = (Annotated[bool, typer.Option("--json", help="JSON instead of text.")], False)


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    reaches: bool = True,
    logs_in: bool = False,
    watches: bool = False,
    **settings: Any,
) -> Callable[[Callable[Concatenate[Call, P], Work | None]], None]:
    """Register a function as a command of *app*.

    One that *reaches* a system has the options that choose it, and must find credentials unless it *logs_in*; Ctrl-C is
    how one that *watches* ends.
    """
    shared = {**(_SHARED if reaches else {}), "as_json": _JSON}

    def register(body: Callable[Concatenate[Call, P], Work | None]) -> None:
        groups = _option_groups(body)

        def run(**given: Any) -> None:
            chosen = {option: given.pop(option) for option in shared}
            as_json = chosen.pop("as_json")
            try:
                refuse_empty({**given, **chosen})
                for parameter, group in groups.items():
                    given[parameter] = group(**{field.name: given.pop(field.name) for field in fields(group)})
                call = Call(Choice(**chosen), as_json=as_json)
                work = body(call, **given)  # type: ignore[call-arg]  # typer gives what the signature says
                if work is not None:
                    _run(work, call, finds_credentials=reaches and not logs_in)
            except CommandError as error:
                fail(error)
            except KeyboardInterrupt:
                raise typer.Exit(0 if watches else INTERRUPTED) from None

        run.__doc__ = body.__doc__
        run.__name__ = body.__name__
        run.__signature__ = _signature(body, shared)  # type: ignore[attr-defined]  # where inspect looks for it
        app.command(name, **settings)(run)

    return register


def refuse_empty(given: Mapping[str, Any]) -> None:
    """Refuse an option that is there and empty, as that of an unset variable is: it would count as left out.

    Raises:
        UsageError: it names the option.
    """
    for name, value in given.items():
        texts = value if isinstance(value, list | tuple) else (value,)
        if name not in MAY_BE_EMPTY and "" in texts:
            raise UsageError(f"{name.rstrip('_').replace('_', '-')} is empty: give it a value, or leave it out")


def _option_groups(body: Callable[..., Any]) -> dict[str, type[Any]]:
    """The parameters of *body* that are dataclasses: options that several commands have."""
    return {name: hint for name, hint in get_type_hints(body).items() if is_dataclass(hint) and isinstance(hint, type)}


def _signature(body: Callable[..., Any], shared: dict[str, tuple[Any, Any]]) -> inspect.Signature:
    """The parameters of *body* but the first, a dataclass as its fields, and the shared options."""
    hints = get_type_hints(body, include_extras=True)
    groups = _option_groups(body)
    parameters = []
    for own in list(inspect.signature(body).parameters.values())[1:]:
        if own.name in groups:
            kinds = get_type_hints(groups[own.name], include_extras=True)
            parameters += [
                _parameter(field.name, kinds[field.name], field.default) for field in fields(groups[own.name])
            ]
        else:
            parameters.append(_parameter(own.name, hints[own.name], own.default))
    return inspect.Signature([*parameters, *(_parameter(name, *option) for name, option in shared.items())])


def _parameter(name: str, hint: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=hint, default=default)


def _run(work: Work, call: Call, *, finds_credentials: bool) -> None:
    """Do *work*, for which files were read that it would wait for."""
    try:
        if finds_credentials:
            call.credentials  # noqa: B018  # found now and kept
    except CommandError:
        work.close()
        raise
    asyncio.run(work)


def fail(error: CommandError) -> NoReturn:
    """Say *error* and what to try next, and end with its code."""
    say(f"{error}; {error.advice}" if error.advice else str(error))
    raise typer.Exit(error.exit_code)
