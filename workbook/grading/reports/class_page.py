"""The page for the class: who has which exercise, why the others do not, and what a teacher has to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.course.points import Points
from workbook.course.steps import Exercise, Step, all_steps

from ..results import Result
from ..submissions import Note, NoteKind
from .markdown import fenced, inline, table
from .marks import Marks, marks_of
from .pages import count, listed, page
from .reasons import reason_of
from .standings import WORDS, Kind, StepStanding, standings_of
from .student_page import page_name, words_of
from .texts import Message, is_our_failure, line_of, message_of, name_of
from .whole_files import write_whole

# Notes of these kinds are for a teacher's eyes.
_FOR_EYES: tuple[NoteKind, ...] = ("led out", "limit", "unread", "twice")
# So many names are shown without a click.
_FEW = 6
# So many reasons of an exercise are shown without a click: the others are rarer.
_SHOWN = 3
# So many exercises are named at the top.
_MOST = 5
_KINDS: tuple[Kind, ...] = ("passed", "open", "waits", "unchecked", "absent")
_HEADINGS = tuple(WORDS[kind].capitalize() for kind in _KINDS)


@dataclass(frozen=True)
class _Student:
    """One row of the list of students. `url` is their page, None where there is none."""

    name: str
    url: str | None
    total: Points
    open: int
    flags: tuple[str, ...]


@dataclass(frozen=True)
class _Reason:
    """Why an exercise is not passed, with the message of the first student who has that reason. `same_as` names an
    earlier exercise of the step at which the same students have the same reason."""

    students: tuple[_Student, ...]
    message: Message
    same_as: str | None


@dataclass(frozen=True)
class _Exercise:
    """How a class did in one exercise."""

    exercise: Exercise
    counts: tuple[int, ...]
    reasons: tuple[_Reason, ...]


@dataclass(frozen=True)
class _Step:
    """How a class did in one step. `waiting` says which exercises wait for which, at how many students."""

    number: str
    title: str
    exercises: tuple[_Exercise, ...]
    waiting: tuple[str, ...]

    @property
    def open(self) -> tuple[_Exercise, ...]:
        """The exercises that some students have not passed."""
        return tuple(one for one in self.exercises if one.reasons)


@dataclass(frozen=True)
class _Look:
    """A student at whose work a teacher has to look, and why."""

    student: _Student
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Class:
    """What is on the page, fit to be shown."""

    summary: tuple[str, ...]
    looks: tuple[_Look, ...]
    unowned: tuple[str, ...]
    nothing: tuple[tuple[_Student, str], ...]
    steps: tuple[_Step, ...]
    students: tuple[_Student, ...]

    @property
    def most(self) -> tuple[tuple[Exercise, int], ...]:
        """The exercises that most students have not passed, the most frequent first, each with their number."""
        number = _KINDS.index("open")
        every = [(one.exercise, one.counts[number]) for step in self.steps for one in step.open]
        return tuple(sorted(every, key=lambda one: -one[1])[:_MOST])


def class_html(
    results: Sequence[Result], remarks: Mapping[str, Sequence[str]] | None = None, notes: Iterable[Note] = ()
) -> str:
    """The page of a class, its students in the order of their results.

    `remarks`: more for a teacher's eyes, by the key of a submission. `notes`: those of intake that concern no single
    student.
    """
    return _html(_read(results, remarks or {}, notes))


def class_markdown(
    results: Sequence[Result], remarks: Mapping[str, Sequence[str]] | None = None, notes: Iterable[Note] = ()
) -> str:
    """The same as Markdown."""
    return _markdown(_read(results, remarks or {}, notes))


def write_class_pages(
    results: Sequence[Result],
    folder: Path,
    remarks: Mapping[str, Sequence[str]] | None = None,
    notes: Iterable[Note] = (),
    course: Sequence[Step] | None = None,
) -> tuple[Path, ...]:
    """Writes class.html and class.md into the report's folder, and gives their places. OSError where they cannot be
    written."""
    read = _read(results, remarks or {}, notes, course)
    texts = {folder / "class.html": _html(read), folder / "class.md": _markdown(read)}
    for place, text in texts.items():
        write_whole(place, text.encode("utf-8"))
    return tuple(texts)


def to_look_at(result: Result, remarks: Sequence[str] = ()) -> tuple[str, ...]:
    """Why a teacher has to look at a student's work, each in one line: what could not be checked, processes left
    behind, what intake left out or chose, and these further remarks."""
    found: list[str] = []
    if Marks(result, ()).unclear:
        found += [line_of(note.text) for note in result.notes if note.kind == "roster"]
    # A damaged archive is the reason of every step: it is told once.
    troubles: dict[str, list[str]] = {}
    for step in result.troubles:
        troubles.setdefault(line_of(step.trouble), []).append(step.step[:2])
    for trouble, steps in troubles.items():
        found.append(f"Could not be checked in {_steps(steps)}: {trouble}")
    broken = [one.id for one in result.verdicts.values() if is_our_failure(one.message)]
    if broken:
        found.append(f"The check itself ended with an error: {listed(broken)}.")
    for step in result.steps:
        if step.left_behind:
            left = count(step.left_behind, "process of the app", "processes of the app")
            found.append(f"At the end of step {step.step[:2]}, {left} still ran.")
    noted = [line_of(note.text) for note in result.notes if note.kind in _FOR_EYES]
    found += [text for text in noted if text not in troubles]
    return tuple(dict.fromkeys([*found, *map(line_of, remarks)]))


def _read(
    results: Sequence[Result],
    remarks: Mapping[str, Sequence[str]],
    notes: Iterable[Note],
    course: Sequence[Step] | None = None,
) -> _Class:
    course = all_steps() if course is None else course
    marks = marks_of(results, course)
    standings = [standings_of(result, course) for result in results]
    students = [_student(one, steps) for one, steps in zip(marks, standings, strict=True)]
    graded = {one.step for result in results for one in result.steps}
    return _Class(
        summary=tuple(_summary(marks)),
        looks=_looks(results, students, remarks),
        unowned=tuple(line_of(note.text) for note in notes),
        nothing=tuple(_nothing(marks, students)),
        steps=tuple(_step(step, standings, students) for step in course if step.name in graded),
        students=tuple(students),
    )


def _student(marks: Marks, steps: tuple[StepStanding, ...]) -> _Student:
    result = marks.result
    flags = {
        "nothing handed in": marks.nothing,
        "several submissions could be theirs": marks.unclear,
        "late": result.late,
        "not on the roster": result.listed is False,
        "not all could be checked": any(one.of("unchecked") for one in steps),
    }
    return _Student(
        name=name_of(result.student),
        url=page_name(result.key),
        total=marks.points,
        open=sum(len(one.of("open")) for one in steps),
        flags=tuple(flag for flag, holds in flags.items() if holds),
    )


def _summary(marks: Sequence[Marks]) -> Iterable[str]:
    results = [one.result for one in marks]
    came = sum(result.handed_in for result in results)
    yield f"{count(len(results), 'student')}; {came} handed work in."
    late = sum(result.late for result in results)
    if late:
        yield f"Handed in late: {late}."
    strangers = sum(result.listed is False for result in results)
    if strangers:
        yield f"Not on the roster: {strangers}."
    isolated = Counter(line_of(result.isolated_by) for result in results if result.isolated_by)
    for how, many in isolated.most_common():
        yield f"{count(many, 'submission')} ran in isolation by {how}."


def _looks(
    results: Sequence[Result], students: Sequence[_Student], remarks: Mapping[str, Sequence[str]]
) -> tuple[_Look, ...]:
    found = [
        _Look(student, reasons)
        for result, student in zip(results, students, strict=True)
        if (reasons := to_look_at(result, remarks.get(result.key, ())))
    ]
    # A remark on a submission without a result is shown, too, under its key.
    for key in sorted(remarks.keys() - {result.key for result in results}):
        lines = tuple(map(line_of, remarks[key]))
        if lines:
            found.append(_Look(_Student(name_of(key), None, Points(0, 0, 0, 0), 0, ()), lines))
    return tuple(found)


def _nothing(marks: Sequence[Marks], students: Sequence[_Student]) -> Iterable[tuple[_Student, str]]:
    for one, student in zip(marks, students, strict=True):
        said = [line_of(note.text) for note in one.result.notes if note.kind == "nothing"]
        if one.nothing or (said and one.result.handed_in):
            yield student, " ".join(said) or "Nothing was handed in."


def _step(step: Step, standings: Sequence[tuple[StepStanding, ...]], students: Sequence[_Student]) -> _Step:
    # One row for each student who was graded in the step.
    rows = [
        (student, {one.exercise.id: one for one in found.exercises})
        for student, steps in zip(students, standings, strict=True)
        for found in steps
        if found.step.name == step.name
    ]
    # By a reason and the students who have it: the exercise at which it is shown.
    first: dict[tuple[str, tuple[int, ...]], str] = {}
    # By what is said of them: the exercises that wait.
    waiting: dict[str, list[str]] = {}
    exercises = []
    for exercise in step.exercises:
        kinds: Counter[Kind] = Counter()
        waits: Counter[str] = Counter()
        texts: dict[str, str] = {}
        who: dict[str, list[int]] = {}
        for number, (_, found) in enumerate(rows):
            one = found[exercise.id]
            kinds[one.kind] += 1
            if one.kind == "waits" and one.first:
                waits[one.first] += 1
            elif one.kind == "open" and one.verdict:
                reason = reason_of(one.verdict.message)
                texts.setdefault(reason, one.verdict.message)
                who.setdefault(reason, []).append(number)
        reasons = []
        for reason in sorted(who, key=lambda reason: (-len(who[reason]), who[reason], reason)):
            at = first.setdefault((reason, tuple(who[reason])), exercise.id)
            names = tuple(rows[number][0] for number in who[reason])
            reasons.append(_Reason(names, message_of(texts[reason]), at if at != exercise.id else None))
        counts = tuple(kinds[kind] for kind in _KINDS)
        exercises.append(_Exercise(exercise, counts, tuple(reasons)))
        if waits:
            waiting.setdefault(_waits(waits), []).append(exercise.id)
    lines = tuple(f"{listed(ids)}: {said}." for said, ids in waiting.items())
    return _Step(step.number, step.title, tuple(exercises), lines)


def _waits(waits: Counter[str]) -> str:
    """For which exercises how many students wait: no fault of this exercise, so it is apart from the reasons."""
    return listed(
        [
            f"{count(number, 'student waits', 'students wait')} for {id}"
            for id, number in sorted(waits.items(), key=lambda one: (-one[1], one[0]))
        ]
    )


def _steps(numbers: Sequence[str]) -> str:
    return f"step {numbers[0]}" if len(numbers) == 1 else f"the steps {listed(tuple(numbers))}"


def _html(read: _Class) -> str:
    return page("class.html", page=read, headings=_HEADINGS, kinds=_KINDS, few=_FEW, shown=_SHOWN)


def _markdown(read: _Class) -> str:
    return "\n\n".join(_blocks(read)) + "\n"


def _blocks(read: _Class) -> Iterable[str]:
    """The blocks of the page in Markdown."""
    yield "The Flask OAuth Workbook"
    yield "# The class"
    yield "\n".join(f"- {line}" for line in read.summary)
    if read.most:
        most = [f"{exercise.id} {exercise.title} ({number})" for exercise, number in read.most]
        yield f"Most often not passed: {', '.join(most)}."
    yield "## For your eyes"
    if read.looks or read.unowned:
        yield "\n".join(
            [
                *(f"- {_link(one.student)}: {' '.join(map(inline, one.reasons))}" for one in read.looks),
                *(f"- {inline(line)}" for line in read.unowned),
            ]
        )
    else:
        yield "Nothing in these submissions needs a person's eyes."
    if read.nothing:
        yield "## Nothing handed in"
        yield "\n".join(f"- {_link(student)}: {inline(said)}" for student, said in read.nothing)
    for step in read.steps:
        yield f"## {step.title}"
        yield table(
            ["Exercise", *_HEADINGS],
            [
                [f"{one.exercise.id} {one.exercise.title}{_keep(one.exercise)}", *map(str, one.counts)]
                for one in step.exercises
            ],
        )
        for one in step.open:
            yield from _reasons(one)
        if step.waiting:
            yield f"### What waits in step {step.number}"
            yield "\n".join(f"- {line}" for line in step.waiting)
    yield "## All students"
    yield "\n".join(
        f"- {_link(one)}: {', '.join([str(one.total), f'{one.open} not passed', *one.flags])}"
        for one in read.students
    )


def _reasons(one: _Exercise) -> Iterable[str]:
    yield f"### {one.exercise.id} {one.exercise.title}"
    for reason in one.reasons:
        if reason.same_as:
            yield f"**{_students(reason)}:** the same as at {reason.same_as}, with the same reason."
            continue
        yield f"**{_students(reason)}:** {', '.join(map(_link, reason.students))}"
        yield fenced(words_of(Message(reason.message.parts, "", "")))


def _students(reason: _Reason) -> str:
    return count(len(reason.students), "student")


def _keep(exercise: Exercise) -> str:
    return " (keep)" if exercise.keep else ""


def _link(student: _Student) -> str:
    name = inline(student.name)
    return f"[{name}]({student.url})" if student.url else name
