"""The files of a report as those read them for whom they are made: Canvas, Moodle and Gradescope, by their own rules.

Each reader follows the source or the documentation that workbook/grading/reports/gradebooks.py names, and shares
nothing with what writes the files.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CanvasUser:
    """A student of a course in Canvas."""

    id: int
    name: str
    sortable_name: str = ""
    sis_user_id: str = ""
    login: str = ""


@dataclass
class CanvasImport:
    """The outcome of an import: points that are possible, grades by the students' numbers, rows of strangers."""

    possible: dict[str, str] = field(default_factory=dict)
    grades: dict[int, dict[str, str]] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)


def canvas_import(text: str, course: Sequence[CanvasUser]) -> CanvasImport:
    """The file as lib/gradebook_importer.rb of Canvas reads it. AssertionError where it would refuse the file."""
    titles, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(titles) > 3 and "Student" in titles[0] and "ID" in titles[1], "Invalid header row"
    assert re.search(r"SIS\s+User\s+ID", titles[2]) and re.search(r"SIS\s+Login\s+ID", titles[3])
    assert "Section" in titles[4], "Invalid header row"
    assignments = titles[5:]
    computed = r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)"
    assert not any(re.search(computed, title) for title in assignments), "taken for a computed column"
    assert not any(re.search(r"\s\(\d+\)\Z", title) for title in assignments), (
        "taken for an assignment's number"
    )
    assert len(set(titles)) == len(titles)
    found = CanvasImport()
    for row in rows:
        assert len(row) == len(titles)
        grades = dict(zip(assignments, row[5:], strict=True))
        if "Points Possible" in row[0]:
            found.possible = grades
        elif any(row):
            user = _canvas_user(row, course)
            if user is None:
                found.strangers.append(row[0])
            else:
                assert user.id not in found.grades, f"two rows for {user.name}"
                found.grades[user.id] = grades
    return found


def _canvas_user(row: Sequence[str], course: Sequence[CanvasUser]) -> CanvasUser | None:
    # Ruby's to_i: the digits at the beginning, or 0.
    digits = re.match(r"\s*\d+", row[1])
    by_id = [user for user in course if row[1] and user.id == int(digits[0] if digits else 0)]
    by_sis = [user for user in course if row[2] and user.sis_user_id == row[2]]
    by_login = [user for user in course if row[3] and user.login == row[3]]
    by_name = [user for user in course if row[0] in (user.name, user.sortable_name)]
    return next(iter([*by_id, *by_sis, *by_login, *by_name]), None)


def spreadsheet_rows(text: str, separators: str) -> list[list[str]]:
    """A CSV as a spreadsheet opens it: any of the separators ends a cell, and quotation marks count at its beginning.

    LibreOffice's dialog begins with comma, semicolon and tab. Excel takes one, the semicolon where numbers have a
    decimal comma.
    """
    rows: list[list[str]] = []
    for line in text.splitlines():
        cells: list[str] = []
        rest: str | None = line
        while rest is not None:
            quoted = re.match(r'"((?:[^"]|"")*)"', rest)
            begin = quoted[1].replace('""', '"') if quoted else ""
            after = rest[quoted.end() :] if quoted else rest
            plain, end, more = re.match(rf"([^{separators}]*)([{separators}]?)(.*)", after).groups()  # type: ignore[union-attr]
            cells.append(begin + plain)
            rest = more if end else None
        rows.append(cells)
    return rows


def php_rows(text: str) -> list[list[str]]:
    """A CSV as PHP's fgetcsv reads it, which Moodle uses: between quotation marks, a backslash and the character after
    it are two letters of the cell, also where that character is a quotation mark."""
    rows: list[list[str]] = [[]]
    place, text = 0, re.sub(r"\r\n?", "\n", text).strip()
    while True:
        cell = ""
        if text[place : place + 1] == '"':
            place += 1
            while place < len(text):
                if text[place] == "\\":
                    cell += text[place : place + 2]
                    place += 2
                elif text[place : place + 2] == '""':
                    cell += '"'
                    place += 2
                elif text[place] == '"':
                    place += 1
                    break
                else:
                    cell += text[place]
                    place += 1
        end = re.compile(r"[,\n]|\Z").search(text, place)
        assert end is not None
        rows[-1].append(cell + text[place : end.start()])
        if not end[0]:
            return rows
        if end[0] == "\n":
            rows.append([])
        place = end.end()


class MoodleRefused(Exception):
    """Moodle stops an import, and takes nothing of it."""


def moodle_import(
    text: str, students: Mapping[str, str], by: str, new_items: Sequence[str]
) -> dict[str, dict[str, str | float | None]]:
    """The grades of each student as grade/import/csv of Moodle takes them.

    `students`: their names, by what stands in the column `by`. `new_items`: columns for which a teacher chooses "new
    grade item"; feedback comes back as it is stored.
    """
    titles, *rows = php_rows(text)
    found: dict[str, dict[str, str | float | None]] = {}
    for row in rows:
        if len(row) != len(titles):
            raise MoodleRefused("The number of columns is not constant.")
        cells = {title: cell.strip() for title, cell in zip(titles, row, strict=True)}
        if cells[by] not in students:
            raise MoodleRefused(f"There is no user {cells[by]!r}.")
        grades: dict[str, str | float | None] = {}
        for title, cell in cells.items():
            if title in new_items:
                if cell != "-" and not re.fullmatch(r"\d+(\.\d+)?", cell):
                    raise MoodleRefused(f"{cell!r} is no grade.")
                grades[title] = None if cell == "-" else float(cell)
                if cell != "-" and float(cell) > 100:
                    raise MoodleRefused("The grade is above 100.")
            elif title.endswith("(feedback)"):
                grades[title] = cell
        found[students[cells[by]]] = grades
    return found


_RESULTS = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": str,
    "test_output_format": str,
    "test_name_format": str,
    "visibility": str,
    "stdout_visibility": str,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
_TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": str,
    "name": str,
    "name_format": str,
    "number": str,
    "output": str,
    "output_format": str,
    "tags": list,
    "visibility": str,
    "extra_data": dict,
}
_FORMATS = {"text", "html", "simple_format", "md", "ansi"}


def gradescope_results(content: bytes) -> dict[str, Any]:
    """A results.json, held against the fields and types that Gradescope documents."""
    results: dict[str, Any] = json.loads(content.decode("utf-8"))
    _hold(results, _RESULTS)
    for test in results.get("tests", []):
        _hold(test, _TEST)
        assert test.get("status", "passed") in {"passed", "failed"}
        assert "score" in test or "score" in results
    assert "score" in results or results["tests"]
    for name, value in results.items():
        assert not name.endswith("_format") or value in _FORMATS
    return results


def _hold(given: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    for name, value in given.items():
        assert name in fields, f"Gradescope has no field {name}"
        assert isinstance(value, fields[name]) and not isinstance(value, bool), f"{name} is {value!r}"
