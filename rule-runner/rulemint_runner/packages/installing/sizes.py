"""Bound a package set, and name the packages that are too large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.messages import MAX_SET_BYTES

_MIB = 1024 * 1024
_SHOWN = 3


def check_size(files: Iterable[tuple[str, int]]) -> None:
    """Refuse *files*, each of a package and with its size, if they are too much together.

    Raises:
        InstallError: the text names the largest packages.
    """
    sizes: Counter[str] = Counter()
    for package, size in files:
        sizes[package] += size
    if sizes.total() > MAX_SET_BYTES:
        raise too_large(sizes)


def too_large(sizes: Counter[str]) -> InstallError:
    """Name the largest packages of *sizes*."""
    largest = ", ".join(f"{name} {size / _MIB:.1f} MiB" for name, size in sizes.most_common(_SHOWN))
    return InstallError(
        f"the packages are larger than {MAX_SET_BYTES // _MIB} MiB together ({largest}): choose a smaller package, "
        "such as a client of one service, or call the service by HTTP"
    )
