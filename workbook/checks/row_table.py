"""Rows of a database as a notebook shows them: a table for the eye, and the same as text, which tests compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rich.cells import cell_len, set_cell_size

# Jupyter's own style puts numbers and names to the right.
_LEFT = ' style="text-align: left"'


@dataclass(frozen=True)
class RowTable:
    """Rows with the names of their columns, and a caption where there is one. None is shown as NULL."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    @classmethod
    def of(cls, columns: Iterable[str], rows: Iterable[Iterable[object]], caption: str = "") -> RowTable:
        """The table of these rows, each with its values in the order of the columns."""
        return cls(tuple(columns), tuple(tuple(map(_shown, row)) for row in rows), caption)

    @classmethod
    def of_dicts(cls, rows: Sequence[Mapping[str, object]], caption: str = "") -> RowTable:
        """The table of rows that have their columns by name."""
        return cls.of(rows[0] if rows else (), (row.values() for row in rows), caption)

    @classmethod
    def of_cursor(cls, cursor: Any, caption: str = "") -> RowTable:
        """The table of all rows that a query gave, by the cursor that carried it out (PEP 249)."""
        return cls.of((column[0] for column in cursor.description), cursor.fetchall(), caption)

    def __str__(self) -> str:
        lines = [self.caption] if self.caption else []
        if not self.rows:
            return "\n".join([*lines, "(no rows)"])
        widths = [max(map(cell_len, values)) for values in zip(self.columns, *self.rows, strict=True)]
        lines += [_line(self.columns, widths), "-+-".join("-" * width for width in widths)]
        return "\n".join([*lines, *(_line(row, widths) for row in self.rows)])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._html()}

    def _html(self) -> str:
        if not self.rows:
            return f"<p>{escape(' '.join(str(self).split()))}</p>"
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        heads = "".join(f'<th scope="col"{_LEFT}>{escape(column)}</th>' for column in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td{_LEFT}>{escape(value)}</td>' for value in row)}</tr>" for row in self.rows
        )
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _shown(value: object) -> str:
    return "NULL" if value is None else " ".join(str(value).split())


def _line(values: Sequence[str], widths: Sequence[int]) -> str:
    return " | ".join(
        set_cell_size(value, width) for value, width in zip(values, widths, strict=True)
    ).rstrip()
