"""The points as Canvas, Moodle and Gradescope read them, each by its own rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.course.steps import find_step
from workbook.grading.names import shown_path
from workbook.grading.reports.gradebooks import Format, write_gradebook
from workbook.grading.results import Result
from workbook.grading.submissions import Note

from .examples import examples
from .readers import (
    CanvasImport,
    CanvasUser,
    MoodleRefused,
    canvas_import,
    gradescope_results,
    moodle_import,
    php_rows,
)
from .results_examples import HOSTILE_MESSAGE, STEPS, a_class, a_result, a_step, handed_nothing_in
from .small_course import a_small_result, small_course

QUICK = examples(40)
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
UNCLEAR = Note("roster", "2 submissions could be this student's: a, b. None was taken for it.")

ONE, FACEBOOK, LINKING = (find_step(name) for name in STEPS)
POINTS = {
    step.title: sum(e.points for e in step.exercises if not e.keep) for step in (ONE, FACEBOOK, LINKING)
}
TO_KEEP = {
    f"{step.title} (kept)": sum(e.points for e in step.exercises if e.keep) for step in (FACEBOOK, LINKING)
}
ALL = {**POINTS, **TO_KEEP}


def written(tmp: Path, format: Format, results: Sequence[Result]) -> tuple[str, tuple[str, ...]]:
    """The text of the only file, and the remarks."""
    gradebook = write_gradebook(format, results, tmp)
    (place,) = gradebook.places
    return place.read_bytes().decode("utf-8"), gradebook.remarks


def canvas(tmp: Path, results: Sequence[Result], course: Sequence[CanvasUser]) -> CanvasImport:
    """What Canvas makes of the file."""
    return canvas_import(written(tmp, "canvas", results)[0], course)


def test_canvas_whole_file_of_a_small_course(tmp_path: Path) -> None:
    results = [
        a_small_result("Anna", passed=("1.1", "1.2", "1.10", "2.1", "2.2"), id="7", email="a@x.org"),
        a_small_result(
            "Berg, Bert",
            passed=("1.2",),
            open=("1.1", "2.2"),
            waits={"1.10": "1.1"},
            troubles={"02_two": "?"},
        ),
    ]
    (place,) = write_gradebook("canvas", results, tmp_path, small_course(tmp_path / "chapters")).places
    assert place == tmp_path / "canvas.csv"
    assert place.read_bytes().decode("utf-8").split("\r\n") == [
        'Student,ID,SIS User ID,SIS Login ID,Section,Step 01: One,"Step 02: Two, ""too""",'
        '"Step 02: Two, ""too"" (kept)"',
        '"Points Possible","","","","",6,4,2',
        '"Anna","","7","a@x.org","",6,4,2',
        '"Berg, Bert","","","","",3,"",0',
        "",
    ]


def test_canvas_takes_a_class(tmp_path: Path) -> None:
    results = a_class()
    course = [CanvasUser(9000 + n, result.student) for n, result in enumerate(results)]
    found = canvas(tmp_path, results, course)
    assert found.possible == {title: str(points) for title, points in ALL.items()}
    assert found.strangers == []
    by_name = {user.name: found.grades.get(user.id) for user in course}
    assert by_name["Anna Berg"] == found.possible
    assert by_name["Dora Eng"] == dict.fromkeys(ALL, "0")
    assert by_name["Ida Jonsson"] == dict.fromkeys(ALL, "")
    cleo = by_name["Cleo Dahl"]
    assert cleo is not None and cleo[f"{FACEBOOK.title} (kept)"] == "0" and cleo[FACEBOOK.title] != "0"
    emil = by_name["Emil Falk"]
    assert emil is not None
    # In step 07, a new exercise could not be checked, and every keep exercise could.
    assert emil[ONE.title] == str(POINTS[ONE.title]) and emil[FACEBOOK.title] == emil[LINKING.title] == ""
    assert emil[f"{LINKING.title} (kept)"] == str(TO_KEEP[f"{LINKING.title} (kept)"])
    # The last one is not on the roster.
    assert by_name[results[-1].student] is None and len(found.grades) == len(results) - 1


@pytest.mark.parametrize(
    "source",
    [
        "submissions.zip: bergannaa_4711_9999_work.zip",
        "submissions.zip: canvas/bergannaa_LATE_4711_9999_work.zip",
        "/home/teacher/class/bergannaa_4711_9999_work.zip",
    ],
)
def test_canvas_s_own_number_finds_the_student(tmp_path: Path, source: str) -> None:
    result = a_result("bergannaa", id="4711", source=source)
    course = [CanvasUser(1, "bergannaa"), CanvasUser(4711, "Anna Berg")]
    assert list(canvas(tmp_path, [result], course).grades) == [4711]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "anna.zip",
        "moodle.zip: Anna Berg_4711_assignsubmission_file",
        "anon_4711_99999_work.zip/x",
        "mine/bergannaa_123_456_work.zip",
    ],
)
def test_another_number_is_never_taken_for_canvas_s(tmp_path: Path, source: str) -> None:
    result = a_result("Anna Berg", id="4711", source=source)
    course = [CanvasUser(4711, "Bert Ohm"), CanvasUser(1, "Anna Berg")]
    assert list(canvas(tmp_path, [result], course).grades) == [1]


def test_canvas_finds_students_by_what_the_roster_tells(tmp_path: Path) -> None:
    results = [a_result("A", id="s1"), a_result("B", email="b@x.org"), a_result("Dahl, Cleo")]
    course = [
        CanvasUser(1, "Anna", sis_user_id="s1"),
        CanvasUser(2, "Bert", login="b@x.org"),
        CanvasUser(3, "Cleo Dahl", "Dahl, Cleo"),
        CanvasUser(4, "Dora"),
    ]
    found = canvas(tmp_path, results, course)
    assert list(found.grades) == [1, 2, 3] and found.strangers == []


def test_canvas_asks_where_two_students_have_one_name(tmp_path: Path) -> None:
    results = [a_result("Anna", key="anna-1"), a_result("Anna", key="anna-2", id="s2", open=("1.1",))]
    course = [CanvasUser(1, "Anna"), CanvasUser(2, "Anna", sis_user_id="s2")]
    found = canvas(tmp_path, results, course)
    assert list(found.grades) == [2] and found.strangers == ["Anna (anna-1)"]


@pytest.mark.parametrize("name", ["Points Possible", "  Points\u200b Possible of mine", "Points\nPossible"])
def test_no_student_sets_the_points_that_are_possible(tmp_path: Path, name: str) -> None:
    results = [a_result("Anna"), a_result(name, key="k", open=("1.1", "3.1"))]
    found = canvas(tmp_path, results, [CanvasUser(1, "Anna")])
    assert found.possible == {title: str(points) for title, points in ALL.items()}
    assert list(found.grades) == [1] and len(found.strangers) == 1


@pytest.mark.parametrize("format", ["canvas", "moodle"])
def test_a_student_who_is_not_clear_or_not_on_the_roster_is_left_out_and_named(
    tmp_path: Path, format: Format
) -> None:
    # The third one calls herself as the first one does.
    results = [
        a_result("Anna", email="a@x.org", listed=True, open=("1.1",)),
        handed_nothing_in("Bert", email="b@x.org", notes=(UNCLEAR,)),
        a_result("Anna", key="anna-2", listed=False),
    ]
    text, remarks = written(tmp_path, format, results)
    assert text.count("Anna") == 1 and "Bert" not in text
    keys = [result.key for result in results[1:]]
    assert [key for key in keys for remark in remarks if key in remark] == keys and len(remarks) == 2


@pytest.mark.parametrize("format", ["canvas", "moodle", "gradescope"])
def test_a_grade_that_is_not_whole_is_named(tmp_path: Path, format: Format) -> None:
    steps = (a_step(STEPS[0], unchecked=("1.2",), trouble="Too slow."),)
    gradebook = write_gradebook(format, [a_result("Anna", key="k", email="a@x", steps=steps)], tmp_path)
    assert gradebook.remarks == ("Anna (k): could not be checked: 1.2 (Too slow.)",)


def test_moodle_takes_a_class(tmp_path: Path) -> None:
    results = a_class()
    text, remarks = written(tmp_path, "moodle", results)
    students = {result.email: result.student for result in results}
    found = moodle_import(text, students, "Email address", list(ALL))
    # One is not on the roster, and the address of one begins a formula.
    assert list(found) == [result.student for result in results[:-2]]
    assert [key for key in (results[-1].key, results[-2].key) if any(key in remark for remark in remarks)]
    anna = found["Anna Berg"]
    assert {title: anna[title] for title in ALL} == ALL
    assert {anna[f"{title} (feedback)"] for title in POINTS} == {"All passed."}
    assert [found["Dora Eng"][title] for title in ALL] == [0] * len(ALL)
    assert found["Dora Eng"][f"{ONE.title} (feedback)"] == "Nothing was handed in."
    assert [found["Ida Jonsson"][title] for title in ALL] == [None] * len(ALL)
    assert "ida.zip is damaged." in str(found["Ida Jonsson"][f"{ONE.title} (feedback)"])
    bert = str(found["Bert Ohm"][f"{ONE.title} (feedback)"]).split("<br>")
    assert bert[0].startswith("1.3 ") and "What your app did: it answered 500" in bert[0]
    assert [line.endswith("waits for 1.3.") for line in bert[1:]] == [True] * 4


def test_moodle_finds_students_by_the_column_that_more_of_them_have(tmp_path: Path) -> None:
    results = [a_result("A", id="1"), a_result("B", id="2", email="b@x"), a_result("C", email="c@x", id="3")]
    text, remarks = written(tmp_path, "moodle", results)
    assert php_rows(text)[0][:2] == ["Student", "ID number"] and "Email address" not in text
    assert list(moodle_import(text, {"1": "A", "2": "B", "3": "C"}, "ID number", list(ALL))) == [
        "A",
        "B",
        "C",
    ]
    assert remarks == ()
    results[0] = replace(results[0], email="a@x")
    text, _ = written(tmp_path, "moodle", results)
    assert php_rows(text)[0][:3] == ["Student", "Email address", "ID number"]
    assert [row[:3] for row in php_rows(text)[1:]] == [
        ["A", "a@x", "1"],
        ["B", "b@x", "2"],
        ["C", "c@x", "3"],
    ]


@pytest.mark.parametrize("email", ["", "+b@x.org", "b\\@x.org", "b;=1@x.org", "same@x.org"])
def test_a_student_whom_moodle_could_not_find_stops_no_import(tmp_path: Path, email: str) -> None:
    results = [a_result("A", email="a@x.org"), a_result("B", email=email), a_result("C", email="c@x.org")]
    results += [a_result("D", email="same@x.org")] if email == "same@x.org" else []
    text, remarks = written(tmp_path, "moodle", results)
    found = moodle_import(text, {"a@x.org": "A", "c@x.org": "C"}, "Email address", list(ALL))
    assert list(found) == ["A", "C"]
    assert len(remarks) == len(results) - 2 and all("is left out" in remark for remark in remarks)


@pytest.mark.parametrize(
    "source",
    [
        "moodle.zip: Anna Berg_1001_assignsubmission_file",
        "/home/teacher/Anna Berg_1001_assignsubmission_file_work.zip",
        # As intake shows a long path: the part that tells may be the one that is left out.
        shown_path(f"/home/{'long/' * 30}Anna Berg_1001_assignsubmission_file_{'work' * 30}.zip"),
    ],
)
def test_a_participant_s_number_in_an_assignment_is_no_id_number(tmp_path: Path, source: str) -> None:
    text, remarks = written(tmp_path, "moodle", [a_result("Anna Berg", id="1001", source=source)])
    assert "1001" not in text and len(php_rows(text)) == 1
    assert len(remarks) == 1 and "Anna Berg" in remarks[0]


@pytest.mark.parametrize(
    "name", ['Anna\\", 100, "', "Anna\\", 'a,\\""', "<script>alert(1)</script>, \\", "x" * 500, "A\nB,C"]
)
def test_no_name_moves_a_grade_into_another_column(tmp_path: Path, name: str) -> None:
    results = [
        a_result(name, key="k", email="a@x", open={"1.1": f"What should happen: {name}"}),
        a_result("Bert", email="b@x"),
    ]
    text, _ = written(tmp_path, "moodle", results)
    found = moodle_import(text, {"a@x": "A", "b@x": "B"}, "Email address", list(ALL))
    assert found["A"][ONE.title] == 0 and {found["B"][title] for title in ALL} == set(ALL.values())


def test_the_reader_of_moodle_s_files_can_refuse() -> None:
    titles = "Student,Email address,Points\n"
    for row in ("A,a@x,'-", "A,a@x,101", "A,,1", "A,a@x,1,2", '"A\\",a@x,1'):
        with pytest.raises(MoodleRefused):
            moodle_import(titles + row, {"a@x": "A"}, "Email address", ["Points"])
    assert moodle_import(titles + 'A,a@x,"3"', {"a@x": "A"}, "Email address", ["Points"]) == {
        "A": {"Points": 3}
    }


def test_moodle_s_feedback_has_no_markup_of_a_student_s(tmp_path: Path) -> None:
    results = [a_result("A", email="a@x", open={"1.1": HOSTILE_MESSAGE, "3.1": HOSTILE_MESSAGE})]
    text, _ = written(tmp_path, "moodle", results)
    found = moodle_import(text, {"a@x": "A"}, "Email address", list(ALL))
    feedback = str(found["A"][f"{ONE.title} (feedback)"])
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; ]]&gt;" in feedback
    assert "<" not in feedback.replace("<br>", "") and "\u202e" not in feedback and "\x1b" not in feedback
    # The drawing is for a page: its columns would be lost here.
    assert "GET /login" not in feedback


def test_moodle_s_feedback_tells_a_reason_once(tmp_path: Path) -> None:
    reason = "What should happen: it starts.\nWhat your app did: it ended."
    results = [a_result("A", email="a@x", open={"1.1": reason, "1.3": reason})]
    found = moodle_import(written(tmp_path, "moodle", results)[0], {"a@x": "A"}, "Email address", list(ALL))
    feedback = str(found["A"][f"{ONE.title} (feedback)"])
    assert feedback.count("it ended.") == 1 and ": the reason is the one at 1.1." in feedback


@QUICK
@given(TEXTS, TEXTS)
def test_any_text_leaves_moodle_s_columns_in_place(
    tmp_path_factory: pytest.TempPathFactory, name: str, message: str
) -> None:
    results = [
        a_result(name, key="k", email="a@x", open={"1.1": message or "?"}),
        a_result("B", email="b@x"),
    ]
    text, _ = written(tmp_path_factory.getbasetemp(), "moodle", results)
    found = moodle_import(text, {"a@x": "A", "b@x": "B"}, "Email address", list(ALL))
    assert found["A"][ONE.title] == 0 and found["B"][ONE.title] == POINTS[ONE.title]


@pytest.mark.parametrize("format", ["canvas", "moodle"])
def test_nothing_in_a_gradebook_begins_a_formula(tmp_path: Path, format: Format) -> None:
    results = [replace(result, listed=True) for result in a_class()]
    text, _ = written(tmp_path, format, results)
    assert not text.startswith("\ufeff")
    cells = [cell for row in php_rows(text) for cell in row]
    # A hyphen alone is Moodle's word for "no grade".
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t", "\r")) and c != "-"]


def gradescope(tmp: Path, result: Result) -> dict[str, object]:
    """The only student's results.json."""
    (place,) = write_gradebook("gradescope", [result], tmp).places
    assert place == tmp / "gradescope" / result.key / "results.json"
    return gradescope_results(place.read_bytes())


def test_gradescope_whole_file_of_a_small_course(tmp_path: Path) -> None:
    result = a_small_result(
        "Anna",
        passed=("1.1", "2.2"),
        open={"1.2": "What should happen: x.\n\nA -> B"},
        waits={"1.10": "1.2"},
        troubles={"02_two": "Too slow."},
        key="anna-1",
        id="7",
        email="a@x.org",
        late=True,
    )
    (place,) = write_gradebook("gradescope", [result], tmp_path, small_course(tmp_path / "chapters")).places
    assert json.loads(place.read_bytes()) == {
        "score": 2,
        "execution_time": 4.0,
        "output": "2 of 10 points, kept 2 of 2\nLate\nCould not be checked: 2.1 (Too slow.)",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "extra_data": {"key": "anna-1", "student": "Anna", "id": "7", "email": "a@x.org"},
        "tests": [
            {"name": "First", "number": "1.1", "score": 2, "max_score": 2, "status": "passed"},
            {
                "name": "Second",
                "number": "1.2",
                "score": 0,
                "max_score": 3,
                "status": "failed",
                "output": "What should happen: x.\n\nA -> B",
            },
            {
                "name": "Tenth",
                "number": "1.10",
                "score": 0,
                "max_score": 1,
                "status": "failed",
                "output": "Waits for 1.2.",
            },
            {"name": "First", "number": "2.1", "output": "It could not be checked. Too slow."},
            {"name": "Second (keep)", "number": "2.2", "status": "passed"},
        ],
    }


def test_gradescope_takes_a_class(tmp_path: Path) -> None:
    results = a_class()
    gradebook = write_gradebook("gradescope", results, tmp_path)
    assert [place.parent.name for place in gradebook.places] == [result.key for result in results]
    for place, result in zip(gradebook.places, results, strict=True):
        found = gradescope_results(place.read_bytes())
        scores = [test["score"] for test in found["tests"] if "score" in test]
        assert found["score"] == sum(scores)
        assert len(found["tests"]) == sum(len(step.exercises) for step in (ONE, FACEBOOK, LINKING))
        assert found["extra_data"]["key"] == result.key


def test_gradescope_s_keep_exercises_have_a_status_and_no_score(tmp_path: Path) -> None:
    found = gradescope(tmp_path, a_result(open=("7.3",)))
    tests = {test["number"]: test for test in found["tests"]}  # type: ignore[attr-defined]
    assert tests["7.3"]["status"] == "failed" and "score" not in tests["7.3"]
    assert found["score"] == sum(POINTS.values())


def test_gradescope_s_score_of_a_student_from_whom_nothing_came_is_0(tmp_path: Path) -> None:
    found = gradescope(tmp_path, handed_nothing_in("Dora"))
    tests = found["tests"]
    assert found["score"] == 0 and isinstance(tests, list)
    assert {test["status"] for test in tests} == {"failed"}
    unclear = write_gradebook("gradescope", [handed_nothing_in("Dora", notes=(UNCLEAR,))], tmp_path)
    assert unclear.places == () and len(unclear.remarks) == 1


def test_gradescope_gets_no_character_that_a_database_refuses(tmp_path: Path) -> None:
    found = gradescope(
        tmp_path, a_result("\x00\ud800", key="k", id="\x00", open={"1.1": HOSTILE_MESSAGE, "1.2": "<b>"})
    )
    whole = json.dumps(found, ensure_ascii=False)
    whole.encode("utf-8")
    assert "\\u0000" not in whole and "\\u001b" not in whole and "\ufffd" in whole
    assert "<script>alert(1)</script>" in whole and found["test_output_format"] == "text"


@pytest.mark.parametrize(
    "text",
    [
        "Name,ID,SIS User ID,SIS Login ID,Section,One\nAnna,,,,,1\n",
        "Student,ID,SIS User ID,SIS Login ID,One\nAnna,,,,1\n",
        "Student,ID,SIS User ID,SIS Login ID,Section,One (12)\nAnna,,,,,1\n",
        "Student,ID,SIS User ID,SIS Login ID,Section,Final Score\nAnna,,,,,1\n",
        "Student,ID,SIS User ID,SIS Login ID,Section,One\nAnna,,,,1\n",
        "Student,ID,SIS User ID,SIS Login ID,Section,One\nAnna,,,,,1\nAnna,,,,,2\n",
    ],
)
def test_the_reader_of_canvas_s_files_can_refuse(text: str) -> None:
    with pytest.raises(AssertionError):
        canvas_import(text, [CanvasUser(1, "Anna")])


@pytest.mark.parametrize(
    "results",
    [
        '{"tests": [{"name": "a"}]}',
        '{"score": "1"}',
        '{"score": 1, "grade": 1}',
        '{"tests": [{"score": true}]}',
        '{"score": 1, "output_format": "markdown"}',
        '{"tests": [{"score": 1, "status": "skipped"}]}',
    ],
)
def test_the_reader_of_gradescope_s_files_can_refuse(results: str) -> None:
    with pytest.raises(AssertionError):
        gradescope_results(results.encode())
