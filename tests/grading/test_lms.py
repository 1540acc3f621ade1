"""The names that Moodle, Canvas and Gradescope write are understood, and others are left alone.

The forms are made here as the systems' own sources make them: `moodle` as `get_student_prefix` and
`load_submissionplugin_filelist` of mod/assign/classes/downloader.php, `canvas` as `get_filename` and
`add_upload_submission` of lib/content_zipper.rb.
"""

from __future__ import annotations

import re

import pytest

from workbook.grading.lms import Handed, Person, gradescope, handed


def clean_filename(name: str) -> str:
    """Moodle's: what no file system wants is gone."""
    return re.sub(r'[\x00-\x1f&<>"`|\':\\/]', "", name)


def moodle(fullname: str, number: int, plugin: str = "file", file: str | None = None) -> str:
    """A folder of the export, or, with `file`, a file of the export without folders."""
    prefix = clean_filename(fullname.replace("_", " ") + f"_{number}")
    return clean_filename(f"{prefix}_assignsubmission_{plugin}" + (f"_{file}" if file is not None else ""))


def canvas(sortable: str, user: int, attachment: int, file: str, late: bool = False) -> str:
    """A file of the export."""
    name = "_".join([re.sub(r"_(\d+)_", r"\1", sortable).lower(), *(["LATE"] if late else []), str(user)])
    name, file = re.sub(r"[^\w]", "", name), re.sub(r'[\x00/\\:*?"<>|]+', "_", file)
    return f"{name}_{attachment}_{file}"


@pytest.mark.parametrize(
    "name", ["Anna Berg", "Ben_van_der Meer", "Cleo Núñez-O Neil", "明日香", "3rd Student 7", "X"]
)
def test_moodle(name: str) -> None:
    person = Person(name.replace("_", " "), "1234")
    assert handed(moodle(name, 1234)) == Handed("Moodle", person)
    assert handed(moodle(name, 1234) + "_") == Handed("Moodle", person), "an older version"
    for file in ("work.zip", "my_work_2026_11_27.tar.gz", "assignsubmission_file_.zip", "a b (1).zip"):
        assert handed(moodle(name, 1234, file=file)) == Handed("Moodle", person, file)
    typed = handed(moodle(name, 1234, "onlinetext", "onlinetext.html"))
    assert typed == Handed("Moodle", person, "onlinetext.html", typed=True)


def test_moodle_without_a_number() -> None:
    """Who is in no group has no number."""
    assert handed("Default group_assignsubmission_file") == Handed("Moodle", Person("Default group"))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    "sortable, name",
    [
        ("Berg, Anna", "berganna"),
        ("van der Meer, Ben", "vandermeerben"),
        ("Núñez, Cleo", "núñezcleo"),
        ("Prince", "prince"),
    ],
)
def test_canvas(sortable: str, name: str, late: bool) -> None:
    for file in ("work.zip", "my_1_2_3.zip", "hand-in-1.tar.gz", "what?.zip"):
        found = handed(canvas(sortable, 10000, 987654321, file, late))
        assert found == Handed("Canvas", Person(name, "10000"), file.replace("?", "_"), late, 987654321)
    old = canvas(sortable, 10000, 987, "a.zip", late=True).replace("LATE", "late")
    assert handed(old) == Handed("Canvas", Person(name, "10000"), "a.zip", True, 987)


def test_a_name_in_canvas_that_is_made_to_look_like_anothers() -> None:
    """Users of Canvas may be allowed to change their names: this one calls herself ben_12346."""
    forged = handed(canvas("ben_12346", 67890, 9870001, "work.zip"))
    assert forged is not None and forged.person == Person("ben", "12346") and forged.doubtful
    honest = handed(canvas("ben", 12346, 9870001, "4711_work.zip"))
    assert honest is not None and honest.person == Person("ben", "12346") and honest.doubtful


def test_canvas_otherwise() -> None:
    assert handed("berganna_12345_text.html") == Handed(
        "Canvas", Person("berganna", "12345"), "text.html", typed=True
    )
    found = handed("berganna_LATE_12345_link.html")
    assert found == Handed("Canvas", Person("berganna", "12345"), "link.html", True, typed=True)
    found = handed("LATE_anon_a1B2c_987_work.zip")
    assert found == Handed("Canvas", Person("anon a1B2c", "a1B2c"), "work.zip", True, 987)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "anna",
            "anna.zip",
            "anna_berg.zip",
            "hand-in-2026-11-27.zip",
            "work_2026_11_27.zip",
            "01_twitter_login",
        ),
        *(
            "homework_1_2_anna.zip",
            "submission_101",
            "_assignsubmission_file",
            "chapters",
            "",
            "12345_67890.zip",
        ),
    ],
)
def test_what_no_lms_has_named(name: str) -> None:
    assert handed(name) is None


def test_gradescope() -> None:
    people = gradescope(
        b"submission_1:\n  :submitters:\n  - :name: Anna Berg\n    :sid: 4711\n    :email: a@x.edu\n"
        b"submission_2:\n  :submitters:\n  - :email: b@x.edu\n  - :name: null\n    :sid: 12\n"
        b"  :created_at: 2026-11-20 10:00:00 Z\n  :odd: !ruby/object:Kernel {}\nsubmission_3: {}\n"
    )
    assert people == {
        "submission_1": (Person("Anna Berg", "4711", "a@x.edu"),),
        "submission_2": (Person("b@x.edu", "", "b@x.edu"), Person("12", "12", "")),
    }


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff\xfe", b"- a", b"a: [", b"a: 1", b"\0", b"[" * 5000, b"!!python/object/apply:os.getcwd []"],
)
def test_what_is_no_metadata(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"^It "):
        gradescope(text)
