"""What every student has been given: a step's starter, and the code in its chapter, hints included."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbook.course.places import CHAPTERS, SOLUTIONS, STORED_STARTERS
from workbook.course.starters import source_files, starter_files

from .normal_form import form_of, pieces_of

_BLOCK = re.compile(r"^[ \t]*```\w*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
# What a line has to be followed by to be a statement of its own.
_HEADS = re.compile(r"(if|elif|else|for|while|with|def|class|try|except|finally)\b.*:\s*(#.*)?")


@dataclass(frozen=True)
class Given:
    """`files`: the starter's, by their places in the step's folder. `forms`: the digests of their normal forms.
    `pieces`: statements and lines that no student had to find. `solution`: by the digests of their normal forms, the
    places of the solution's files that are not the starter's; none where the workbook has no solutions."""

    files: dict[str, bytes]
    forms: frozenset[str]
    pieces: frozenset[str]
    solution: dict[str, str]


@functools.cache
def given(step: str) -> Given:
    """What students are given in a step. A step without a starter has nothing."""
    files = dict(_starter(step))
    pieces: set[str] = set()
    for place, content in files.items():
        pieces.update(pieces_of(content, Path(place).suffix))
    chapter = CHAPTERS / step / "README.md"
    if chapter.is_file():
        for code in _code_in(chapter.read_text(encoding="utf-8")):
            for suffix in (".py", ".html"):
                pieces.update(pieces_of(code.encode(), suffix))
    forms = frozenset(form_of(content, Path(place).suffix) for place, content in files.items())
    solution = {}
    if (SOLUTIONS / step).is_dir():
        for file in source_files(SOLUTIONS / step):
            form = form_of(file.read_bytes(), file.suffix)
            if form not in forms:
                solution[form] = file.relative_to(SOLUTIONS / step).as_posix()
    return Given(files, forms, frozenset(pieces), solution)


@functools.cache
def solution_of(step: str, place: str) -> bytes | None:
    """A file of the step's solution; None where the workbook has no such file."""
    file = SOLUTIONS / step / place
    return file.read_bytes() if file.is_file() else None


def own_size(data: bytes, suffix: str, step: str) -> int:
    """The number of names, values and signs of a file in statements, or lines, that students of the step are not
    given. The same statement counts once."""
    pieces = given(step).pieces
    return sum(size for piece, size in pieces_of(data, suffix).items() if piece not in pieces)


def _starter(step: str) -> Iterator[tuple[str, bytes]]:
    if (SOLUTIONS / step).is_dir():
        for place, content in starter_files(SOLUTIONS / step).items():
            yield place.as_posix(), content
    elif (STORED_STARTERS / step).is_dir():
        for file in source_files(STORED_STARTERS / step):
            yield file.relative_to(STORED_STARTERS / step).as_posix(), file.read_bytes()


def _code_in(chapter: str) -> Iterator[str]:
    """The pieces of code in a chapter: blocks, their lines, and what stands in a sentence."""
    for block in _BLOCK.findall(chapter):
        code = textwrap.dedent(block)
        yield code
        for line in code.splitlines():
            yield from _line(line.strip())
    for code in _INLINE.findall(chapter):
        yield from _line(code.strip())


def _line(line: str) -> Iterator[str]:
    line = re.sub(r"^[-+] ", "", line)
    yield line
    if _HEADS.fullmatch(line):
        head = re.sub(r"^elif\b", "if", line)
        yield f"{head} pass"
