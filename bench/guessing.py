"""What does somebody who guesses secrets cost those who ask for tokens, and what does a guess cost the gateway?

``python -m bench.guessing --rate 10000`` starts a system of its own. Honest clients ask for tokens of an API without a
rule, each for its next one as soon as it has the last. In turns they are alone, beside a guesser, and beside one who
sends the same to somebody else, who never reads it: he needs as much of the machine for himself, and takes nothing from
the gateway. The guesser sends so many wrong secrets a second from an address of its own, whether or not they are
answered. Printed are the tokens of each turn, what became of the guesses, and the gateway's processor time. Then a
system that answers every throttled guess at once (`RULEMINT_THROTTLED_ANSWERS=0`) shows what one costs beside a token.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import statistics
import sys
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec

from bench.command import run
from bench.guesses import Job, Seen
from bench.processes import processor_us
from bench.system import System, started_system
from bench.tenants import log_in, make_client

HONEST, GUESSER = "127.0.0.1", "127.0.0.2"
CONNECTIONS = 8
GUESSING_CONNECTIONS = 50
WARM_UP_S = 2.0


class Turn(NamedTuple):
    """What one turn saw, and the gateway's processor time meanwhile."""

    seen: Seen
    gateway_us: int

    @property
    def tokens(self) -> int:
        """Those that were issued."""
        return self.seen.answers.get("200", 0)

    @property
    def per_second(self) -> float:
        """Tokens."""
        return self.tokens / self.seen.seconds

    @property
    def us_per_token(self) -> float:
        """Processor time of the gateway for a token, and for what else it did."""
        return self.gateway_us / max(1, self.tokens)


class Bench:
    """Turns at one system."""

    def __init__(self, system: System, request: dict[str, str], *, seconds: float) -> None:
        self._system = system
        self._port = urlsplit(system.url).port or 0
        self._right = urlencode(request)
        self._wrong = urlencode({**request, "client_secret": "a wrong secret"})
        self._seconds = seconds

    async def warm_up(self) -> None:
        """Have everything loaded."""
        await run_load(self._honest(WARM_UP_S))

    async def calm(self) -> Turn:
        """Honest clients alone."""
        return (await self._measured([self._honest()]))[0]

    async def beside(self, rate: float) -> tuple[Turn, Seen]:
        """Honest clients beside *rate* guesses a second, and what became of the guesses."""
        honest, guesses = await self._measured([self._honest(), self._guesser(rate)])
        return honest, guesses.seen

    async def beside_a_stranger(self, rate: float) -> Turn:
        """Honest clients beside who sends as many guesses to nobody: they stay where the kernel keeps them."""
        with socket.create_server(("127.0.0.1", 0), backlog=2 * GUESSING_CONNECTIONS) as nobody:
            stranger = msgspec.structs.replace(self._guesser(rate), port=nobody.getsockname()[1])
            return (await self._measured([self._honest(), stranger]))[0]

    async def guesses_alone(self) -> Turn:
        """As many guesses as are answered."""
        return (await self._measured([self._guesser(0)]))[0]

    async def _measured(self, jobs: Sequence[Job]) -> list[Turn]:
        before_us = self._gateway_us()
        seen = await asyncio.gather(*map(run_load, jobs))
        took_us = self._gateway_us() - before_us
        return [Turn(each, took_us) for each in seen]

    def _gateway_us(self) -> int:
        return processor_us([self._system.process.pid])["gateway"]

    def _honest(self, seconds: float = 0) -> Job:
        return Job(
            port=self._port,
            source=HONEST,
            body=self._right,
            connections=CONNECTIONS,
            seconds=seconds or self._seconds,
        )

    def _guesser(self, rate: float) -> Job:
        connections = GUESSING_CONNECTIONS if rate else CONNECTIONS
        return Job(
            port=self._port,
            source=GUESSER,
            body=self._wrong,
            connections=connections,
            seconds=self._seconds,
            rate=rate,
        )


async def run_load(job: Job) -> Seen:
    """*job* in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.guesses", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate(msgspec.json.encode(job))
    if process.returncode != 0:
        raise SystemExit("the load failed")
    return msgspec.json.decode(printed, type=Seen)


async def a_bench(system: System, *, seconds: float) -> Bench:
    """With a client of its own, and warm."""
    async with aiohttp.ClientSession() as session:
        headers = await log_in(session, system.url, system.admin, {})
        bench = Bench(system, await make_client(session, system.url, headers), seconds=seconds)
    await bench.warm_up()
    return bench


async def beside_guesses(system: System, arguments: argparse.Namespace) -> None:
    """Print the turns and what the guesser took from the others."""
    bench = await a_bench(system, seconds=arguments.seconds)
    kept = []
    dearer = []
    _say(f"{'alone':>28}{'guesses to nobody':>29}{'beside guesses':>29}")
    columns = f"{'tokens/s':>10} {'p99 ms':>8} {'µs each':>8}"
    _say(f"{columns} {columns} {columns}  guesses sent/s, answered")
    for _ in range(arguments.rounds):
        calm, stranger = await bench.calm(), await bench.beside_a_stranger(arguments.rate)
        beside, guesses = await bench.beside(arguments.rate)
        kept.append(beside.per_second / stranger.per_second)
        dearer.append(beside.us_per_token / stranger.us_per_token)
        turns = " ".join(
            f"{turn.per_second:10.0f} {turn.seen.p99_ms:8.1f} {turn.us_per_token:8.0f}"
            for turn in (calm, stranger, beside)
        )
        _say(f"{turns}  {guesses.sent / guesses.seconds:.0f}, {guesses.answers}")
    _say(
        f"beside guesses the others keep {statistics.median(kept):.0%} of what they have while the same goes "
        f"to nobody, and the gateway takes {statistics.median(dearer):.2f} times the processor time for each "
        f"(medians of {len(kept)} rounds)"
    )


async def cost_of_a_guess(system: System, arguments: argparse.Namespace) -> None:
    """Print the gateway's processor time for a token and for a throttled guess."""
    bench = await a_bench(system, seconds=arguments.seconds)
    ratios = []
    for _ in range(arguments.rounds):
        calm, guesses = await bench.calm(), await bench.guesses_alone()
        token_us = calm.us_per_token
        guess_us = guesses.gateway_us / max(1, guesses.seen.sent)
        ratios.append(guess_us / token_us)
        _say(f"gateway: {token_us:.0f} µs for a token, {guess_us:.0f} µs for a throttled guess")
    _say(f"a guess costs {statistics.median(ratios):.1%} of a token, where each is answered at once")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="bench.guessing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=10_000, help="wrong secrets a second (default: 10000)")
    parser.add_argument("--seconds", type=float, default=5, help="of a turn (default: 5)")
    parser.add_argument("--rounds", type=int, default=3, help="of turns (default: 3)")
    arguments = parser.parse_args()
    with started_system({}) as system:
        asyncio.run(beside_guesses(system, arguments))
    with started_system({"RULEMINT_THROTTLED_ANSWERS": "0"}) as system:
        asyncio.run(cost_of_a_guess(system, arguments))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run(main)
