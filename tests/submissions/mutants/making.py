"""Makes the mutants of a step: each a file of the finished app with one change where the student's code is."""

from __future__ import annotations

import ast
import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbook.course.places import SOLUTIONS
from workbook.course.starters import marked_lines, source_files
from workbook.course.steps import Step

from . import field
from .edits import Source, apply
from .general import general


@dataclass(frozen=True)
class Mutant:
    """One change: the step's name and the exercise whose code it changes, the file in the step's folder, the kind of
    change, the lines before and after it, and the file's text after it."""

    step: str
    exercise: str
    file: str
    line: int
    operator: str
    was: str
    now: str
    text: str

    @property
    def key(self) -> str:
        """A short name that stays the same as long as the changed lines do."""
        words = "\n".join((self.step, self.exercise, self.file, self.was, self.now))
        return hashlib.sha256(words.encode()).hexdigest()[:10]


def mutants_of(step: Step) -> list[Mutant]:
    """Every mutant of a step's solution, each once, in the order of its files and lines."""
    folder = SOLUTIONS / step.name
    found: dict[str, Mutant] = {}
    for file in source_files(folder):
        if file.suffix not in (".py", ".html"):
            continue
        text = file.read_text(encoding="utf-8")
        owners = marked_lines(text)
        if owners:
            for mutant in _of_file(step, file.relative_to(folder), text, owners):
                found.setdefault(mutant.key, mutant)
    return sorted(found.values(), key=lambda mutant: (mutant.file, mutant.line, mutant.key))


def _of_file(step: Step, file: Path, text: str, owners: dict[int, str]) -> Iterator[Mutant]:
    seen = {_meaning(file, text)}
    changes = _python(text) if file.suffix == ".py" else _template(text)
    for operator, line, changed in changes:
        meaning = _meaning(file, changed)
        if line in owners and meaning and meaning not in seen:
            seen.add(meaning)
            was, now = _difference(text, changed)
            yield Mutant(step.name, owners[line], file.as_posix(), line, operator, was, now, changed)


def _python(text: str) -> Iterator[tuple[str, int, str]]:
    source = Source(text)
    for operator in field.PYTHON:
        for edit in operator(source):
            yield edit.operator, source.line_of(edit.start), apply(text, edit)
    yield from general(text)


def _template(text: str) -> Iterator[tuple[str, int, str]]:
    for edit in field.template(text):
        yield edit.operator, text.encode()[: edit.start].count(b"\n") + 1, apply(text, edit)


def _meaning(file: Path, text: str) -> str:
    """What two texts have in common that mean the same; empty for a text that is no Python."""
    if file.suffix != ".py":
        return text
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return ""


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines that are gone, and those that came for them, without their indentation."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[3:]
    was, now = ([line[1:].strip() for line in lines if line[0] == sign] for sign in "-+")
    return "\n".join(was), "\n".join(line for line in now if line)
