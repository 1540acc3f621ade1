"""grades.csv: a row for each student, a column for each exercise, with the sums and what a teacher has to know."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from workbook.course.steps import Exercise, Step
from workbook.grading.names import csv_cell
from workbook.grading.results import Result

from .marks import Marks, StepMarks, marks_of
from .whole_files import write_whole

Cell = str | int

# A semicolon after which a formula begins.
_SECOND_CELL = re.compile(r';(?=[\s"]*[=+\-@])')


def grades(results: Sequence[Result], course: Sequence[Step] | None = None) -> list[list[Cell]]:
    """The rows of grades.csv, the titles first, then the students in the order of the results.

    An exercise has its points or 0, and an empty cell where it has no verdict; the flags then name it. Sums by step and
    the total are of the exercises that a student had to do; the points of *keep* exercises have a sum of their own.
    Every text is harmless in a spreadsheet.
    """
    marks = marks_of(results, course)
    return [_titles(marks), *(_row(one) for one in marks)]


def write_grades(
    results: Sequence[Result], place: Path, course: Sequence[Step] | None = None
) -> tuple[Path, ...]:
    """Writes grades.csv, and gives its place. OSError where it cannot be written.

    It begins with a byte order mark: without it, Excel reads a CSV file in the encoding of the computer's language, and
    shows "Ã…sa" for "Åsa".
    """
    write_whole(place, csv_text(grades(results, course)).encode("utf-8-sig"))
    return (place,)


def csv_text(rows: Iterable[Iterable[Cell]]) -> str:
    """Rows as CSV (RFC 4180), the titles first: lines end with CR and LF; texts are made harmless for spreadsheets,
    numbers stay.

    Below the titles every text is in quotation marks. LibreOffice takes a semicolon outside of them for the end of a
    cell, too: a name with semicolons in it would move its own points into the columns.
    """
    file = io.StringIO(newline="")
    titles, *others = ([harmless(cell) for cell in row] for row in rows)
    csv.writer(file).writerow(titles)
    csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerows(others)
    return file.getvalue()


def harmless(cell: Cell) -> Cell:
    """The cell, with an apostrophe before each place at which a spreadsheet could begin a formula."""
    # A hyphen alone is no formula, and is Moodle's word for "no grade".
    if isinstance(cell, int) or cell == "-":
        return cell
    # Where numbers have a decimal comma, Excel ends a cell at each semicolon, except after a quotation mark that begins
    # the cell.
    return _SECOND_CELL.sub(";'", csv_cell(cell))


def _titles(marks: Sequence[Marks]) -> list[Cell]:
    steps = marks[0].steps if marks else ()
    points = marks[0].points if marks else None
    return [
        "student",
        "id",
        "email",
        *(_title(exercise) for step in steps for exercise in step.step.exercises),
        *(f"step {step.step.number} ({_points(step.points.total)})" for step in steps),
        f"total ({_points(points.total if points else 0)})",
        f"kept ({_points(points.to_keep if points else 0)})",
        "flags",
        "isolated by",
        "key",
    ]


def _title(exercise: Exercise) -> str:
    # With its points after it, "2.10" is a text: a spreadsheet would make it the number 2.1, or a date.
    return f"{exercise.id} ({_points(exercise.points)}{', keep' if exercise.keep else ''})"


def _points(number: int) -> str:
    return f"{number} point{'' if number == 1 else 's'}"


def _row(marks: Marks) -> list[Cell]:
    result, points = marks.result, marks.points
    return [
        result.student,
        result.id,
        result.email,
        *(_earned(step, exercise) for step in marks.steps for exercise in step.step.exercises),
        *(step.points.earned for step in marks.steps),
        points.earned,
        points.kept,
        "; ".join(marks.flags),
        result.isolated_by,
        result.key,
    ]


def _earned(step: StepMarks, exercise: Exercise) -> Cell:
    earned = step.earned(exercise)
    return "" if earned is None else earned
