"""Give a running command what it needs: the system that it calls, its output, and answers of its user."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rulemint_cli.connection.credentials import Choice, find_credentials, stored_credentials
from rulemint_cli.connection.profiles import Profile, open_profiles
from rulemint_cli.connection.settings import ClientSettings
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_cli.terminal.printable import is_text, printable
from rulemint_cli.terminal.progress import Bars
from rulemint_shared.process.settings import read_settings

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin
    from rulemint_cli.terminal.output import Output

LONGEST_LINE = 64 * 1024
"""Of standard input, in characters. No secret is longer."""
CALL_TIMEOUT_S = 60.0
"""Long, because the packages of a deployed rule may have to be installed first."""


class Call:
    """One run of a command."""

    def __init__(self, choice: Choice, *, as_json: bool) -> None:
        self.choice = choice
        self.as_json = as_json
        self.settings = read_settings(ClientSettings)

    @cached_property
    def credentials(self) -> Profile:
        """Return the credentials that the options or the environment choose.

        Raises:
            CommandError: there are none.
        """
        return find_credentials(self.choice, self.settings, open_profiles, folder=Path.cwd())

    @property
    def stored_credentials(self) -> Profile:
        """Return the same credentials with the URL that is stored with them, wherever the system is called.

        Raises:
            CommandError: there are none.
        """
        return stored_credentials(self.choice, self.settings, open_profiles, folder=Path.cwd())

    @asynccontextmanager
    async def admin(
        self, *, timeout_s: float = CALL_TIMEOUT_S, no_check: bool = False, force: bool = False
    ) -> AsyncIterator[Admin]:
        """Open the management API of the chosen system; *no_check* and *force* as in `open_admin`."""
        from rulemint_cli.connection.management_api import open_admin  # noqa: PLC0415  # heavy, and --help does without

        skipped = {"no_check": no_check, "force": force}
        async with open_admin(self.credentials, timeout_s=timeout_s, bars=self.bars, **skipped) as admin:
            yield admin

    @asynccontextmanager
    async def admin_of(self, profile: Profile) -> AsyncIterator[Admin]:
        """Open the management API of the system in *profile*."""
        from rulemint_cli.connection.management_api import open_admin  # noqa: PLC0415  # heavy, and --help does without

        async with open_admin(profile, bars=self.bars) as admin:
            yield admin

    @cached_property
    def bars(self) -> Bars:
        """Return the progress bars of this run. There are none with ``--json``."""
        return Bars(quiet=self.as_json)

    @property
    def output(self) -> Output:
        """Return standard output."""
        from rulemint_cli.terminal.output import Output  # noqa: PLC0415  # heavy, and --help does without

        return Output(as_json=self.as_json)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask *question*, and go on if the user says yes. With *yes*, do not ask.

        Control characters in it are spelled out, because names and messages of others could forge another question.

        Raises:
            CommandError: the user does not say yes.
        """
        if yes:
            return
        sys.stderr.write(f"{printable(question)} [y/N]: ")
        sys.stderr.flush()
        with _interruptible():
            answer = sys.stdin.readline()
        if not answer:
            raise CommandError("nothing was changed, because there was no answer: --yes does it without asking")
        if answer.strip().lower() not in {"y", "yes"}:
            raise CommandError("nothing was changed")

    def asked(self, prompt: str, *, option: str) -> str:
        """Return an answer to *prompt*, which *option* gives too.

        Raises:
            UsageError: nobody answers.
        """
        try:
            return str(typer.prompt(prompt, err=True))
        except typer.Abort as error:
            if not isinstance(error.__context__, EOFError):
                raise KeyboardInterrupt from None
            sys.stderr.write("\n")
            raise UsageError(f"{prompt}: give it with {option}, or at the prompt of a terminal") from None

    def secret(self, prompt: str) -> str:
        """Return a secret from RULEMINT_CLIENT_SECRET, a line of standard input, or a prompt.

        Raises:
            UsageError: there is none.
        """
        return self.settings.client_secret or self.asked_secret(prompt, otherwise="in RULEMINT_CLIENT_SECRET, ")

    def asked_secret(self, prompt: str, *, otherwise: str = "") -> str:
        """Return a secret from a line of standard input, or from a prompt if that is a terminal.

        Raises:
            UsageError: there is none.
        """
        with _interruptible():
            if sys.stdin.isatty():
                given = str(typer.prompt(prompt, hide_input=True, err=True))
            else:
                given = _line_of_input(prompt)
        if not given:
            raise UsageError(f"{prompt}: give it {otherwise}on standard input, or at the prompt of a terminal")
        if not is_text(given):
            raise UsageError(f"{prompt}: it is not UTF-8")
        return given


def _line_of_input(prompt: str) -> str:
    line = sys.stdin.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        raise UsageError(f"{prompt}: its line has more than {LONGEST_LINE} characters")
    return line.rstrip("\r\n")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt a read from the terminal, because asyncio would only cancel the task around it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
