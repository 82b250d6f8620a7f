"""One, a hundred, and a thousand tenants (or as many as are asked for) in one warm system."""

from __future__ import annotations

from bench.goals.aims import FEW_TENANTS
from bench.goals.measured import Measured, Run, failed, processor_us, ratio
from bench.growth.tenants import CONNECTIONS, UNIFORM, ZIPF, name_of, room_for, turns_of


def measure(run: Run) -> Measured:
    """Both lines about many tenants."""
    one, few, many = (1, UNIFORM), (min(FEW_TENANTS, run.tenants), UNIFORM), (run.tenants, ZIPF)
    turns = turns_of(
        run.load,
        list(dict.fromkeys([one, few, many])),
        rounds=run.rounds,
        seconds=run.seconds,
        settings=room_for(run.max_hosts),
        say=run.say,
    )
    alone_us, together_us = (processor_us(turns, name_of(case), connections=CONNECTIONS) for case in (one, few))
    rises = round(together_us / alone_us, 3) if alone_us and together_us else None
    kept = ratio(turns, name_of(many), name_of(one), connections=CONNECTIONS)
    return Measured(figures={"tenants-100": [rises], "tenants-1000": [kept]}, turns=turns, failed=failed(turns))
