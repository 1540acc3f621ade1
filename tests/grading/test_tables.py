"""grades.csv: each student's points, read back as a spreadsheet and a script read them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.course.steps import find_exercise, find_step
from workbook.grading.reports.tables import write_grades
from workbook.grading.results import Result
from workbook.grading.submissions import Note

from .examples import examples
from .readers import spreadsheet_rows
from .results_examples import BUBBLEWRAP, STEPS, a_class, a_result, a_step, handed_nothing_in
from .small_course import a_small_result, small_course

QUICK = examples(50)
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)


def rows_of(place: Path) -> list[list[str]]:
    """The rows, as any reader of CSV has them."""
    text = place.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def table(tmp: Path, results: Sequence[Result], **more: Any) -> list[Mapping[str, str]]:
    """The rows by title, of which none is there twice."""
    (place,) = write_grades(results, tmp / "grades.csv", **more)
    titles, *rows = rows_of(place)
    assert len(set(titles)) == len(titles)
    return [dict(zip(titles, row, strict=True)) for row in rows]


def row(tmp: Path, result: Result) -> Mapping[str, str]:
    """The row of one student alone."""
    (only,) = table(tmp, [result])
    return only


def title(id: str) -> str:
    """The title of an exercise's column, from its heading in the chapter."""
    chapter = find_exercise(id)[0].chapter.read_text(encoding="utf-8")
    heading = re.search(rf"^### Exercise {id}: .+ (\(.+\))$", chapter, re.MULTILINE)
    assert heading
    return f"{id} {heading[1]}"


def of(cells: Mapping[str, str], begin: str) -> str:
    """The cell whose title begins so, with its points after it."""
    (cell,) = (cell for name, cell in cells.items() if re.fullmatch(rf"{begin} \(\d+ points?\)", name))
    return cell


def test_the_whole_table_of_a_small_course(tmp_path: Path) -> None:
    results = [
        a_small_result(
            "Anna", passed=("1.1", "1.2", "1.10", "2.1", "2.2"), id="7", email="a@x.org", isolated_by="a jail"
        ),
        a_small_result("Bert", passed=("1.2", "2.2"), open=("1.1", "2.1"), waits={"1.10": "1.1"}, late=True),
        a_small_result(
            "Cleo",
            passed=("1.1", "1.10"),
            open=("2.2",),
            troubles={"01_one": "Too slow.", "02_two": "Killed."},
            listed=False,
        ),
    ]
    (place,) = write_grades(results, tmp_path / "grades.csv", small_course(tmp_path / "chapters"))
    keys = [result.key for result in results]
    # fmt: off
    assert rows_of(place) == [
        ["student", "id", "email",
         "1.1 (2 points)", "1.2 (3 points)", "1.10 (1 point)", "2.1 (4 points)", "2.2 (2 points, keep)",
         "step 01 (6 points)", "step 02 (4 points)", "total (10 points)", "kept (2 points)",
         "flags", "isolated by", "key"],
        ["Anna", "7", "a@x.org", "2", "3", "1", "4", "2", "6", "4", "10", "2", "", "a jail", keys[0]],
        ["Bert", "", "", "0", "3", "0", "0", "2", "3", "0", "3", "2", "late", "", keys[1]],
        ["Cleo", "", "", "2", "", "1", "", "0", "3", "0", "3", "0",
         "not on the roster; could not be checked: 1.2 (Too slow.); could not be checked: 2.1 (Killed.)",
         "", keys[2]],
    ]
    # fmt: on


def test_every_student_of_a_class_has_a_row_in_the_order_given(tmp_path: Path) -> None:
    results = a_class()
    rows = table(tmp_path, results)
    assert [cells["key"] for cells in rows] == [result.key for result in results]
    turned = table(tmp_path, results[::-1])
    assert turned == rows[::-1]


def test_a_step_and_the_total_count_what_the_student_had_to_do(tmp_path: Path) -> None:
    cells = row(tmp_path, a_result(open=("1.4", "7.3")))
    exercises = {name: find_step(name).exercises for name in STEPS}
    new = {name: sum(e.points for e in es if not e.keep) for name, es in exercises.items()}
    keep = sum(e.points for es in exercises.values() for e in es if e.keep)
    lost, not_kept = find_exercise("1.4")[1].points, find_exercise("7.3")[1].points
    assert of(cells, "step 01") == str(new[STEPS[0]] - lost)
    assert of(cells, "step 03") == str(new[STEPS[1]]) and of(cells, "step 07") == str(new[STEPS[2]])
    assert of(cells, "total") == str(sum(new.values()) - lost)
    assert of(cells, "kept") == str(keep - not_kept)
    assert cells[title("1.4")] == cells[title("7.3")] == "0"
    assert cells["isolated by"] == BUBBLEWRAP


def test_a_keep_exercise_says_so_in_its_title(tmp_path: Path) -> None:
    titles = row(tmp_path, a_result())
    for name in STEPS:
        for exercise in find_step(name).exercises:
            assert ("keep" in title(exercise.id)) == exercise.keep
            assert titles[title(exercise.id)] == str(exercise.points)


def test_no_title_is_a_number_or_a_date(tmp_path: Path) -> None:
    # "3.10" would be 3.1 in a spreadsheet, or the third of October.
    titles = list(row(tmp_path, a_result()))
    assert len(titles) > 30
    assert not [name for name in titles if re.fullmatch(r"[\d.,:/ -]*", name)]


def test_an_exercise_that_waits_is_0_and_one_without_a_verdict_is_empty(tmp_path: Path) -> None:
    first, second, third = STEPS
    steps = (a_step(first, open=("1.3",)), a_step(second, trouble="The app was killed."), a_step(third))
    cells = row(tmp_path, a_result(steps=steps))
    assert cells[title("1.3")] == cells[title("1.4")] == "0"
    ids = [exercise.id for exercise in find_step(second).exercises]
    assert {cells[title(id)] for id in ids} == {""}
    assert cells["flags"] == f"could not be checked: {', '.join(ids)} (The app was killed.)"


def test_an_exercise_that_only_others_have_a_verdict_on_is_named_too(tmp_path: Path) -> None:
    missing = a_result("Bert", steps=STEPS[:1])
    _, cells = table(tmp_path, [a_result(), missing])
    assert cells[title("3.1")] == "" and "could not be checked: 3.1, 3.2, " in cells["flags"]


def test_flags_of_each_kind(tmp_path: Path) -> None:
    assert row(tmp_path, a_result())["flags"] == ""
    assert row(tmp_path, a_result(listed=True))["flags"] == ""
    assert row(tmp_path, a_result(late=True, listed=False))["flags"] == "late; not on the roster"
    nothing = row(tmp_path, handed_nothing_in("Dora"))
    assert nothing["flags"] == "handed nothing in"
    assert nothing[title("1.1")] == "" and of(nothing, "total") == of(nothing, "step 03") == "0"
    note = Note("roster", "2 submissions could be this student's: a, b. None was taken for it.")
    unclear = row(tmp_path, handed_nothing_in("Dora", notes=(note,)))
    assert unclear["flags"] == "several submissions could be this student's"


def test_points_come_from_the_course_and_not_from_a_verdict(tmp_path: Path) -> None:
    # The verdicts of a small result claim 99 points each.
    (cells,) = table(
        tmp_path, [a_small_result("A", passed=("1.1", "2.2"))], course=small_course(tmp_path / "c")
    )
    assert (of(cells, "total"), of(cells, "kept")) == ("2", "2")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n=", " =", "\u200b="])
def test_no_cell_begins_a_formula(tmp_path: Path, begin: str) -> None:
    formula = f'{begin}cmd|" /C calc"!A0'
    result = a_result(
        formula,
        id=formula,
        email=formula,
        isolated_by=formula,
        steps=(a_step(STEPS[0], unchecked=("1.1",), trouble=formula),),
    )
    cells = row(tmp_path, result)
    for name in ("student", "id", "email", "isolated by"):
        assert cells[name].startswith("'") and cells[name].endswith('cmd|" /C calc"!A0')
    assert cells["flags"].startswith("could not be checked: 1.1 (")


@pytest.mark.parametrize("between", ["", '"', '""', " ", '" "', "\t"])
@pytest.mark.parametrize("separators", [",", ";", ",;\t"])
def test_no_semicolon_begins_a_formula_or_moves_points(tmp_path: Path, separators: str, between: str) -> None:
    text = f'Anna;{between}=cmd|" /C calc"!A0;5;5,5;{between}-1'
    steps = (a_step(STEPS[0], unchecked=("1.1",), trouble=text), a_step(STEPS[1]))
    result = a_result(text, id=text, email=text, isolated_by=text, steps=steps)
    (place,) = write_grades([result, a_result("Bert", steps=steps)], tmp_path / "grades.csv")
    titles, *rows = spreadsheet_rows(place.read_text(encoding="utf-8-sig"), separators)
    assert not [cell for row in rows for cell in row if re.match(r'["\s]*[=+@-]', cell)]
    if "," in separators:
        points = [row[3:-3] for row in rows]
        assert {len(row) for row in rows} == {len(titles)} and points[0] == points[1]


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    (place,) = write_grades([a_result(id="0042")], tmp_path / "grades.csv")
    raw = place.read_text(encoding="utf-8-sig").splitlines()[1]
    assert re.match(r'"Anna Berg","0042","",\d,\d,', raw) and "'" not in raw


@pytest.mark.parametrize(
    "name, expected",
    [
        ('Berg, "Anna"', 'Berg, "Anna"'),
        ("Anna\r\nBen,100,100", "Anna Ben,100,100"),
        ("<script>alert(1)</script>&amp;", "<script>alert(1)</script>&amp;"),
        ("x" * 500, "x" * 500),
        ("Åsa 明日香 O'Neil; Ltd", "Åsa 明日香 O'Neil; Ltd"),
        ("a\0b\x1b[31m\ud800\ufffe\u202ec", "ab[31mc"),
        ('";=1+1;"', '";\'=1+1;"'),
    ],
)
def test_awkward_names_are_one_cell(tmp_path: Path, name: str, expected: str) -> None:
    assert row(tmp_path, a_result(name, key="k"))["student"] == expected


@QUICK
@given(TEXTS, TEXTS, TEXTS)
def test_any_text_is_one_cell_and_no_formula(
    tmp_path_factory: pytest.TempPathFactory, name: str, id: str, trouble: str
) -> None:
    steps = (a_step(STEPS[0], unchecked=("1.1",), trouble=trouble or "?"),)
    (place,) = write_grades(
        [a_result(name, id=id, key="k", steps=steps)], tmp_path_factory.getbasetemp() / "any.csv"
    )
    titles, *rows = rows_of(place)
    assert [len(cells) for cells in rows] == [len(titles)] and rows[0][-1] == "k"
    assert not [cell for cell in rows[0] if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    # A reader that knows nothing of quotation marks finds two lines, too.
    assert len(place.read_bytes().decode("utf-8-sig").splitlines()) == 2


def test_excel_is_told_the_encoding(tmp_path: Path) -> None:
    (place,) = write_grades([a_result("Åsa")], tmp_path / "grades.csv")
    content = place.read_bytes()
    assert content.startswith("\ufeffstudent,".encode()) and '\r\n"Åsa",'.encode() in content
    assert content.count(b"\n") == content.count(b"\r\n") == 2


def test_a_class_of_nobody_has_titles(tmp_path: Path) -> None:
    (place,) = write_grades([], tmp_path / "grades.csv")
    (titles,) = rows_of(place)
    assert titles[:3] == ["student", "id", "email"]


def test_the_same_results_give_the_same_file(tmp_path: Path) -> None:
    (one,) = write_grades(a_class(), tmp_path / "one.csv")
    (two,) = write_grades(a_class(), tmp_path / "two.csv")
    assert one.read_bytes() == two.read_bytes()
