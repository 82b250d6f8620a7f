"""Watch a rule run: which of its lines ran, and which line set what.

Only a host that explains does it, never one that serves. The trace function of the interpreter sees each line of the
rule's own file; what a line changed is seen when the next one begins.
"""

import json
import sys

import source_lines

_MAX_LOOKS = 200_000
_MAX_CONTAINERS = 2_000
_MAX_ITEMS = 1_000
_MAX_TEXT = 256
_MAX_SPANS, _MAX_WRITES = 500, 300
_GIVEN = 0
"""In the place of a line: it was so when the rule began."""


class Container:
    """A dictionary or list of the rule, as it was last seen, with the line that wrote each of its items."""

    def __init__(self, thing: object) -> None:
        self.thing = thing
        self.items = _items_of(thing)
        self.written: dict = {}
        """Name of an item → the line, and what it was before."""
        self.removed: dict = {}

    def look(self, line: int, named_at: object) -> None:
        """Note what has changed: *line* did it, or the part of its statement that *named_at* finds for a name."""
        now = _items_of(self.thing)
        if now == self.items:
            return
        for name, value in now.items():
            if name not in self.items:
                self.written[name] = (named_at(name, line) or line, "")
                self.removed.pop(name, None)
            elif self.items[name] != value:
                self.written[name] = (line, self.items[name])
        for name in self.items.keys() - now.keys():
            self.removed[name] = (line, self.items[name])
        self.items = now


class Tracing:
    """Watches one host."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._lines = source_lines.SourceLines(file, text)
        self._begin()

    def _begin(self) -> None:
        self._ran: set = set()
        self._at: dict = {}
        """Frame → the line that it is at."""
        self._containers: dict = {}
        self._looks = 0
        self._raised: tuple = (None, 0)
        self._returned = 0

    def start(self) -> None:
        """Watch from now on. The rule is not told that somebody does."""
        self._begin()
        sys.settrace(self._enter)
        sys.gettrace = lambda: None

    def stop(self, answer: dict) -> dict:
        """Return what was seen as a frame for the runner, now that the rule has given *answer*."""
        sys.settrace(None)
        returned = answer["t"] == "returned"
        spans = self._lines.not_run(self._ran)
        writes = self._writes(json.loads(answer["value"])) if returned else []
        is_cut = self._looks > _MAX_LOOKS or len(spans) > _MAX_SPANS or len(writes) > _MAX_WRITES
        return {
            "t": "traced",
            "answered_at": self._returned if returned else self._raised[1],
            "not_run": spans[:_MAX_SPANS],
            "writes": writes[:_MAX_WRITES],
            "is_cut": is_cut,
        }

    # ---- while it runs ----

    def _enter(self, frame: object, _event: str, _argument: object) -> object:
        return self._step if frame.f_code.co_filename == self._file else None

    def _step(self, frame: object, event: str, argument: object) -> object:
        line = self._at.get(frame, _GIVEN)
        self._look(frame, line)
        if event == "line":
            self._at[frame] = frame.f_lineno
            self._ran.add(frame.f_lineno)
        elif event == "return":
            self._at.pop(frame, None)
            self._returned = frame.f_lineno
            if type(argument) in {dict, list}:
                self._see(argument, frame.f_lineno)
        elif argument[1] is not self._raised[0]:
            self._raised = (argument[1], frame.f_lineno)
        return self._step

    def _look(self, frame: object, line: int) -> None:
        self._looks += 1
        if self._looks > _MAX_LOOKS:
            return
        for thing in (*frame.f_locals.values(), *self._globals(frame)):
            if type(thing) in {dict, list}:
                self._see(thing, line)

    def _globals(self, frame: object) -> list:
        return [thing for name, thing in frame.f_globals.items() if not name.startswith("__")]

    def _see(self, thing: object, line: int) -> None:
        known = self._containers.get(id(thing))
        if known is not None:
            known.look(line, self._lines.of_item)
        elif len(thing) <= _MAX_ITEMS and len(self._containers) < _MAX_CONTAINERS:
            new = Container(thing)
            if line != _GIVEN:
                new.written = {name: self._origin(name, value, line) for name, value in new.items.items()}
            self._containers[id(thing)] = new

    def _origin(self, name: str, value: str, line: int) -> tuple:
        """Find where an item of a new container comes from: the statement at *line*, or another container."""
        named = self._lines.of_item(name, line)
        if named:
            return named, ""
        others = (other for other in reversed(self._containers.values()) if other.items.get(name) == value)
        other = next(others, None)
        return (line, "") if other is None else other.written.get(name, (_GIVEN, ""))

    # ---- after it ----

    def _writes(self, result: object) -> list:
        if not isinstance(result, dict):
            return []
        found = self._container_of(result)
        writes = [self._write("claim", name, found) for name in result if name != "scope"]
        scope = result.get("scope")
        scopes = scope.split() if isinstance(scope, str) else scope if isinstance(scope, list) else []
        of_scopes = self._container_of(scopes)
        writes += [self._write("scope", name, of_scopes or found) for name in scopes if isinstance(name, str)]
        removed = {} if of_scopes is None else of_scopes.removed
        writes += [_written("removed scope", name, *how, seen=True) for name, how in removed.items()]
        removed = {name: how for part in self._parts_of(result) for name, how in part.removed.items()}
        writes += [
            _written("removed claim", name, *how, seen=True) for name, how in removed.items() if name not in result
        ]
        return [write for write in writes if write["line"] != _GIVEN]

    def _container_of(self, value: object) -> Container | None:
        """The container that became *value*: the last that has the same items."""
        items = _items_of(value)
        same = [each for each in self._containers.values() if each.items.keys() == items.keys()]
        return same[-1] if same and items else None

    def _parts_of(self, result: dict) -> list:
        """The dictionaries of which *result* may have been made: they have one of its claims."""
        shown = _items_of(result).items()
        return [each for each in self._containers.values() if type(each.thing) is dict and each.items.items() & shown]

    def _write(self, kind: str, name: str, container: Container | None) -> dict:
        if container is not None and name in container.written:
            return _written(kind, name, *container.written[name], seen=True)
        if container is not None and name in container.items:
            return _written(kind, name, _GIVEN, "", seen=True)
        return _written(kind, name, self._lines.naming(name, self._ran), "", seen=False)


def _written(kind: str, name: str, line: int, before: str, *, seen: bool) -> dict:
    shown = name[:_MAX_TEXT].encode(errors="replace").decode()  # no frame has half a surrogate pair
    return {"kind": kind, "name": shown, "line": line, "before": before[:_MAX_TEXT], "seen": seen}


def _items_of(thing: object) -> dict:
    """The items of a container by their names, each as a text: of a list its own items are the names."""
    try:
        if isinstance(thing, dict):
            return {name: _shown(value) for name, value in thing.items() if isinstance(name, str)}
        return {item: "" for item in thing if isinstance(item, str)}
    except Exception:  # noqa: BLE001  # it is the rule's, and may change while it is looked at
        return {}


def _shown(value: object) -> str:
    if value is None or type(value) in {str, int, float, bool}:
        return json.dumps(value)[: _MAX_TEXT + 1]
    try:
        return json.dumps(value)[:_MAX_TEXT]
    except Exception:  # noqa: BLE001  # as above
        return f"<{type(value).__name__}>"
