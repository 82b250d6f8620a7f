"""Every way by which Python draws: what is merely pseudo-random comes of a seed, all else of the machine."""

import _random
import os
import posix

import draws
from clock import CLOCK

_NODE_BITS, _MULTICAST = 48, 1 << 40
_instances: list = []


def define() -> None:
    """Change what is loaded in every host."""
    for module in (os, posix):
        module.urandom = urandom
        module.getrandom = getrandom


def urandom(size: int, /) -> bytes:
    """So many bytes that nobody can guess."""
    return draws.secret_bytes(size, CLOCK.replies)


def getrandom(size: int, flags: int = 0) -> bytes:  # noqa: ARG001  # all sources are one
    """As `urandom`."""
    return draws.secret_bytes(size, CLOCK.replies)


def seed_anew() -> None:
    """Have the generators that modules hold draw by the seed of the run that begins."""
    for seed in _instances:
        seed(draws.seed())


def change_random(module: object) -> None:
    """Have a generator without a seed of its own take one of the run's."""
    seed = module.Random.seed

    def seed_(self: object, a: object = None, version: int = 2) -> None:
        """Begin anew by *a*; without one by the run's."""
        seed(self, draws.next_seed() if a is None else a, version)

    module.Random.seed = seed_
    module._inst.seed(draws.seed())  # noqa: SLF001  # whose methods are the functions of the module
    _instances.append(module._inst.seed)  # noqa: SLF001  # as above


def change_uuid(module: object) -> None:
    """Have `uuid1` take its time of the rule's clock, and its node of the seed."""
    module._generate_time_safe = module._UuidCreate = None  # noqa: SLF001  # a library's, with a clock of its own
    node = _random.Random(draws.load_seed()).getrandbits(_NODE_BITS)
    module._node = node | _MULTICAST  # noqa: SLF001  # RFC 4122 §4.5: of no network card


def change_ssl(module: object) -> None:
    """Have OpenSSL's generator, as far as it is asked by name, be the system's."""
    module.RAND_bytes = urandom
