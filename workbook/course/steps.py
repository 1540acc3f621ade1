"""Reads the steps and their exercises from the chapters' README.md, the one place where they are written.

An exercise is a heading `### Exercise 3.2: What to do (2 points)` or `… (2 points, keep)`, then its text. A line
`Needs: 3.1` in the text names the exercises that have to be passed before. Its hints are the `<details>` in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .errors import WorkbookError
from .places import CHAPTERS


@dataclass(frozen=True)
class Exercise:
    """One numbered exercise. `keep`: the starter passes it already, and the student must not lose it."""

    id: str
    title: str
    points: int
    keep: bool
    needs: tuple[str, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One step folder, such as 01_twitter_login."""

    name: str
    chapter: Path

    @property
    def number(self) -> str:
        """The two digits before the name: "01"."""
        return self.name[:2]

    @cached_property
    def title(self) -> str:
        """The title of its chapter."""
        heading = re.search(r"^# (.+)$", self._text, re.MULTILINE)
        return heading.group(1) if heading else self.name

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """Its exercises in order."""
        parts = re.split(r"^### Exercise ", self._text, flags=re.MULTILINE)[1:]
        return tuple(_exercise(part, self.chapter) for part in parts)

    def exercise(self, id: str) -> Exercise:
        """The exercise with that ID; KeyError where there is none."""
        for exercise in self.exercises:
            if exercise.id == id:
                return exercise
        raise KeyError(id)

    @cached_property
    def _text(self) -> str:
        return self.chapter.read_text(encoding="utf-8")


_HEADING = re.compile(
    r"(?P<id>\d+\.\d+): (?P<title>.+?) \((?P<points>\d+) points?(?P<keep>, keep)?\)\s*$", re.MULTILINE
)
_NEEDS = re.compile(r"^\*?Needs:? (?P<ids>[\d., and]+?)\.?\*?\s*$", re.MULTILINE)
_NEXT_HEADING = re.compile(r"^#{1,3} ", re.MULTILINE)
# A line of code that begins with `# ` is a comment, and no heading.
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HINT = re.compile(r"<details>\s*<summary>.*?</summary>(?P<text>.*?)</details>", re.DOTALL)


def _exercise(part: str, chapter: Path) -> Exercise:
    heading = _HEADING.match(part)
    if not heading:
        raise WorkbookError(
            f"{chapter}: '### Exercise {part.splitlines()[0]}' is not of the form "
            "'### Exercise 3.2: What to do (2 points)'."
        )
    end = _NEXT_HEADING.search(_CODE.sub(lambda code: " " * len(code[0]), part), heading.end())
    text = part[heading.end() : end.start() if end else len(part)]
    needs = _NEEDS.search(text)
    return Exercise(
        id=heading["id"],
        title=heading["title"],
        points=int(heading["points"]),
        keep=bool(heading["keep"]),
        needs=tuple(re.findall(r"\d+\.\d+", needs["ids"])) if needs else (),
        hints=tuple(hint.strip() for hint in _HINT.findall(text)),
    )


def all_steps() -> tuple[Step, ...]:
    """Every step of the course, in order."""
    chapters = sorted(CHAPTERS.glob("[0-9][0-9]_*/README.md"))
    return tuple(Step(chapter.parent.name, chapter) for chapter in chapters)


def find_step(wanted: str) -> Step:
    """The step that "01", "1" or "01_twitter_login" means; WorkbookError names those that there are."""
    name = Path(wanted).name or wanted
    for step in all_steps():
        if name == step.name or (name.isdigit() and int(name) == int(step.number)):
            return step
    known = ", ".join(step.name for step in all_steps())
    raise WorkbookError(f"There is no step '{wanted}'. The steps are: {known}.")


def find_exercise(wanted: str) -> tuple[Step, Exercise]:
    """The exercise that "1.3" means, and its step; WorkbookError names those that there are."""
    step = find_step(wanted.partition(".")[0])
    try:
        return step, step.exercise(wanted)
    except KeyError:
        known = ", ".join(exercise.id for exercise in step.exercises)
        raise WorkbookError(
            f"There is no exercise '{wanted}'. Step {step.name} has the exercises {known}."
        ) from None
