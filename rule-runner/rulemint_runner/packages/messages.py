"""Define what the runner tells the process that installs, and what that says when it has done so."""

from __future__ import annotations

import msgspec

from rulemint_shared.contract.package_messages import InstallRequest

MAX_SET_BYTES = 64 * 1024 * 1024
"""All files of a package set together."""
MAX_PLAIN_BYTES = 16 * 1024 * 1024
"""A smaller set is kept as it is: a host reads all of it in less than a second."""
MAX_COMPRESSED_BYTES = 24 * 1024 * 1024
"""The same as it is kept. A host has about as much of it in its memory."""
MAX_ANSWER_BYTES = MAX_COMPRESSED_BYTES + 64 * 1024
MAX_MESSAGE_CHARACTERS = 2_000


class InstallTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of one installation on this machine, and its sources. The runner's settings say them."""

    folder_mib: int = 256
    files: int = 20_000
    memory_mib: int = 1_024
    allow_private: tuple[str, ...] = ()
    """Networks that are not public but that a registry may keep its files in."""
    within: str | None = None
    """The folder in which its own is made; None: where this system keeps what is temporary."""
    ca_file: str | None = None
    """Authorities that are trusted besides the system's."""
    landlock_abi: int | None = None
    """Use no newer one, as an older kernel would."""


DEFAULT_TERMS = InstallTerms()


class InstallTask(msgspec.Struct, frozen=True, kw_only=True):
    """One installation: what, with which programs, from where."""

    request: InstallRequest
    deno: str
    """The path of Deno."""
    npm_registry: str | None = None
    pypi_index: str | None = None
    terms: InstallTerms = DEFAULT_TERMS


class Collected(msgspec.Struct, frozen=True, kw_only=True, tag="collected"):
    """The installed files, as a package set."""

    content: bytes
    """`PackageSet` as JSON, compressed."""
    resolved: dict[str, str]


class NotCollected(msgspec.Struct, frozen=True, kw_only=True, tag="not-collected"):
    """Nothing was installed; the text is for the rule's author."""

    message: str
    is_ours: bool = False
    """The same request may succeed later."""


class PackageSet(msgspec.Struct, frozen=True, kw_only=True):
    """Files with names of their own, and who means which of them by what. A host needs no more to run them."""

    files: dict[str, str]
    """Name → text."""
    data: dict[str, bytes] = {}
    """Name → what is no text; base64 in JSON."""
    modules: list[str] = []
    """The files that are ES modules."""
    links: dict[str, dict[str, str]] = {}
    """A file → what it says to get another → that other."""
    roots: dict[str, str] = {}
    """The words of the rule → the file that it gets."""
    duals: list[str] = []
    """Those of them that stand for an ES module of the same package, whose default export is their ``default``."""
    packed: bool = False
    """The contents are deflated; those of `files` are base64, too."""


Answer = Collected | NotCollected
answer_decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
task_decoder = msgspec.msgpack.Decoder(InstallTask)
