"""One small change of a text."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """A change of a text: the bytes from `start` to `end` become `new`. `operator` names the kind of change; `top`
    is what the change needs below the imports."""

    operator: str
    start: int
    end: int
    new: str
    top: str = ""


class Source:
    """A Python file: its text, its tree, and where the nodes are in the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.bytes = text.encode()
        self.tree = ast.parse(text)
        self._lines = [0]
        for line in self.bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Where a node begins and ends, in bytes."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self._lines[node.lineno - 1] + node.col_offset,
            self._lines[node.end_lineno - 1] + node.end_col_offset,
        )

    def of(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.bytes[start:end].decode()

    def line_of(self, place: int) -> int:
        """The number of the line, from 1, in which a byte is."""
        return self.bytes[:place].count(b"\n") + 1

    def replace(self, operator: str, node: ast.expr | ast.stmt | ast.keyword, new: str) -> Edit:
        """The edit by which a node becomes another text."""
        return Edit(operator, *self.span(node), new)


def apply(text: str, edit: Edit) -> str:
    """The text after the change."""
    data = text.encode()
    changed = (data[: edit.start] + edit.new.encode() + data[edit.end :]).decode()
    if not edit.top:
        return changed
    last = max(
        (n.end_lineno or 0 for n in ast.parse(text).body if isinstance(n, ast.Import | ast.ImportFrom)),
        default=0,
    )
    lines = changed.splitlines(keepends=True)
    return "".join([*lines[:last], edit.top + "\n", *lines[last:]])
