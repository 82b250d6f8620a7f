"""``python -m bench.replays``: generated exchanges replay equal, and with one frame altered diverge at that place."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from bench import command
from bench.replays.fuzzing import Place, a_redis, a_service, fuzz
from bench.system import started_system
from rulemint_shared.secrets.vault import Vault


def main() -> int:
    """Run it; the status is 1 if anything was otherwise."""
    parser = argparse.ArgumentParser(prog="python -m bench.replays", description=__doc__)
    parser.add_argument("--exchanges", type=command.number, default=1_000)
    parser.add_argument("--each", type=command.number, default=10, help="exchanges by one rule (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="the same makes the same rules (default: 1)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rulemint-replays-") as name:
        folder = Path(name)
        data = folder / "data"
        with (
            a_service(folder) as (service, settings),
            started_system({**settings, "RULEMINT_TAPE_HISTORY": "10000"}, data_dir=data) as system,
            a_redis(data) as redis,
        ):
            place = Place(system.url, system.admin, redis, Vault.from_file(data / "master.key"), service)
            tell = command.progress()
            found = fuzz(place, exchanges=given.exchanges, each=given.each, seed=given.seed, tell=tell)
    console = command.output()
    console.print(f"replays: {dict(found.verdicts)}; median {statistics.median(found.replay_ms):.0f} ms")
    console.print(f"with one frame altered: {dict(found.places)}")
    for failure in found.failures:
        console.print(failure, markup=False)
    return 1 if found.failures else 0


if __name__ == "__main__":
    command.run(main)
