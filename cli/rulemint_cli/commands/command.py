"""Register commands with the options that all share, run them, and turn errors into one sentence and an exit code.

A command is a function whose first parameter is a `Call`. Its other parameters are its arguments and options; a
dataclass stands for options that several commands have. A command may be async, or return a coroutine once it has read
its files. Heavy modules are imported inside the function that needs them, because ``--help`` must stay quick.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, NoReturn, ParamSpec, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from rulemint_cli.commands.call import Call
from rulemint_cli.commands.help_pages import Command as HelpPage
from rulemint_cli.connection.credentials import Choice
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.printable import is_text, printable_json
from rulemint_cli.terminal.program import as_called_here
from rulemint_cli.terminal.standard_error import say

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, by the custom of shells."""

P = ParamSpec("P")
Work = Coroutine[Any, Any, None]
MAY_BE_EMPTY = frozenset({"--description"})
"""Options that may be empty, because an empty text removes the old one."""
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]

_SHARED: dict[str, tuple[Any, Any]] = {
    "profile": (
        Annotated[str | None, typer.Option(help="The system that rulemint login stored under this name.")],
        None,
    ),
    "admin_file": (Annotated[Path | None, typer.Option(help="Use the credentials in this admin file.")], None),
    "url": (Annotated[str | None, typer.Option(help="The gateway's URL. Default: from the credentials.")], None),
}
_JSON = (Annotated[bool, typer.Option("--json", help="Print JSON for programs.")], False)


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

    Args:
        app: Gets the command.
        name: Its name, if that is not the function's.
        reaches: The command calls a system, so it has the options that choose one.
        logs_in: The command may run without credentials.
        watches: Ctrl-C is the usual end of the command, so the exit code is 0.
        settings: More arguments for typer.
    """
    shared = {**(_SHARED if reaches else {}), "as_json": _JSON}

    def register(body: Callable[Concatenate[Call, P], Work | None]) -> None:
        groups = _option_groups(body)
        signature = _signature(body, shared)
        spelled = {each.name: _spelled(each) for each in signature.parameters.values()}

        def run(**given: Any) -> None:
            chosen = {option: given.pop(option) for option in shared}
            as_json = chosen.pop("as_json")
            try:
                refuse_unusable({spelled[name]: value for name, value in {**given, **chosen}.items()})
                for parameter, group in groups.items():
                    given[parameter] = group(**{field.name: given.pop(field.name) for field in fields(group)})
                call = Call(Choice(**chosen), as_json=as_json)
                work = body(call, **given)  # type: ignore[call-arg]  # typer follows the signature
                if work is not None:
                    _run(work, call, finds_credentials=reaches and not logs_in)
            except CommandError as error:
                fail(error, as_json=as_json)
            except KeyboardInterrupt:
                raise typer.Exit(0 if watches else INTERRUPTED) from None

        run.__doc__ = body.__doc__
        run.__name__ = body.__name__
        run.__signature__ = signature  # type: ignore[attr-defined]  # where inspect looks for it
        app.command(name, cls=HelpPage, **settings)(run)

    return register


def refuse_unusable(given: Mapping[str, Any]) -> None:
    """Refuse values that no command can use; *given* has them by their names on the command line.

    An empty one is refused because a script's unset variable would otherwise count as an option left out.

    Raises:
        UsageError: a value is empty, or no text in UTF-8; the text names its option.
    """
    for name, value in given.items():
        texts = [each for each in (value if isinstance(value, list | tuple) else (value,)) if isinstance(each, str)]
        if name not in MAY_BE_EMPTY and "" in texts:
            otherwise = ", or leave it out" if name.startswith("-") else ""
            raise UsageError(f"{name} is empty: give it a value{otherwise}")
        if not all(is_text(each) for each in texts):
            raise UsageError(f"{name} is not UTF-8: write it in a terminal that speaks UTF-8")


def _spelled(parameter: inspect.Parameter) -> str:
    """Return the name of *parameter* on the command line: ``--since``, or ``FILE`` for an argument."""
    word = parameter.name.rstrip("_").replace("_", "-")
    for each in getattr(parameter.annotation, "__metadata__", ()):
        if isinstance(each, ArgumentInfo):
            return (each.metavar or word.upper()).rstrip(".")
        if isinstance(each, OptionInfo):
            long = (spelling for spelling in each.param_decls or () if spelling.startswith("--"))
            return next(long, f"--{word}").partition("/")[0]
    return word.upper() if parameter.default is inspect.Parameter.empty else f"--{word}"


def _option_groups(body: Callable[..., Any]) -> dict[str, type[Any]]:
    """Return the parameters of *body* that are dataclasses, which stand for options of several commands."""
    return {name: hint for name, hint in get_type_hints(body).items() if is_dataclass(hint) and isinstance(hint, type)}


def _signature(body: Callable[..., Any], shared: dict[str, tuple[Any, Any]]) -> inspect.Signature:
    """Return the signature for typer: the parameters after the first, dataclasses as their fields, shared options."""
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
    """Run *work* to its end."""
    try:
        if finds_credentials:
            call.credentials  # noqa: B018  # found now, so that an error comes first
    except CommandError:
        work.close()
        raise
    asyncio.run(work)


def fail(error: CommandError, *, as_json: bool = False) -> NoReturn:
    """Say *error* and what to try next, and end with its exit code. With ``--json`` it is a line on standard error."""
    if as_json:
        said = {"message": as_called_here(str(error)), "advice": as_called_here(error.advice)}
        details = {**said, **error.details}
        sys.stderr.write(
            printable_json(json.dumps({"error": {name: value for name, value in details.items() if value}})) + "\n"
        )
    else:
        say(f"{error}; {error.advice}" if error.advice else str(error))
    raise typer.Exit(error.exit_code)
