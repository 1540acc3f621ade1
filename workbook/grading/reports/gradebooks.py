"""The points as Canvas, Moodle and Gradescope take them.

Each form is the one that the system documents, or that its own source reads:

- **Canvas**, "Import" in the gradebook: lib/gradebook_importer.rb (reads) and lib/gradebook_exporter.rb (writes) in
  github.com/instructure/canvas-lms. The titles are Student, ID, SIS User ID, SIS Login ID, Section and then the
  assignments; the second row has "Points Possible" under Student. A row's student is found by Canvas's own number (ID),
  then by the SIS user ID, then by the login, then by the name. An assignment that Canvas does not have is offered as a
  new one. An empty cell is no grade.
- **Moodle**, "Import" of a CSV file in the gradebook: docs.moodle.org/en/Grade_import, grade/import/csv/classes/
  load_data.php, grade/import/lib.php and lib/csvlib.class.php in github.com/moodle/moodle. Teachers choose the column
  that identifies students ("Email address" or "ID number") and a grade item for each other column. "-" is no grade. A
  row of which Moodle does not find the student stops the whole import. Feedback is text with markup (FORMAT_MOODLE).
  Moodle refuses grades above 100, so there is a column for each step and none for the total.
- **Gradescope**, results.json of an autograder: gradescope-autograders.readthedocs.io/en/latest/specs/, "Output format"
  (docs/specs.md in github.com/gradescope/autograder_samples).

A step of which an exercise could not be checked has no grade: a teacher decides first. A student who handed nothing in
has 0. Points of *keep* exercises are apart: a column of their own, a test without a score.
"""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from workbook.checks.verdicts import Verdict
from workbook.course.steps import Exercise, Step
from workbook.grading.lms import handed
from workbook.grading.names import csv_cell, shown
from workbook.grading.results import Result

from .allowed_text import allowed
from .marks import Marks, StepMarks, marks_of
from .tables import Cell, csv_text, harmless
from .whole_files import write_whole

Format = Literal["canvas", "moodle", "gradescope"]
FORMATS: tuple[Format, ...] = get_args(Format)

# One part of a message in Moodle's feedback has so many characters at most.
_PART_LENGTH = 500


@dataclass(frozen=True)
class Gradebook:
    """The files that were written. `remarks`: a line for each student who is not in them or has no whole grade, and
    why."""

    places: tuple[Path, ...]
    remarks: tuple[str, ...] = ()


def write_gradebook(
    format: Format, results: Sequence[Result], folder: Path, course: Sequence[Step] | None = None
) -> Gradebook:
    """Writes canvas.csv, moodle.csv, or gradescope/KEY/results.json for each student, into the folder.

    OSError where one cannot be written.
    """
    marks = marks_of(results, course)
    if format == "gradescope":
        return _write_gradescope(marks, folder / "gradescope")
    rows, remarks = canvas(marks) if format == "canvas" else moodle(marks)
    place = folder / f"{format}.csv"
    # Without a byte order mark: these files are uploaded as they are, and their readers expect UTF-8.
    write_whole(place, csv_text(rows).encode())
    return Gradebook((place,), remarks)


def canvas(marks: Sequence[Marks]) -> tuple[list[list[Cell]], tuple[str, ...]]:
    """The rows of Canvas's file, and what Gradebook has as remarks."""
    there, remarks = _of_the_class(marks)
    steps = there[0].steps if there else ()
    columns = [column for step in steps for column in _columns(step.step)]
    names = Counter(_canvas_name(one.result) for one in there)
    rows: list[list[Cell]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(title for title, _ in columns)],
        ["Points Possible", "", "", "", "", *(points for _, points in columns)],
    ]
    for one in there:
        result, system = one.result, _system(one.result)
        name = _canvas_name(result)
        if names[name] > 1:
            # Canvas would take the first student of this name for each of them. Now it asks.
            name = f"{name} ({result.key})"
        rows.append(
            [
                name,
                result.id if system == "Canvas" else "",
                result.id if not system else "",
                result.email,
                "",
                *(cell for step in one.steps for cell in _grades(one, step, none="")),
            ]
        )
    return rows, remarks


def moodle(marks: Sequence[Marks]) -> tuple[list[list[Cell]], tuple[str, ...]]:
    """The rows of Moodle's file, and what Gradebook has as remarks.

    It has a column "Email address" or "ID number", the one by which more students can be found, and the other too where
    it is complete. A student without such a cell is left out, for Moodle would stop at that row, and older versions
    gave its grades to the student before.
    """
    there, remarks = _of_the_class(marks)
    emails = _only_once({one.result.key: one.result.email for one in there})
    numbers = _only_once({one.result.key: "" if _system(one.result) else one.result.id for one in there})
    ways = [("email address", emails), ("ID number", numbers)]
    # Sorting keeps the order of equals: the email address comes first.
    ways.sort(key=lambda way: -len(way[1]))
    (title, found), (_, more) = ways
    known = [one for one in there if one.result.key in found]
    if any(one.result.key not in more for one in known):
        del ways[1]
    remarks += tuple(
        f"{_named(one)} is left out: there is no {title} by which Moodle could find this student."
        for one in there
        if one not in known
    )
    steps = known[0].steps if known else ()
    columns = [
        title
        for step in steps
        for title in (*(title for title, _ in _columns(step.step)), f"{step.step.title} (feedback)")
    ]
    rows: list[list[Cell]] = [["Student", *(title[0].upper() + title[1:] for title, _ in ways), *columns]]
    for one in known:
        cells: list[Cell] = []
        for step in one.steps:
            # Moodle's own export writes "-" where there is no grade, and its import reads it so.
            cells += [*_grades(one, step, none="-"), _feedback(one, step)]
        ids = [way[one.result.key] for _, way in ways]
        rows.append([one.result.student.replace("\\", "/"), *ids, *cells])
    return rows, remarks


def gradescope(marks: Marks) -> dict[str, Any]:
    """One student's results.json. `score` counts what has a verdict; `output` names what has none."""
    result, points = marks.result, marks.points
    lines = [str(points), *(flag[0].upper() + flag[1:] for flag in marks.flags)]
    tests = [_test(marks, step, exercise) for step in marks.steps for exercise in step.step.exercises]
    return {
        "score": points.earned,
        "execution_time": round(sum(step.seconds for step in result.steps), 3),
        "output": allowed("\n".join(lines)),
        # Gradescope would read markup in other formats.
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "extra_data": {name: allowed(getattr(result, name)) for name in ("key", "student", "id", "email")},
        "tests": tests,
    }


def _write_gradescope(marks: Sequence[Marks], folder: Path) -> Gradebook:
    there, remarks = _of_the_class(marks, by_name=False)
    places = []
    for one in there:
        place = folder / one.result.key / "results.json"
        write_whole(place, f"{json.dumps(gradescope(one), indent=1)}\n".encode())
        places.append(place)
    return Gradebook(tuple(places), remarks)


def _of_the_class(marks: Sequence[Marks], by_name: bool = True) -> tuple[list[Marks], tuple[str, ...]]:
    """The students to write down, and a line for each of the others and for each whose grade is not whole. `by_name`:
    a student who is not on the roster could be taken for one of the same name who is."""
    there, remarks = [], []
    for one in marks:
        if one.unclear:
            remarks.append(f"{_named(one)} is left out: several submissions could be this student's.")
        elif by_name and one.result.listed is False:
            remarks.append(f"{_named(one)} is left out: not on the roster.")
        else:
            there.append(one)
            remarks += [f"{_named(one)}: {flag}" for flag in one.unchecked_flags]
    return there, tuple(remarks)


def _named(marks: Marks) -> str:
    return f"{shown(marks.result.student)} ({marks.result.key})"


def _columns(step: Step) -> list[tuple[str, int]]:
    """The columns of a step, each with the points that are possible in it."""
    whole = {keep: sum(e.points for e in step.exercises if e.keep == keep) for keep in (False, True)}
    columns = [(step.title, whole[False])]
    return [*columns, (f"{step.title} (kept)", whole[True])] if whole[True] else columns


def _grades(marks: Marks, step: StepMarks, none: str) -> list[Cell]:
    """A cell for each of the step's columns, `none` where it is not known."""
    cells: list[Cell] = [step.points.earned]
    if step.points.to_keep:
        cells.append(step.points.kept)
    if not marks.nothing:
        unknown = {exercise.keep for exercise in step.without}
        cells = [none if keep in unknown else cell for cell, keep in zip(cells, (False, True), strict=False)]
    return cells


def _canvas_name(result: Result) -> str:
    # Canvas takes the row for the one with the points that are possible, whatever else is in the cell.
    return csv_cell(result.student).replace("Points Possible", "Points possible")


def _system(result: Result) -> str:
    """The system whose own number the result's ID is; "" where it is the student's."""
    name = result.source.rpartition("/")[2]
    for part in (name, name.rpartition(": ")[2]):
        told = handed(part)
        if told and told.person.id == result.id and result.id:
            return told.system
    # The middle of a long path is left out, and with it perhaps the name that tells.
    return "unknown" if "…" in result.source else ""


def _only_once(cells: Mapping[str, str]) -> dict[str, str]:
    """The identifiers, by key, that a file can hold as they are and that are one student's alone."""
    often = Counter(cells.values())
    return {
        key: cell
        for key, cell in cells.items()
        if cell and often[cell] == 1 and harmless(cell) == cell and "\\" not in cell
    }


def _feedback(marks: Marks, step: StepMarks) -> str:
    """The reasons, as text with markup: everything that comes from a student is escaped."""
    if marks.nothing:
        return "Nothing was handed in."
    lines = []
    if step.without:
        ids = ", ".join(exercise.id for exercise in step.without)
        lines.append(f"Could not be checked: {ids}." + (f" {step.trouble}" if step.trouble else ""))
    said: dict[str, str] = {}
    for exercise in step.step.exercises:
        verdict = step.verdicts.get(exercise.id)
        if verdict is not None and not verdict.passed:
            lines.append(_line(exercise, verdict, said))
    # PHP reads a backslash before a quotation mark as one more letter of the cell, and the cells after it too.
    escaped = (html.escape(line, quote=False).replace("\\", "&#92;") for line in lines)
    return "<br>".join(escaped) or "All passed."


def _line(exercise: Exercise, verdict: Verdict, said: dict[str, str]) -> str:
    """An open exercise with its reason. `said`: the exercises at which messages were told already."""
    name = f"{exercise.id} {exercise.title}"
    if verdict.waits_for:
        return f"{name}: waits for {verdict.waits_for}."
    first = said.setdefault(verdict.message, exercise.id)
    if first != exercise.id:
        return f"{name}: the reason is the one at {first}."
    words = verdict.message.partition("\n\n")[0]
    return " ".join([f"{name}:", *(shown(part, _PART_LENGTH) for part in words.splitlines() if part.strip())])


def _test(marks: Marks, step: StepMarks, exercise: Exercise) -> dict[str, Any]:
    """One test of results.json. A *keep* exercise has no score, and one without a verdict has no status either."""
    verdict = step.verdicts.get(exercise.id)
    test: dict[str, Any] = {
        "name": f"{exercise.title}{' (keep)' if exercise.keep else ''}",
        "number": exercise.id,
    }
    earned = step.earned(exercise)
    if earned is None and marks.nothing:
        earned = 0
    if earned is not None and not exercise.keep:
        test |= {"score": earned, "max_score": exercise.points}
    if verdict is not None:
        test["status"] = "passed" if verdict.passed else "failed"
        output = "" if verdict.passed else verdict.message
    elif marks.nothing:
        test["status"] = "failed"
        output = "Nothing was handed in."
    else:
        output = f"It could not be checked. {step.trouble}".strip()
    if output:
        test["output"] = allowed(output)
    return test
