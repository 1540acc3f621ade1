"""Folders are copied: regular files, and nothing that leads out of them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.course.errors import WorkbookError
from workbook.grading.folders import Folder
from workbook.grading.intake import take_in
from workbook.grading.limits import Limits
from workbook.grading.sources import CannotRead

from .making import STEP, app, files_of, said, taken, tree, within, written, zipped

KEPT = app("anna")
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that is the teacher's."""
    file = tmp_path / "secret" / "grades.py"
    file.parent.mkdir()
    file.write_text("the teacher's")
    return file


@pytest.mark.parametrize("around", ["", "chapters", "Anna's work/flask-oauth-workbook/chapters"])
def test_a_folder_at_whatever_depth(tmp_path: Path, around: str) -> None:
    anna = written(tmp_path / "anna", within(around, KEPT) if around else KEPT)
    before = tree(anna)
    one = taken(anna, tmp_path)
    assert files_of(one) == KEPT and said(one) == "" and one.student == "anna"
    assert tree(anna) == before, "what was handed in stays as it was"


def test_a_step_folder_itself(tmp_path: Path) -> None:
    written(tmp_path, KEPT)
    assert files_of(taken(tmp_path / STEP, tmp_path)) == KEPT


def test_links_are_not_followed(tmp_path: Path, secret: Path) -> None:
    anna = written(tmp_path / "anna", KEPT)
    (anna / STEP / "answers.toml").symlink_to(secret)
    (anna / STEP / "inside.py").symlink_to("app.py")
    (anna / STEP / "static").symlink_to(secret.parent, target_is_directory=True)
    (anna / STEP / "loop").symlink_to(".", target_is_directory=True)
    (anna / "02_inside_the_session").symlink_to(secret.parent, target_is_directory=True)
    one = taken(anna, tmp_path)
    assert files_of(one) == KEPT and one.steps == (STEP,)
    assert "led out: Left out, a symbolic link: " in said(one)
    for name in ("answers.toml", "inside.py", "static", "loop", "02_inside_the_session"):
        assert name in said(one)


def test_a_step_folder_that_is_a_link(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "class" / "anna").mkdir(parents=True)
    (tmp_path / "class" / "anna" / STEP).symlink_to(secret.parent, target_is_directory=True)
    (tmp_path / "class" / "ben").symlink_to(secret.parent, target_is_directory=True)
    (tmp_path / "class" / "cleo.zip").symlink_to(secret)
    anna, ben, cleo = take_in([tmp_path / "class"], tmp_path / "into").submissions
    for one in (anna, ben, cleo):
        assert one.steps == () and files_of(one) == {} and "a symbolic link" in said(one)
    assert [one.student for one in (anna, ben, cleo)] == ["anna", "ben", "cleo"]


@on_posix
def test_hard_links_to_what_is_elsewhere(tmp_path: Path, secret: Path) -> None:
    anna = written(tmp_path / "anna", KEPT)
    os.link(secret, anna / STEP / "stolen.py")
    os.link(anna / STEP / "app.py", anna / STEP / "twice.py")
    one = taken(anna, tmp_path)
    assert files_of(one) == {**KEPT, f"{STEP}/twice.py": "# anna\n"}
    assert f"led out: Left out, a hard link: anna/{STEP}/stolen.py." in said(one)


@on_posix
def test_pipes_sockets_and_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = written(tmp_path / "anna", KEPT)
    os.mkfifo(anna / STEP / "pipe.py")
    monkeypatch.chdir(anna / STEP)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.py")
        one = taken(anna, tmp_path)
    assert files_of(one) == KEPT
    assert "a pipe: " in said(one) and "a socket: " in said(one)


@on_posix
def test_what_takes_the_place_of_a_file_is_not_read(tmp_path: Path, secret: Path) -> None:
    """Between the look and the reading a file becomes a link, a pipe, another file; a folder becomes a link."""
    anna = written(tmp_path / "anna", {f"{n}/app.py": "own" for n in range(4)})
    folder = Folder(anna, Limits())
    number = {entry.name: entry.number for entry in folder.entries}
    for n in range(3):
        (anna / str(n) / "app.py").unlink()
    (anna / "0" / "app.py").symlink_to(secret)
    os.mkfifo(anna / "1" / "app.py")
    os.link(secret, anna / "2" / "app.py")
    (anna / "3").rename(tmp_path / "away")
    (secret.parent / "app.py").write_text("the teacher's")
    (anna / "3").symlink_to(secret.parent, target_is_directory=True)
    for n in range(4):
        ((_, pieces),) = folder.contents({number[f"{n}/app.py"]})
        with pytest.raises(CannotRead):
            next(pieces)


@on_posix
@pytest.mark.parametrize("name", ["line\nbreak.py", "back\\slash.py", "con.py", "esc\x1b[0m.py"])
def test_names_that_no_other_system_has(tmp_path: Path, name: str) -> None:
    anna = written(tmp_path / "anna", {**KEPT, f"{STEP}/{name}": "evil"})
    one = taken(anna, tmp_path)
    assert files_of(one) == KEPT and "led out" in said(one) and "\x1b" not in said(one)


@on_posix
def test_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    anna = written(tmp_path / "anna", KEPT)
    Path(os.fsdecode(os.fsencode(anna / STEP) + b"/M\xfcller.py")).write_text("x")
    one = taken(anna, tmp_path)
    assert files_of(one) == KEPT and "a name that is no Unicode" in said(one) and "Müller" in said(one)


@on_posix
def test_a_students_folder_whose_name_is_no_unicode(tmp_path: Path) -> None:
    place = os.fsencode(tmp_path / "class") + b"/M\xfcller"
    written(Path(os.fsdecode(place)), KEPT)
    written(tmp_path / "class" / "ben", app("ben"))
    students = take_in([tmp_path / "class"], tmp_path / "into").submissions
    assert [one.student for one in students] == ["ben", "Müller"]
    assert all(one.folder.name.isascii() and one.steps for one in students)
    str(students[1]).encode()


def test_two_hundred_folders_in_one_another(tmp_path: Path) -> None:
    deep = tmp_path / "anna" / STEP
    for _ in range(200):
        deep = deep / "a"
    try:
        deep.mkdir(parents=True)
    except OSError:
        pytest.skip("this system has no such paths")
    (deep / "app.py").write_text("deep")
    written(tmp_path / "anna", KEPT)
    one = taken(tmp_path / "anna", tmp_path)
    assert files_of(one) == KEPT and "more than 20 folders in one another" in said(one)


def test_a_folder_has_the_limits_of_an_archive(tmp_path: Path) -> None:
    limits = Limits(kept=10_000, file=4_000, files=20, entries=100)
    big = written(tmp_path / "big", {**KEPT, f"{STEP}/big.bin": "x" * 5_000})
    one = taken(big, tmp_path, limits)
    assert files_of(one) == KEPT and "larger than one file may be" in said(one)
    many = written(tmp_path / "many", {**KEPT, **{f"{STEP}/z{n}.py": "" for n in range(50)}})
    assert len(files_of(taken(many, tmp_path, limits))) == 20
    heavy = written(tmp_path / "heavy", {**KEPT, **{f"{STEP}/z{n}.bin": "x" * 3_900 for n in range(9)}})
    one = taken(heavy, tmp_path, limits)
    assert sum(len(text) for text in files_of(one).values()) <= 10_000 and "limit" in said(one)
    long = written(tmp_path / "long", {**KEPT, **{f"{STEP}/z/{n}.bin": "x" * 4_100 for n in range(20)}})
    one = taken(long, tmp_path, Limits(file=4_000, read=50_000))
    assert files_of(one) == KEPT and "more than 50000 bytes to unpack" in said(one)
    crowd = written(tmp_path / "crowd", {**KEPT, **{f"{n}.txt": "" for n in range(150)}})
    assert "more than 100 entries" in said(taken(crowd, tmp_path, limits))


@on_posix
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root reads everything")
def test_what_cannot_be_read(tmp_path: Path) -> None:
    anna = written(tmp_path / "anna", {**KEPT, f"{STEP}/closed.py": "x", f"{STEP}/shut/a.py": "x"})
    (anna / STEP / "closed.py").chmod(0)
    (anna / STEP / "shut").chmod(0)
    one = taken(anna, tmp_path)
    (anna / STEP / "shut").chmod(0o755)
    assert files_of(one) == KEPT
    assert "closed.py" in said(one) and "shut" in said(one)


@on_posix
def test_class_star_names_what_students_have_put_there(tmp_path: Path, secret: Path) -> None:
    """Links and pipes that a shell has named, with all else in the folder."""
    place = written(tmp_path / "class", {**within("anna", KEPT), "zoe.zip": zipped(KEPT)})
    written(secret.parent, KEPT)
    (place / "ben").symlink_to(secret.parent, target_is_directory=True)
    (place / "cleo.zip").symlink_to(place / "zoe.zip")
    os.mkfifo(place / "dora.zip")
    (place / "emil\n\x1b[31m").mkdir()
    found = take_in(sorted(place.iterdir()), tmp_path / "into")
    assert [(one.student, bool(one.steps)) for one in found.submissions] == [
        *(
            ("anna", True),
            ("ben", False),
            ("cleo", False),
            ("dora", False),
            ("emil [31m", False),
            ("zoe", True),
        ),
    ]
    assert "is a symbolic link, and was not followed" in said(found.submissions[1])
    assert "is no file and no folder" in said(found.submissions[3])
    for one in found.submissions:
        assert one.source.isprintable() and all(note.text.isprintable() for note in one.notes)


@on_posix
def test_a_disk_that_is_full_is_one_line(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: the system refuses to write more."""
    anna = written(tmp_path / "anna", {**KEPT, f"{STEP}/large.txt": "x" * 100_000})
    code = (
        "import resource, sys; from pathlib import Path; from workbook.grading.intake import take_in\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try: take_in([Path(sys.argv[1])], Path(sys.argv[2]))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    command = [sys.executable, "-c", code, str(anna), str(tmp_path / "into")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("WorkbookError Nothing was graded: ") and len(done.stdout.splitlines()) == 1
    assert list((tmp_path / "into").iterdir()) == [], "nothing half-written stays"


def test_a_path_that_a_teacher_names_may_be_a_link(tmp_path: Path) -> None:
    written(tmp_path / "class" / "anna", KEPT)
    (tmp_path / "link").symlink_to(tmp_path / "class", target_is_directory=True)
    assert files_of(taken(tmp_path / "link", tmp_path)) == KEPT


def test_what_cannot_be_done_is_one_line(tmp_path: Path) -> None:
    anna = written(tmp_path / "anna", KEPT)
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for paths, into, reason in (
        ([], "into", "Name what was handed in"),
        ([tmp_path / "nobody"], "into", "There is no"),
        ([tmp_path / "no\nbody"], "into", "There is no"),
        ([anna], "anna/into", "is inside of"),
        ([anna], "file", "could not be written"),
        ([anna], "file/below", "could not be written"),
        ([tmp_path / "empty"], "into", "There is no submission in"),
    ):
        with pytest.raises(WorkbookError, match=reason) as raised:
            take_in(paths, tmp_path / into)
        assert "\n" not in str(raised.value)


def test_a_submission_is_made_anew(tmp_path: Path) -> None:
    """Also where its folder in `into` is a link that somebody has put there."""
    anna = written(tmp_path / "anna", KEPT)
    one = taken(anna, tmp_path)
    written(tmp_path / "into" / ".intake-killed", {"0.raw/app.py": "of a run that was killed"})
    (one.folder / STEP / "left.py").write_text("of a run before")
    assert files_of(taken(anna, tmp_path)) == KEPT
    outside = written(tmp_path / "outside", {"keep.txt": "keep"})
    one.folder.rename(tmp_path / "away")
    one.folder.symlink_to(outside, target_is_directory=True)
    again = taken(anna, tmp_path)
    assert files_of(again) == KEPT and again == one and not again.folder.is_symlink()
    assert (outside / "keep.txt").read_text() == "keep"
    assert [path.name for path in (tmp_path / "into").iterdir()] == [one.key], "no scratch is left"


def test_nothing_of_a_submission_is_imported_or_run(tmp_path: Path) -> None:
    trap = f"import pathlib; pathlib.Path({str(tmp_path / 'trapped')!r}).touch()\n"
    files = {
        f"{STEP}/{name}": trap for name in ("app.py", "conftest.py", "sitecustomize.py", "click.py", "a.pth")
    }
    loaded = set(sys.modules)
    one = taken(written(tmp_path / "anna", files), tmp_path)
    (tmp_path / "ben.zip").write_bytes(zipped(files))
    taken(tmp_path / "ben.zip", tmp_path)
    assert len(files_of(one)) == 5 and not (tmp_path / "trapped").exists()
    assert not {"app", "conftest", "sitecustomize"} & (set(sys.modules) - loaded)
