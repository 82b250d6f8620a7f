# Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/python/descriptions.py: change that, and run `make sdk`.
"""An error → its words for the rule's author: file, line and column in the rule's own terms, and what caused it."""

import linecache
import traceback

from rulemint._contract import invocation
from rulemint._contract.contract import CONTRACT

MAX_TEXT = CONTRACT["text_characters"]
MOST_CAUSES = 8

PACKAGES = {
    "Crypto": "pycryptodome",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "attr": "attrs",
    "auth0": "auth0-python",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "dns": "dnspython",
    "dotenv": "python-dotenv",
    "google.auth": "google-auth",
    "google.oauth2": "google-auth",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "pkg_resources": "setuptools",
    "requests_oauthlib": "requests-oauthlib",
    "slack_sdk": "slack-sdk",
    "slugify": "python-slugify",
    "socks": "pysocks",
    "yaml": "pyyaml",
}
"""Module → the package that has it, where one does not have the other's name."""
GOOGLES = 2
"""Google's services are packages below this many names."""

file = "rule.py"
"""The author's name for the file of the one rule that is loaded."""


def describe(error: BaseException) -> str:
    """An error as its rule's author wants to see it: file, line and message, then the rule's own part of the stack."""
    try:
        text = _describe_with_stack(error)
    except BaseException:  # noqa: BLE001  # the rule may have left no descriptor or memory to look at the stack with
        text = f"{file}: {type(error).__name__}: {message_of(error)}"
    return text.encode("utf-8", "backslashreplace").decode()[:MAX_TEXT]


def message_of(error: BaseException) -> str:
    """The error's own words."""
    try:
        return str(error)
    except BaseException:  # noqa: BLE001  # it is the rule's own class, and may raise SystemExit too
        return "it has no message that can be shown"


def describe_syntax(error: SyntaxError | ValueError) -> str:
    """Describe a text that does not parse, with the line and a mark below it."""
    if not isinstance(error, SyntaxError):
        return f"{file}: {error}"
    line = (error.text or "").rstrip("\n")
    caret = f"\n  {line}\n  {' ' * ((error.offset or 1) - 1)}^" if line else ""
    at = file if error.lineno is None else f"{file}:{error.lineno}:{error.offset}"
    return f"{at}: SyntaxError: {error.msg}{caret}"


def _describe_with_stack(error: BaseException) -> str:
    frames = _own_frames(error)
    at = _position(frames[-1]) if frames else file
    lines = "".join(traceback.format_list(frames)).rstrip() if len(frames) > 1 else ""
    parts = [f"{at}: {_headline(error)}", lines, *(f"  {line}" for line in _what_is_behind(error, MOST_CAUSES))]
    text = "\n".join(filter(None, parts))
    hidden = [words for words in invocation.current().refused.values() if words not in text]
    return "\n".join([text, *(f"  refused before: {words}" for words in hidden[:MOST_CAUSES])])


def _own_frames(error: BaseException) -> list:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]


def _asked_for(error: ModuleNotFoundError) -> str:
    """The whole name that the rule imports: the error names the first part that is not there."""
    frames = _own_frames(error)
    line = frames[-1].line or "" if frames else ""
    words = "".join(each if each.isalnum() or each in "._" else " " for each in line).split()
    return next((word for word in words if word.startswith(f"{error.name}.")), error.name)


def _package_of(module: str) -> str:
    """The package that most likely has *module*, by the name under which one installs it."""
    parts = module.split(".")
    known = next((name for name in (module, ".".join(parts[:2]), parts[0]) if name in PACKAGES), None)
    if parts[:2] == ["google", "cloud"] and len(parts) > GOOGLES:
        return f"{'-'.join(parts[: GOOGLES + 1])}, the package that has it,"
    return f"{PACKAGES[known]}, the package that has it," if known else "the package that has it"


def _headline(error: BaseException) -> str:
    """Type and message; of a missing package also what helps."""
    text = "".join(traceback.format_exception_only(error)).strip()
    if isinstance(error, ModuleNotFoundError) and error.name:
        text += f": add {_package_of(_asked_for(error))} to the rule's dependencies"
    elif isinstance(error, ImportError) and "relative import" in text:
        text += ": a rule is one file; put what it imports into it, or into a package of its dependencies"
    return text


def _what_is_behind(error: BaseException, most: int) -> list:
    """One line for each error of a group, and for each that led to *error*, with the place of each in the rule."""
    if most == 0:
        return ["…"]
    lines = []
    for each in error.exceptions[:most] if isinstance(error, BaseExceptionGroup) else ():
        lines += [f"in it: {_placed(each)}", *(f"  {line}" for line in _what_is_behind(each, most - 1))]
    cause, word = error.__cause__, "caused by"
    if cause is None and not error.__suppress_context__:
        cause, word = error.__context__, "while handling"
    if cause is not None:
        lines += [f"{word}: {_placed(cause)}", *_what_is_behind(cause, most - 1)]
    return lines


def _placed(error: BaseException) -> str:
    frames = _own_frames(error)
    return f"{_headline(error)} ({_position(frames[-1])})" if frames else _headline(error)


def _position(frame: traceback.FrameSummary) -> str:
    """Return its position, the column counted from 1 in characters as everywhere else; Python counts bytes from 0."""
    at = f"{file}:{frame.lineno}"
    if frame.lineno is None or frame.colno is None:
        return at
    before = linecache.getline(file, frame.lineno).encode("utf-8", "surrogatepass")[: frame.colno]
    return f"{at}:{len(before.decode('utf-8', 'replace')) + 1}"
