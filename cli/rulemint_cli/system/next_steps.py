"""Say how to go on with a system that is ready (``rulemint ready``)."""

from __future__ import annotations

from dataclasses import dataclass

from rulemint_cli.connection.management_api import Admin, RefusedError
from rulemint_cli.connection.nouns import CLIENTS
from rulemint_cli.system import demo
from rulemint_shared.demo_client import DEMO_CLIENT_ID


@dataclass(frozen=True)
class NextSteps:
    """The address of a system, and the commands for it."""

    issuer: str
    program: str
    """The words that start the command line, such as ``docker compose exec gateway rulemint``."""
    has_demo: bool

    @property
    def text(self) -> str:
        """Return several lines for people."""
        return (
            f"\nRulemint is ready: {self.issuer}    (open it in a browser)\n\n"
            f"{self._first_call()}\n\n"
            f"Command line:      {self.program} --help\n"
            f"Credentials:       {self.program} credentials\n"
            f"Console:           {self.program} console --no-open    (prints a link that signs you in)\n"
            f"Watch the logs:    {self.program} logs -f\n"
            f"Why a token fails: {self.program} exchanges show --last\n"
            f"This text again:   {self.program} ready\n"
        )

    @property
    def for_programs(self) -> dict[str, str | bool]:
        """Return the same for programs."""
        return {"status": "ready", "issuer": self.issuer, "demo": self.has_demo}

    def _first_call(self) -> str:
        if self.has_demo:
            return f"Ask for a token:\n\n{demo.curl_line(self.issuer)}"
        return (
            "Call the management API with a token of your own, or make the demo:\n\n"
            f'curl -s {self.issuer}api/v2/clients -H "Authorization: Bearer $({self.program} token)"\n'
            f"{self.program} demo"
        )


async def next_steps(admin: Admin, *, program: str) -> NextSteps:
    """Ask the system what it is called, and whether it has the demo.

    Raises:
        CommandError: it refuses, or does not answer.
    """
    return NextSteps(issuer=await admin.issuer(), program=program, has_demo=await _has_demo(admin))


async def _has_demo(admin: Admin) -> bool:
    try:
        await admin.call("GET", f"{CLIENTS.path}/{DEMO_CLIENT_ID}")
    except RefusedError as error:
        if error.status == 404:
            return False
        raise
    return True
