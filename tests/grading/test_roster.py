"""The roster is read as spreadsheets and LMSs write it, and everybody on it has a row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbook.course.errors import WorkbookError
from workbook.grading.intake import take_in
from workbook.grading.roster import Roster, Student, read_roster, with_roster
from workbook.grading.submissions import Intake

from .making import Files, app, files_of, said, within, zipped

ANNA = Student("Anna Berg", email="anna@example.edu", ids=("4711",))
MUELLER = Student("Jürgen Müller", email="jm@example.edu", ids=("4712",))
CSV = "Name,Email,ID\nAnna Berg,anna@example.edu,4711\nJürgen Müller,jm@example.edu,4712\n"


def roster(tmp: Path, data: str | bytes) -> Roster:
    file = tmp / "students.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_roster(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_every_encoding_and_sign_between(tmp_path: Path, encoding: str, between: str) -> None:
    found = roster(tmp_path, CSV.replace(",", between).encode(encoding))
    assert found == Roster((ANNA, MUELLER))
    assert roster(tmp_path, CSV.replace("\n", "\r\n").replace(",", between).encode(encoding)) == found


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_latin_1_is_read_and_noted(tmp_path: Path, encoding: str) -> None:
    found = roster(tmp_path, CSV.encode(encoding))
    assert found.students == (ANNA, MUELLER)
    assert ["not saved as UTF-8" in str(note) for note in found.notes] == [True]
    assert roster(tmp_path, b"name\nM\xfcller \x81\n").students[0].name == "Müller \x81"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("name\nAnna Berg\n", Student("Anna Berg")),
        ("Student Name;E-Mail Address\nAnna Berg;a@x.edu", Student("Anna Berg", email="a@x.edu")),
        ("first_name,LAST NAME\nAnna,Berg\n", Student("Anna Berg", "Anna", "Berg")),
        ("Vorname;Nachname;Matrikelnummer\nAnna;Berg;7\n", Student("Anna Berg", "Anna", "Berg", ids=("7",))),
        ("Prénom,Nom\nAnna,Berg\n", Student("Anna Berg", "Anna", "Berg")),
        (
            '"Student","ID","SIS Login ID"\n"Berg, Anna","12","ab1"\n',
            Student("Berg, Anna", ids=("12", "ab1")),
        ),
        (
            "Identifier,Full name,Email address\nParticipant 7,Anna,a@x\n",
            Student("Anna", "", "", "a@x", ("Participant 7",)),
        ),
        ("email\na@x.edu\n", Student("a@x.edu", email="a@x.edu")),
        ("username\nab1\n", Student("ab1", ids=("ab1",))),
        ("sep=;\nname;id\nAnna;1\n", Student("Anna", ids=("1",))),
        ("\n\nname,id\n,\n  Anna , 1\n,,\n", Student("Anna", ids=("1",))),
        ("grade,name\n,Anna\n", Student("Anna")),
        ('name\n"Anna ""A"" Berg"\n', Student('Anna "A" Berg')),
        ("name,a;b;c\nAnna,1\n", Student("Anna")),
    ],
)
def test_columns_are_found_by_their_titles(tmp_path: Path, text: str, expected: Student) -> None:
    assert roster(tmp_path, text).students == (expected,)


def test_canvass_gradebook(tmp_path: Path) -> None:
    text = 'Student,ID,SIS User ID,Section\n    Points Possible,,,\n"Berg, Anna",12345,s1,A\n'
    assert roster(tmp_path, text).students == (Student("Berg, Anna", ids=("12345", "s1")),)


def test_twice_on_the_roster(tmp_path: Path) -> None:
    found = roster(tmp_path, "name,id\nAnna,1\nAnna,1\nAnna,2\n")
    assert len(found.students) == 2 and "Anna is on the roster twice" in str(found.notes[0])


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"name,id\n", "has titles and no students"),
        (b"grade,section\n1,2\n", "has no column with names: .* Its first line has: grade, section\\."),
        (b"first name\nAnna\n", "has no column with names"),
        (b"Anna Berg\nBen\n", "has no column with names"),
        (b"PK\3\4\0\0\0\0" * 100, "has no column with names|is no CSV|is empty"),
        (b'name\n"' + b"x" * 200_000 + b'"\n', "is no CSV file"),
    ],
)
def test_what_is_no_roster_is_one_line(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(WorkbookError) as raised:
        roster(tmp_path, data)
    assert re.search(reason, str(raised.value)) and "\n" not in str(raised.value)


def test_a_roster_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(WorkbookError, match="cannot be read"):
            read_roster(path)


def joined(tmp: Path, handed_in: Files, text: str) -> Intake:
    """A class's archive, and the roster over it."""
    file = tmp / "class.zip"
    file.write_bytes(zipped(handed_in))
    into = tmp / "into"
    return with_roster(take_in([file], into), roster(tmp, text), into)


def rows(found: Intake) -> list[tuple[str, bool | None, bool, str]]:
    """Each row: the name, whether it is on the roster, whether something was handed in, and whose app it is."""
    return [
        (
            one.student,
            one.listed,
            one.handed_in,
            files_of(one).get("01_twitter_login/app.py", "").strip("# \n"),
        )
        for one in found.submissions
    ]


def test_everybody_has_a_row(tmp_path: Path) -> None:
    files = {**within("Anna Berg", app("anna")), **within("Zoe", app("zoe")), **within("Ben", app("ben"))}
    found = joined(tmp_path, files, "name,email\nBen,b@x.edu\nCleo\x1b[1m,c@x.edu\nAnna Berg,a@x.edu\n")
    assert rows(found) == [
        ("Ben", True, True, "ben"),
        ("Cleo[1m", True, False, ""),
        ("Anna Berg", True, True, "anna"),
        ("Zoe", False, True, "zoe"),
    ]
    _, cleo, anna, zoe = found.submissions
    assert said(cleo) == "nothing: Nothing was handed in." and cleo.folder.is_dir() and cleo.steps == ()
    assert (
        anna.email == "a@x.edu"
        and said(anna) == ""
        and "roster: The roster does not have this student." in said(zoe)
    )
    assert len({one.key for one in found.submissions}) == 4


@pytest.mark.parametrize(
    "handed_in",
    [
        "Anna Maria Berg_1_assignsubmission_file_a.zip",
        "Berg Anna Maria_1_assignsubmission_file_a.zip",
        "berganna maria.zip",
        "bergannamaria_12345_987_a.zip",
        "anna maria BERG.zip",
        "Ánna María Berg.zip",
        "amb@example.edu.zip",
        "amb.zip",
        "s4711.zip",
        "Participant_17_assignsubmission_file_a.zip",
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        'name,email,id,identifier\n"Anna Maria Berg",amb@example.edu,s4711,Participant 17\n',
        'name,email,id,identifier\n"Berg, Anna Maria",amb@example.edu,s4711,Participant 17\n',
        "first name,last name,email,id,identifier\nAnna Maria,Berg,amb@example.edu,s4711,Participant 17\n",
    ],
    ids=["first name first", "last name first", "two columns"],
)
def test_a_student_is_found_by_every_name(tmp_path: Path, handed_in: str, text: str) -> None:
    found = joined(
        tmp_path, {handed_in: zipped(app("anna")), "ben.zip": zipped(app("ben"))}, text + "Ben,,b,s1,\n"
    )
    assert rows(found)[0][1:] == (True, True, "anna"), said(found.submissions[0])


def test_two_of_one_name_are_told_apart_by_more(tmp_path: Path) -> None:
    files = {f"berganna_{n}_9{n}_a.zip": zipped(app(str(n))) for n in (12345, 67890)}
    text = 'student,id\n"Berg, Anna",67890\n"Berg, Anna",12345\n'
    found = joined(tmp_path, files, text)
    assert [row[3] for row in rows(found)] == ["67890", "12345"]


def test_nobody_is_matched_by_guessing(tmp_path: Path) -> None:
    """Two of one name, and nothing that tells which is which: both are there, and both say so."""
    files = {f"Anna_{n}_assignsubmission_file_a.zip": zipped(app(str(n))) for n in (1, 2)}
    found = joined(tmp_path, files, "name,email\nAnna,a@x.edu\nAnna,b@x.edu\n")
    assert [row[1:3] for row in rows(found)] == [(True, False), (True, False), (False, True), (False, True)]
    assert "The roster has 2 students of whom this could be: Anna (a@x.edu) and Anna (b@x.edu)" in said(
        found.submissions[2]
    )
    found = joined(tmp_path, files, "name\nAnna\nBen\n")
    assert [row[1:3] for row in rows(found)] == [(True, False), (True, False), (False, True), (False, True)]
    assert "2 submissions could be this student's" in said(found.submissions[0])
    assert "several submissions that could be Anna's" in said(found.submissions[2])


def test_numbers_of_two_kinds_that_are_equal_by_chance(tmp_path: Path) -> None:
    """Moodle's number of a participant is no student's number."""
    files = {"Zoe_4711_assignsubmission_file_a.zip": zipped(app("zoe"))}
    found = joined(tmp_path, files, "name,id\nAnna,4711\n")
    assert [row[:3] for row in rows(found)] == [("Anna", True, False), ("Zoe", False, True)]
