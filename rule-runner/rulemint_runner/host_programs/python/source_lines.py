"""Read in a rule's text which lines can run, on which others that depends, and which name a claim."""

import ast

_OF_A_FUNCTION = 0x1
"""CO_OPTIMIZED: the body of a class or a module runs while the rule is loaded."""
_BODIES = ("body", "orelse", "finalbody")


class SourceLines:
    """The lines of one text."""

    def __init__(self, file: str, text: str) -> None:
        tree = ast.parse(text)
        self._runnable: set = set()
        self._find_runnable(compile(text, file, "exec", dont_inherit=True))
        self._statements: list = []
        self._parents: dict = {}
        """First line of a statement → the line of what decides whether it runs."""
        self._names: dict = {}
        """Text of a constant or a name → the lines that have it."""
        self._find_statements(tree, 0)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._name(node.value, node.lineno)
                for word in node.value.split():
                    self._name(word, node.lineno)
            elif isinstance(node, ast.keyword) and node.arg is not None:
                self._name(node.arg, node.value.lineno)

    def not_run(self, ran: set) -> list:
        """The spans of lines that could have run and did not, each with the line that decided so."""
        spans: list = []
        missing = sorted(self._runnable - ran)
        for line in missing:
            of = self._decided_at(line, ran)
            last = spans[-1] if spans else None
            follows = last is not None and not any(last["last"] < each < line for each in self._runnable & ran)
            if follows and last["of"] == of:
                last["last"] = line
            else:
                spans.append({"first": line, "last": line, "of": of})
        return spans

    def of_item(self, name: str, line: int) -> int:
        """The line that names the item within the statement at *line*, which may have many; 0 if none does."""
        first, last = next(((a, b) for a, b in reversed(self._statements) if a <= line <= b), (line, line))
        return next((each for each in self._names.get(name, ()) if first <= each <= last), 0)

    def naming(self, name: str, ran: set) -> int:
        """The last line that names it, in a statement that ran; 0 if there is none."""
        lines = [line for line in self._names.get(name, ()) if line in ran or self._start_of(line) in ran]
        return max(lines, default=0)

    def _start_of(self, line: int) -> int:
        return next((first for first, last in reversed(self._statements) if first <= line <= last), line)

    def _decided_at(self, line: int, ran: set) -> int:
        at = self._parents.get(self._start_of(line), 0)
        while at and at not in ran and self._parents.get(at):
            at = self._parents[at]
        return at

    def _find_runnable(self, code: object) -> None:
        if code.co_flags & _OF_A_FUNCTION:
            self._runnable.update(line for *_range, line in code.co_lines() if line and line != code.co_firstlineno)
        for constant in code.co_consts:
            if hasattr(constant, "co_lines"):
                self._find_runnable(constant)

    def _find_statements(self, node: ast.AST, decided_at: int) -> None:
        for field in (*_BODIES, "handlers", "cases"):
            for each in getattr(node, field, ()):
                line = getattr(each, "lineno", decided_at)
                self._parents[line] = decided_at
                if not any(hasattr(each, body) for body in _BODIES):
                    self._statements.append((line, each.end_lineno))
                self._find_statements(each, line)

    def _name(self, name: str, line: int) -> None:
        self._names.setdefault(name, []).append(line)
