"""Markdown in which a student's text stays text: no markup, no HTML, no link is made from it."""

from __future__ import annotations

import re

# Letters, digits, and marks that mean nothing inside a line. All else goes into a code span, where nothing has a
# meaning, nor becomes a link by itself, as www.example.org, notes.zip and an email address may outside.
_PLAIN = re.compile(r"[^\W\d_](?:[^\W_]|[ ,'’-]|[.:;](?= |$)|(?<=\d)\.(?=\d))*")


def inline(text: str) -> str:
    """A text on one line, as it is where nothing in it has a meaning, or else as a code span."""
    line = " ".join(text.split())
    if _PLAIN.fullmatch(line) and not line.endswith("-"):
        return line
    ticks = "`" * (_longest_run(line) + 1)
    # Inside a code span only one space on each side is taken away: https://spec.commonmark.org/0.31.2/#code-spans
    return f"{ticks} {line} {ticks}" if line[:1] in "` " or line[-1:] in "` " else f"{ticks}{line}{ticks}"


def cell(text: str) -> str:
    """The workbook's own text, or an `inline` one, in a cell of a table."""
    return text.replace("|", r"\|")


def fenced(text: str) -> str:
    """A text of many lines, between fences that are longer than any run of backticks in it."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def table(headings: list[str], rows: list[list[str]]) -> str:
    """A table; the first column is of words, the others are of numbers."""
    line = "| --- |" + " ---: |" * (len(headings) - 1)
    return "\n".join(
        [_row(headings), line, *map(_row, rows)],
    )


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(map(cell, cells))} |"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
