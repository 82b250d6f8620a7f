"""The Python host: becomes one rule, then runs its invocations, one after the other. Standard library only.

It is started with ``-I -S``, so its own folder is not on the path: the neighbouring files are loaded by path here.
While it is idle it blocks in a read, so nothing that a rule left behind runs between invocations.
"""

import faulthandler
import os
import sys
from _signal import SIGUSR1  # `signal` makes enumerations of all
from time import monotonic as now

sys.path.insert(0, __file__.rpartition("/")[0])

import calls
import capture
import channel
import clock
import descriptions
import descriptors
import draws
import invocation
import machine
import package_files
import packages
import randomness
import refused
import rule
import socket_modules
import strays
import times
from paths import without_paths

_FOLDER = __file__.rpartition("/")[0]


def _hide() -> None:
    """Forget where our files are, and their names: a rule may have packages of the same."""
    sys.path.remove(_FOLDER)
    for name, module in tuple(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(_FOLDER):
            del sys.modules[name]


def _watching(load: dict) -> object:
    """Make what watches the rule of *load*; None if nobody wants to know. Hosts that serve do not have it."""
    if load["trace"] is None:
        return None
    sys.path.insert(0, _FOLDER)
    import tracing  # noqa: PLC0415  # as above

    _hide()
    return tracing.Tracing(load["file"], load["script"].removeprefix("\ufeff"))


_hide()


def main() -> None:
    """Load once, then answer until the runner hangs up."""
    os.environ.clear()  # noqa: TID251  # the seed of hashes is for the interpreter
    runner = channel.Channel()
    outbound = _changed_interpreter(runner)
    runner.write({"t": "ready"})
    load = runner.read()
    loaded = None if load is None else _loaded(load, runner, outbound)
    if loaded is None:
        return
    runner.write({"t": "loaded", **draws.drawn_at_load()})
    watching = _watching(load)
    while (run := runner.next_run()) is not None:
        _answer(run, loaded, runner, watching)


def _changed_interpreter(runner: channel.Channel) -> calls.Calls:
    """Change the interpreter to what a rule may see and do; return its way to the outside."""
    faulthandler.register(SIGUSR1, file=2, all_threads=False)  # the runner asks where a rule is whose time is up
    capture.capture_output(runner)
    outbound = calls.Calls(runner)
    draws.define(runner)
    times.define()
    randomness.define()
    refused.define()
    descriptors.define({1: sys.stdout, 2: sys.stderr})
    machine.define()
    socket_modules.define(outbound)
    strays.define()
    return outbound


def _loaded(load: dict, runner: channel.Channel, outbound: calls.Calls) -> object:
    """Return the rule of *load*; None if it could not be loaded, which the runner has then been told."""
    clock.CLOCK.load_at(load["now_ms"])
    draws.begin_load(load["seed"], load["drawn"])
    if load["packages"] is not None:
        package_files.define(packages.define(load["packages"]))
    strays.look_at(load["script"], has_packages=load["packages"] is not None)
    try:
        return rule.load(load, outbound)
    except rule.NotARule as error:
        runner.write({"t": "not-loaded", "kind": "syntax", "text": str(error)})
    except BaseException as error:  # noqa: BLE001  # all that a rule raises while it is loaded
        kind = "out_of_memory" if isinstance(error, MemoryError) else "exception"
        runner.write({"t": "not-loaded", "kind": kind, "text": without_paths(descriptions.describe(error))})
    return None


def _answer(run: dict, loaded: object, runner: channel.Channel, watching: object) -> None:
    """Run the rule once, and write its answer."""
    began_s = now()
    running = invocation.begin(run["n"])
    clock.CLOCK.begin(run["now_ms"])
    draws.begin(run["n"], run["seed"], record=run["record"], noted=run["noted"])
    randomness.seed_anew()
    if watching is not None:
        watching.start()
    given = loaded.answer(run)
    traced = [] if watching is None else [{**watching.stop(given), "n": run["n"]}]
    strays.leave(running)
    answer = rule.answer_of(given, running)
    running.is_over = True
    capture.flush()
    took_ms = (now() - began_s) * 1000
    idle = {"t": "idle", "n": run["n"], "took_ms": took_ms, "dropped": invocation.dropped()}
    runner.write(*traced, {**answer, "n": run["n"]}, idle)
    running.is_gone = True


main()
