"""A class: who handed in what, however it was packed; nobody is left out, and nobody hands in for somebody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbook.grading.intake import take_in
from workbook.grading.limits import Limits
from workbook.grading.submissions import Intake, Submission

from .making import SECOND, STEP, Files, app, files_of, said, tarred, within, written, zipped


def intake(tmp: Path, *paths: Path, limits: Limits | None = None) -> Intake:
    return take_in(paths, tmp / "into", limits)


def who(found: Intake) -> dict[str, str]:
    """Whose app each student's is, by the student's name."""
    return {one.student: owner(one) for one in found.submissions}


def owner(one: Submission) -> str:
    return files_of(one).get(f"{STEP}/app.py", "").strip("# \n")


def put(place: Path, data: bytes) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return place


def class_of(place: Path) -> Path:
    """A class in which everybody packs in another way."""
    written(place / "anna", app("anna"))
    written(place / "ben", within("chapters", app("ben")))
    put(place / "cleo.zip", zipped(app("cleo")))
    put(place / "dora.tar.gz", tarred(within("dora/flask-oauth-workbook/chapters", app("dora")), "gz"))
    put(place / "emil" / "hand in.zip", zipped({"emil.zip": zipped(within("chapters", app("emil")))}))
    put(place / "fay" / f"{STEP}.zip", zipped({"app.py": "# fay\n"}))
    written(place / "gus", {"app.py": "# gus\n", "readme.txt": "hello"})
    (place / "hal").mkdir()
    put(place / "ida.zip", b"")
    put(place / "jo.rar", b"Rar!\x1a\7\0")
    return place


EVERYBODY = {name: name for name in ("anna", "ben", "cleo", "dora", "emil", "fay")} | dict.fromkeys(
    ("gus", "hal", "ida", "jo"), ""
)


def test_everybody_in_a_folder(tmp_path: Path) -> None:
    found = intake(tmp_path, class_of(tmp_path / "class"))
    assert who(found) == EVERYBODY
    notes = {one.student: said(one) for one in found.submissions}
    assert [name for name, text in notes.items() if not text] == [
        "anna",
        "ben",
        "cleo",
        "dora",
        "emil",
        "fay",
    ]
    assert "It has: app.py, readme.txt." in notes["gus"] and "nothing: No step folder" in notes["hal"]
    assert "is empty" in notes["ida"] and "neither zip nor tar" in notes["jo"]
    assert (
        len({one.key for one in found.submissions}) == 10
        and len({one.folder for one in found.submissions}) == 10
    )
    assert all(one.folder.parent == tmp_path / "into" and one.folder.is_dir() for one in found.submissions)


def test_everybody_by_name(tmp_path: Path) -> None:
    """As `grade class/*` has it."""
    paths = sorted(class_of(tmp_path / "class").iterdir())
    assert who(intake(tmp_path, *paths)) == EVERYBODY


@pytest.mark.parametrize("around", ["", "class"])
def test_everybody_in_one_archive(tmp_path: Path, around: str) -> None:
    files: Files = {
        **within("anna", app("anna")),
        **within("ben/chapters", app("ben")),
        "cleo.zip": zipped(app("cleo")),
        "dora.tgz": tarred(app("dora"), "gz"),
    }
    files = within(around, files) if around else files
    expected = {name: name for name in ("anna", "ben", "cleo", "dora")}
    for name, data in (("class.zip", zipped(files)), ("class.tar.xz", tarred(files, "xz"))):
        assert who(intake(tmp_path, put(tmp_path / name, data))) == expected


def test_the_same_everywhere_and_always(tmp_path: Path) -> None:
    place = class_of(tmp_path / "class")
    first, second = take_in([place], tmp_path / "1").submissions, take_in([place], tmp_path / "2").submissions
    for one, other in zip(first, second, strict=True):
        assert (one.student, one.key, one.digest, one.notes) == (
            other.student,
            other.key,
            other.digest,
            other.notes,
        )
    assert len({one.digest for one in first}) == 7, "what is empty is equal"


def test_a_class_of_one(tmp_path: Path) -> None:
    written(tmp_path / "submissions" / "anna", within("chapters", app("anna")))
    assert who(intake(tmp_path, tmp_path / "submissions")) == {"anna": "anna"}
    put(tmp_path / "class" / "anna.zip", zipped(app("anna")))
    assert who(intake(tmp_path, tmp_path / "class")) == {"anna": "anna"}


@pytest.mark.parametrize(
    "name, around, student",
    [
        ("anna.zip", "flask-oauth-workbook-main/chapters", "anna"),
        ("chapters.zip", "anna/chapters", "anna"),
        ("hand-in-2026-11-27.zip", "", "hand-in-2026-11-27"),
        ("anna berg.zip", "chapters", "anna berg"),
    ],
)
def test_the_name_of_one_student(tmp_path: Path, name: str, around: str, student: str) -> None:
    files = within(around, app("anna")) if around else app("anna")
    assert who(intake(tmp_path, put(tmp_path / name, zipped(files)))) == {student: "anna"}


def test_a_whole_clone_is_one_student(tmp_path: Path) -> None:
    """The finished steps in it are not the student's."""
    clone: Files = {
        **within("chapters", app("anna")),
        **within("solutions", app("the workbook")),
        **within("solutions", app("the workbook", SECOND)),
        "README.md": "",
        "tests/steps/test_01_twitter_login.py": "",
        "workbook/cli/main.py": "",
    }
    found = intake(tmp_path, written(tmp_path / "anna", clone))
    assert who(found) == {"anna": "anna"}
    (one,) = found.submissions
    assert f"{SECOND} was taken from a folder 'solutions'" in said(one) and STEP + " is there" not in said(
        one
    )


MOODLE = {
    **within("Anna Berg_1001_assignsubmission_file/chapters", app("anna")),
    "Ben O'Neil_1002_assignsubmission_file/work.zip": zipped(app("ben")),
    **within("Ben O'Neil_1003_assignsubmission_file", app("the other ben")),
    "Cleo Núñez_1004_assignsubmission_onlinetext/onlinetext.html": "<p>see my repository</p>",
    "Dora_1005_assignsubmission_file/app.py": "# dora\n",
    "Dora_1005_assignsubmission_onlinetext/onlinetext.html": "<p>late, sorry</p>",
    **within("Group 7_77_assignsubmission_file_/g", app("group")),
}


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_moodles_export_with_folders(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "CS 101-OAuth-4711.zip"
    place = put(place, zipped(MOODLE)) if kind == "zip" else written(tmp_path / "CS 101-OAuth-4711", MOODLE)
    found = intake(tmp_path, place)
    assert sorted((one.student, one.id, owner(one)) for one in found.submissions) == [
        ("Anna Berg", "1001", "anna"),
        ("Ben O'Neil", "1002", "ben"),
        ("Ben O'Neil", "1003", "the other ben"),
        ("Cleo Núñez", "1004", ""),
        ("Dora", "1005", ""),
        ("Group 7", "77", "group"),
    ]
    notes = {one.id: said(one) for one in found.submissions}
    assert notes["1001"] == "" and "2 submissions have this name" in notes["1002"] and "name" in notes["1003"]
    assert "typed into the page of Moodle" in notes["1004"] and "nothing" in notes["1004"]
    assert "app.py" in notes["1005"]


def test_moodles_export_without_folders(tmp_path: Path) -> None:
    files = {
        "Anna Berg_1001_assignsubmission_file_my work.zip": zipped(within("x", app("anna"))),
        f"Ben_1002_assignsubmission_file_{STEP}.zip": zipped({"app.py": "# ben\n"}),
        "Cleo_1003_assignsubmission_file_app.py": "# cleo\n",
        "Cleo_1003_assignsubmission_onlinetext_onlinetext.html": "",
        "Dora_1004_assignsubmission_file_a.tar.gz": tarred(app("dora"), "gz"),
        "Emil_1005_assignsubmission_file_a\nb:c.zip": zipped(app("emil")),
    }
    expected = {
        "Anna Berg": "anna",
        "Ben": "ben",
        "Cleo": "",
        "Dora": "dora",
        "Emil": "emil",
    }
    assert who(intake(tmp_path, put(tmp_path / "export.zip", zipped(files)))) == expected


def test_blind_marking_in_another_language(tmp_path: Path) -> None:
    files = {f"Teilnehmerin_{n}_assignsubmission_file_a.zip": zipped(app(str(n))) for n in (7, 8, 9)}
    found = intake(tmp_path, put(tmp_path / "export.zip", zipped(files)))
    assert who(found) == {"Teilnehmerin 7": "7", "Teilnehmerin 8": "8", "Teilnehmerin 9": "9"}


def test_canvass_export(tmp_path: Path) -> None:
    files = {
        "berganna_12345_987001_hand-in.zip": zipped(app("anna")),
        "oneilben_LATE_12346_987002_work.tar.gz": tarred(app("ben"), "gz"),
        "nunezcleo_12347_987003_a.zip": zipped(app("cleo")),
        "nunezcleo_12347_987004_b.zip": zipped(app("cleo", SECOND)),
        "smithdora_12348_text.html": "<p>typed</p>",
        "anon_a1B2c_987005_work.zip": zipped(app("anonymous")),
    }
    found = intake(tmp_path, put(tmp_path / "submissions.zip", zipped(files)))
    expected = {
        "berganna": "anna",
        "oneilben": "ben",
        "nunezcleo": "cleo",
        "smithdora": "",
        "anon a1B2c": "anonymous",
    }
    assert who(found) == expected
    by_name = {one.student: one for one in found.submissions}
    assert [name for name, one in by_name.items() if one.late] == ["oneilben"]
    assert by_name["nunezcleo"].steps == (STEP, SECOND) and by_name["berganna"].id == "12345"
    assert "typed into the page of Canvas" in said(by_name["smithdora"])


METADATA = """\
submission_101:
  :submitters:
  - :name: Anna Berg
    :sid: '4711'
    :email: anna@example.edu
  :created_at: 2026-11-20 10:00:00.123456000 Z
  :score: 3.0
submission_102:
  :submitters:
  - :name: Ben O'Neil
    :sid: '4712'
    :email: ben@example.edu
  - :name: Ben O'Neil
    :sid: '4712'
    :email: ben@example.edu
  - :name: "Cleo N\\u00FA\\u00F1ez"
    :sid:
    :email: cleo@example.edu
  :extra: !ruby/object:Some::Thing {a: 1}
"""


def test_gradescopes_export(tmp_path: Path) -> None:
    """A group's work is each one's."""
    export = {
        **within("submission_101", app("anna")),
        **within("submission_102/chapters", app("ben and cleo")),
        **within("submission_103", app("nobody knows")),
        "submission_metadata.yml": METADATA,
    }
    found = intake(tmp_path, put(tmp_path / "assignment.zip", zipped(within("assignment_9_export", export))))
    assert who(found) == {
        "Anna Berg": "anna",
        "Ben O'Neil": "ben and cleo",
        "Cleo Núñez": "ben and cleo",
        "submission_103": "nobody knows",
    }
    anna, ben, cleo, _ = found.submissions
    assert (anna.id, anna.email, ben.id, cleo.id) == ("4711", "anna@example.edu", "4712", "")
    assert ben.digest == cleo.digest and ben.folder != cleo.folder and ben.key != cleo.key
    assert "Handed in by Ben O'Neil and Cleo Núñez together." in said(ben)


@pytest.mark.parametrize(
    "text", ["", "- a", "a: [", "submission_101: 3", "x: &a [*a]", "!!python/object:os.system {}"]
)
def test_gradescopes_metadata_that_is_none(tmp_path: Path, text: str) -> None:
    export = {**within("submission_101", app("anna")), "submission_metadata.yml": text}
    found = intake(tmp_path, written(tmp_path / "export", export))
    assert who(found) == {"submission_101": "anna"} and "could not be understood" in str(found.notes[0])


FORGED = {
    **within("Ben_1002_assignsubmission_file", app("anna's forgery")),
    "oneilben_12346_987002_work.zip": zipped(app("anna's forgery")),
    **within("submission_102", app("anna's forgery")),
    "submission_metadata.yml": METADATA,
}


@pytest.mark.parametrize("pack", ["zip", "folder"])
@pytest.mark.parametrize("how", ["a folder", "by name", "moodle"])
def test_nobody_hands_in_for_somebody_else(tmp_path: Path, pack: str, how: str) -> None:
    """Names as an LMS has them, inside of a student's own archive or folder."""
    prefix = "Anna_1001_assignsubmission_file" if how == "moodle" else "anna"
    if pack == "zip":
        put(
            tmp_path / "class" / f"{prefix}_anna.zip" if how == "moodle" else tmp_path / "class" / "anna.zip",
            zipped(FORGED),
        )
    else:
        written(tmp_path / "class" / prefix, FORGED)
    put(tmp_path / "class" / "ben.zip", zipped(app("ben")))
    paths = sorted((tmp_path / "class").iterdir()) if how == "by name" else [tmp_path / "class"]
    found = intake(tmp_path, *paths)
    assert [one.student.lower() for one in found.submissions] == ["anna", "ben"]
    assert owner(found.submissions[1]) == "ben"


def test_a_forged_name_in_canvas_changes_nothing_of_the_others(tmp_path: Path) -> None:
    """Anna calls herself ben_12346. Ben's work is taken as he handed it in, and both rows say that there are two."""
    files = {
        "ben_12346_987001_work.zip": zipped(app("ben"), at=(2026, 11, 1)),
        "ben_12346_67890_987002_work.zip": zipped(app("anna"), at=(2026, 11, 2)),
        "cleo_12347_987003_4711_work.zip": zipped(app("cleo")),
    }
    found = intake(tmp_path, put(tmp_path / "export.zip", zipped(files)))
    assert sorted((one.student, owner(one)) for one in found.submissions) == [
        *(("ben", "anna"), ("ben", "ben"), ("cleo", "cleo")),
    ]
    assert [("2 submissions" in said(one)) for one in found.submissions] == [True, True, False]


def test_classes_named_together(tmp_path: Path) -> None:
    put(tmp_path / "one.zip", zipped(within("Anna_1_assignsubmission_file", app("anna"))))
    put(tmp_path / "two.zip", zipped(within("Ben_2_assignsubmission_file", app("ben"))))
    written(tmp_path / "three", {**within("cleo", app("cleo")), **within("dora", app("dora"))})
    paths = [tmp_path / name for name in ("one.zip", "two.zip", "three")]
    assert who(intake(tmp_path, *paths)) == {"Anna": "anna", "Ben": "ben", "cleo": "cleo", "dora": "dora"}


def test_a_class_beside_one_student_says_so(tmp_path: Path) -> None:
    put(tmp_path / "export.zip", zipped(MOODLE))
    put(tmp_path / "ben.zip", zipped(app("ben")))
    found = intake(tmp_path, tmp_path / "export.zip", tmp_path / "ben.zip")
    assert [one.student for one in found.submissions] == ["ben", "export"]
    assert "It looks like the work of several students (Anna Berg_1001" in said(found.submissions[1])


def test_two_submissions_of_one_student(tmp_path: Path) -> None:
    """The later one counts; where it is broken, the one before."""
    place = tmp_path / "class"
    written(place / "anna", app("old"), at=1_700_000_000)
    put(place / "anna.zip", zipped(app("new"), at=(2026, 11, 2)))
    written(place / "ben", app("new"), at=2_000_000_000)
    os.utime(put(place / "ben.zip", zipped(app("old"), at=(2020, 1, 1))), (1_600_000_000, 1_600_000_000))
    written(place / "cleo", app("whole"), at=1_600_000_000)
    put(place / "cleo.zip", b"broken")
    written(place / "dora", app("dora"))
    put(place / "dora.zip", zipped(app("dora")))
    found = intake(tmp_path, place)
    assert who(found) == {"anna": "new", "ben": "new", "cleo": "whole", "dora": "dora"}
    notes = {one.student: said(one) for one in found.submissions}
    assert (
        notes["anna"]
        == "twice: Handed in 2 times. class: anna.zip was taken. It is the later one. Left out: class: anna."
    )
    assert "It has step folders" in notes["cleo"] and "with the same files" in notes["dora"]


def test_one_student_in_two_exports(tmp_path: Path) -> None:
    for n, name in ((1, "week 1"), (2, "week 2")):
        put(tmp_path / f"{name}.zip", zipped({f"berganna_12345_{987000 + n}_a.zip": zipped(app(name))}))
    found = intake(tmp_path, tmp_path / "week 2.zip", tmp_path / "week 1.zip")
    assert who(found) == {"berganna": "week 2"} and "Handed in 2 times" in said(found.submissions[0])


def test_two_paths_of_one_name(tmp_path: Path) -> None:
    for name in ("anna", "ben"):
        put(tmp_path / name / "work.zip", zipped(app(name)))
    found = intake(tmp_path, tmp_path / "anna" / "work.zip", tmp_path / "ben" / "work.zip")
    assert who(found) == {"anna/work": "anna", "ben/work": "ben"}


def test_names_that_look_the_same_are_not_one_student(tmp_path: Path) -> None:
    files = {
        **within("anna", app("anna")),
        **within("an\u202ena", app("evil")),
        **within("anna\n", app("evil")),
    }
    found = intake(tmp_path, put(tmp_path / "class.zip", zipped(files)))
    assert [one.student for one in found.submissions] == ["anna"] * 3
    assert sorted(owner(one) for one in found.submissions) == ["anna", "evil", "evil"]
    hidden = [one for one in found.submissions if "without invisible characters" in said(one)]
    assert {owner(one) for one in hidden} == {"evil"} and len(hidden) == 2
    assert all("3 submissions have this name" in said(one) for one in found.submissions)


def test_files_beside_the_students_are_named(tmp_path: Path) -> None:
    place = class_of(tmp_path / "class")
    for name in ("README.txt", "grades.csv", ".DS_Store"):
        (place / name).write_text("x")
    notes = [str(note) for note in intake(tmp_path, place).notes]
    assert len(notes) == 2 and "README.txt" in notes[0] and "grades.csv" in notes[1]


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "folder"])
def test_one_who_takes_too_much_takes_it_from_nobody(tmp_path: Path, kind: str) -> None:
    """Nor does one whose archive is broken, or whose files have the same names."""
    files: Files = {
        **within("anna", app("anna")),
        **within("bomb", {**app("bomb"), **{f"{STEP}/z{n}.bin": b"0" * 90_000 for n in range(50)}}),
        "broken.zip": zipped(app("broken"))[:-40],
        **within("crowd", {f"{STEP}/{n}.py": "" for n in range(100)}),
        **within("zoe", app("zoe")),
    }
    limits = Limits(kept=400_000, file=100_000, files=40, ratio=20, ratio_from=100_000)
    if kind == "folder":
        place = written(tmp_path / "class", files)
    else:
        place = put(tmp_path / f"class.{kind}", zipped(files) if kind == "zip" else tarred(files, "gz"))
    found = intake(tmp_path, place, limits=limits)
    assert who(found) == {"anna": "anna", "bomb": "bomb", "broken": "", "crowd": "", "zoe": "zoe"}
    notes = {one.student: said(one) for one in found.submissions}
    assert notes["anna"] == notes["zoe"] == ""
    assert "more than 400000 bytes" in notes["bomb"] and "more than 40 files" in notes["crowd"]


def test_four_hundred(tmp_path: Path) -> None:
    files = {
        f"Student {n}_{n}_assignsubmission_file_work.zip": zipped(app(str(n))) for n in range(1000, 1400)
    }
    found = intake(tmp_path, put(tmp_path / "class.zip", zipped(files)))
    assert len(found.submissions) == 400 and all(owner(one) == one.id for one in found.submissions)
