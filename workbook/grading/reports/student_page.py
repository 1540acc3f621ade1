"""One page a student, as HTML and as Markdown: the points, each open exercise with its reason, what was left out."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.course.points import Points
from workbook.course.steps import Exercise, Step, all_steps

from ..results import Result
from .markdown import fenced, inline, table
from .marks import marks_of
from .pages import count, listed, page
from .standings import Standing, StepStanding, standings_of
from .texts import Message, line_of, message_of, name_of
from .whole_files import write_whole

FOLDER = "students"
_KEY = re.compile(r"\w[\w.-]*")
# A message's words in Markdown have so many columns: between fences no line is wrapped.
_COLUMNS = 100
_COUNTED = ("Passed", "Not passed", "Waits", "No verdict")


@dataclass(frozen=True)
class _Open:
    """An exercise that is not passed. `same_as` names the exercise that has the same message, if it comes before.
    `waiting` says which exercises wait for this one."""

    exercise: Exercise
    message: Message
    same_as: str | None
    waiting: str


@dataclass(frozen=True)
class _Step:
    number: str
    title: str
    points: Points
    counts: tuple[int, ...]
    absent: bool
    exercises: tuple[Standing, ...]
    open: tuple[_Open, ...]


@dataclass(frozen=True)
class _Unchecked:
    """Exercises of a step without a verdict, in words, and why."""

    number: str
    which: str
    reason: str


@dataclass(frozen=True)
class _Student:
    """What is on the page, fit to be shown."""

    student: str
    total: Points
    counts: tuple[int, ...]
    remarks: tuple[str, ...]
    notes: tuple[str, ...]
    unchecked: tuple[_Unchecked, ...]
    steps: tuple[_Step, ...]


def page_name(key: str, ending: str = "html") -> str:
    """The place of a student's page below the report's folder, with slashes. ValueError where the key names no file."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot name a file")
    return f"{FOLDER}/{key}.{ending}"


def student_html(result: Result, course: Sequence[Step] | None = None) -> str:
    """A student's page. It stands alone: no script, no request, no link but inside it.

    `course`: the steps, as all_steps gives them. They are read once for a class.
    """
    return _html(_read(result, course))


def student_markdown(result: Result, course: Sequence[Step] | None = None) -> str:
    """The same as Markdown."""
    return _markdown(_read(result, course))


def write_student_pages(
    results: Iterable[Result], folder: Path, course: Sequence[Step] | None = None
) -> tuple[Path, ...]:
    """Writes both pages of each student into the report's folder, and gives their places. OSError where they cannot be
    written."""
    course = all_steps() if course is None else course
    places: list[Path] = []
    for result in results:
        read = _read(result, course)
        for ending, text in (("html", _html(read)), ("md", _markdown(read))):
            places.append(folder / page_name(result.key, ending))
            write_whole(places[-1], text.encode("utf-8"))
    return tuple(places)


def _read(result: Result, course: Sequence[Step] | None) -> _Student:
    course = all_steps() if course is None else course
    (marks,) = marks_of((result,), course)
    steps = standings_of(result, course)
    # By each message: the exercise that has it on the page.
    first: dict[str, str] = {}
    read = tuple(_step(one, first) for one in steps)
    remarks = []
    if marks.nothing:
        remarks.append("Nothing was handed in.")
    if result.late:
        remarks.append("It was handed in late.")
    notes = [line_of(note.text) for note in result.notes]
    return _Student(
        student=name_of(result.student),
        total=marks.points,
        counts=tuple(sum(column) for column in zip(*(one.counts for one in read), strict=True)) or (0,) * 4,
        remarks=tuple(remarks),
        # Intake notes that nothing came, too.
        notes=tuple(note for note in dict.fromkeys(notes) if note not in remarks),
        unchecked=tuple(
            _Unchecked(one.step.number, _which(without, one), _sentence(line_of(one.result.trouble)))
            for one in steps
            if (without := one.of("unchecked"))
        ),
        steps=read,
    )


def _sentence(reason: str) -> str:
    """A reason, as results have it in the middle of a sentence, as a sentence."""
    return f"{reason[:1].upper()}{reason[1:].removesuffix('.')}." if reason else ""


def _which(some: tuple[Standing, ...], step: StepStanding) -> str:
    if len(some) == len(step.exercises) > 1:
        return f"all {len(some)} exercises"
    return listed([one.exercise.id for one in some])


def _step(standing: StepStanding, first: dict[str, str]) -> _Step:
    return _Step(
        number=standing.step.number,
        title=standing.step.title,
        points=standing.points,
        counts=(
            *(len(standing.of(kind)) for kind in ("passed", "open", "waits")),
            len(standing.of("unchecked")) + len(standing.of("absent")),
        ),
        absent=all(one.kind == "absent" for one in standing.exercises),
        exercises=standing.exercises,
        open=tuple(_open(one, standing, first) for one in standing.of("open")),
    )


def _open(one: Standing, step: StepStanding, first: dict[str, str]) -> _Open:
    text = one.verdict.message if one.verdict else ""
    exercise = one.exercise
    before = first.setdefault(text, exercise.id) if text else exercise.id
    waiting = [other.exercise for other in step.waiting_for(exercise.id)]
    points = count(sum(other.points for other in waiting), "point")
    ids = listed([other.id for other in waiting])
    verb = "waits" if len(waiting) == 1 else "wait"
    return _Open(
        exercise,
        message_of(text),
        before if before != exercise.id else None,
        f"{ids} {verb} for this exercise ({points})." if waiting else "",
    )


def _html(student: _Student) -> str:
    return page("student.html", page=student)


def _markdown(student: _Student) -> str:
    return "\n\n".join(_blocks(student)) + "\n"


def _blocks(student: _Student) -> Iterable[str]:
    """The blocks of the page in Markdown."""
    yield "The Flask OAuth Workbook"
    yield f"# {inline(student.student)}"
    yield f"**{student.total.earned} of {count(student.total.total, 'point')}**"
    if student.total.to_keep:
        to_keep = count(student.total.to_keep, "point")
        yield f"Kept: {student.total.kept} of the {to_keep} that the starter already had."
    yield from student.remarks
    if student.steps:
        yield "## Points by step"
        rows = [_row(f"{one.title}", one.points, one.counts) for one in student.steps]
        rows.append(_row("All steps", student.total, student.counts))
        yield table(["Step", "Points", "Kept", *_COUNTED], rows)
    if student.notes:
        yield "## Notes on your files"
        yield "\n".join(f"- {inline(note)}" for note in student.notes)
    if student.unchecked:
        yield "## Could not be checked"
        yield "These exercises have no verdict, and so far no points. Your teacher has the same list."
        yield "\n".join(
            f"- Step {one.number}: {one.which}. {inline(one.reason) if one.reason else ''}".rstrip()
            for one in student.unchecked
        )
    for step in student.steps:
        yield from _step_markdown(step)


def _row(name: str, points: Points, counts: tuple[int, ...]) -> list[str]:
    kept = f"{points.kept} of {points.to_keep}" if points.to_keep else "none"
    return [name, f"{points.earned} of {points.total}", kept, *map(str, counts)]


def _step_markdown(step: _Step) -> Iterable[str]:
    yield f"## {step.title} ({step.points})"
    if step.absent:
        yield "Nothing was handed in for this step."
        return
    yield "\n".join(
        f"- {one.sign} {one.exercise.id} {one.exercise.title} ({_worth(one.exercise)}): {one.words}"
        for one in step.exercises
    )
    for task in step.open:
        yield f"### {task.exercise.id} {task.exercise.title} ({_worth(task.exercise)})"
        if task.same_as:
            yield f"The reason is the one at {task.same_as}."
        else:
            yield fenced(words_of(task.message))
            if task.message.drawing:
                yield fenced(task.message.drawing)
        if task.waiting:
            yield task.waiting


def words_of(message: Message) -> str:
    """A message's words, in lines of some length."""
    texts = [f"{part.label}: {part.text}" if part.label else part.text for part in message.parts]
    lines = "\n".join(filter(None, [*texts, message.difference])).split("\n")
    return "\n".join(
        textwrap.fill(line, _COLUMNS, break_long_words=False, break_on_hyphens=False) for line in lines
    )


def _worth(exercise: Exercise) -> str:
    return count(exercise.points, "point") + (", keep" if exercise.keep else "")
