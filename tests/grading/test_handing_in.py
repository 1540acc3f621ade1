"""`hand-in`: what is packed, and what is not."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest

from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT, SOLUTIONS
from workbook.course.starters import source_files, write_starter
from workbook.grading.handing_in import MOST_FILES, MOST_OF_A_FILE, pack, write

from .copies import run

STEP_00, STEP_01 = "00_what_oauth_is", "01_twitter_login"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A student's folder: step 00 done, the starter of step 01, and a chapter's text beside each."""
    for step in (STEP_00, STEP_01):
        write_starter(SOLUTIONS / step, tmp_path / "work" / step)
        shutil.copyfile(ROOT / "chapters" / step / "README.md", tmp_path / "work" / step / "README.md")
    for name in ("answers.toml", "diagram.mmd"):
        shutil.copyfile(SOLUTIONS / STEP_00 / name, tmp_path / "work" / STEP_00 / name)
    return tmp_path / "work"


def expected() -> set[str]:
    """The names in the archive of `work`, if a student adds no file."""
    return {
        f"chapters/{step}/{file.relative_to(SOLUTIONS / step).as_posix()}"
        for step in (STEP_00, STEP_01)
        for file in source_files(SOLUTIONS / step)
    }


def test_what_is_in_the_archive(work: Path) -> None:
    (work / STEP_01 / "more.py").write_text("more = 'ünd'\n", encoding="utf-8")
    done = run(ROOT, "hand-in", "--in", work, "--no-check")
    assert done.returncode == 0, done.stderr
    (file,) = work.parent.glob("hand-in-*.zip")
    assert re.fullmatch(r"hand-in-\d{4}-\d\d-\d\d\.zip", file.name)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {*expected(), f"chapters/{STEP_01}/more.py"}
        assert archive.namelist() == sorted(archive.namelist())
        assert {about.date_time for about in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in archive.namelist():
            assert archive.read(name) == (work / name.removeprefix("chapters/")).read_bytes()
            assert name in done.stdout
    assert hashlib.sha256(file.read_bytes()).hexdigest() in done.stdout


def test_what_is_left_out(work: Path) -> None:
    place = work / STEP_01
    quiet = (
        *(".env", ".venv/lib/site.py", "venv/lib/site.py", "__pycache__/app.cpython-311.pyc", "app.pyc"),
        *("instance/people.db", ".git/config", ".DS_Store", ".idea/x.xml", "app.py~", "node_modules/a/b.js"),
    )
    for name in quiet:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("x", encoding="utf-8")
    sqlite3.connect(place / "other.db").close()
    (place / "large.bin").write_bytes(b"x" * (MOST_OF_A_FILE + 1))
    (place / "as_large_as_may_be.bin").write_bytes(b"x" * MOST_OF_A_FILE)
    shutil.copytree(place, work / f"{STEP_01}.kept-1")
    (work / "notes.txt").write_text("mine", encoding="utf-8")
    packed = pack(work)
    assert set(packed.files) == {*expected(), f"chapters/{STEP_01}/as_large_as_may_be.bin"}
    assert packed.left_out == (
        f"{STEP_01}/large.bin: larger than 1 MB",
        f"{STEP_01}/other.db: a database",
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows makes a symbolic link only with a right of its own")
def test_links_are_left_out_and_said(work: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("secret", encoding="utf-8")
    (work / STEP_01 / "linked").symlink_to(tmp_path / "secret")
    (work / STEP_01 / "key.txt").symlink_to(tmp_path / "secret" / "key.txt")
    (work / STEP_01 / "nowhere.txt").symlink_to(tmp_path / "nowhere")
    (work / "02_inside_the_session").symlink_to(tmp_path / "secret")
    os.mkfifo(work / STEP_01 / "waits")
    done = run(ROOT, "hand-in", "--in", work, "--no-check", "--output", tmp_path / "mine.zip")
    assert done.returncode == 0 and set(zipfile.ZipFile(tmp_path / "mine.zip").namelist()) == expected()
    for name in (
        f"{STEP_01}/linked",
        f"{STEP_01}/key.txt",
        f"{STEP_01}/nowhere.txt",
        "02_inside_the_session",
    ):
        assert f"Left out: {name}: a symbolic link." in done.stdout
    assert f"Left out: {STEP_01}/waits: no file." in done.stdout


def test_the_same_files_give_the_same_archive(work: Path, tmp_path: Path) -> None:
    """At another time, in another folder, written in another order and with other rights."""
    again = tmp_path / "another" / "folder"
    for file in sorted((file for file in work.rglob("*") if file.is_file()), reverse=True):
        copy = again / file.relative_to(work)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
        copy.chmod(0o700)
        os.utime(copy, (1_000_000_000, 1_000_000_000))
    one, other = pack(work), pack(again)
    assert one.content == other.content and one.digest == other.digest
    (again / STEP_01 / "app.py").write_text("changed", encoding="utf-8")
    assert pack(again).digest != one.digest


def test_no_file_is_overwritten(work: Path, tmp_path: Path) -> None:
    first = write(pack(work), work)
    assert write(pack(work), work) == first
    (work / STEP_01 / "app.py").write_text("changed", encoding="utf-8")
    second = write(pack(work), work)
    assert second.name == f"{first.stem}-2.zip" and first.read_bytes() != second.read_bytes()
    (tmp_path / "mine.zip").write_text("mine", encoding="utf-8")
    done = run(ROOT, "hand-in", "--in", work, "--no-check", "--output", tmp_path / "mine.zip")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "is there already" in done.stderr
    assert (tmp_path / "mine.zip").read_text(encoding="utf-8") == "mine"


def test_it_checks_first_and_says_what_is_open(work: Path, tmp_path: Path) -> None:
    done = run(ROOT, "hand-in", "--in", work, "--output", tmp_path / "mine.zip")
    assert done.returncode == 1 and (tmp_path / "mine.zip").is_file()
    assert "✓ 0.5" in done.stdout and "✗ 1.1" in done.stdout
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("Still open:"))
    assert "1.1, 1.2, 1.3" in line and "0.5" not in line
    shutil.rmtree(work / STEP_01)
    done = run(ROOT, "hand-in", "--in", work, "--output", tmp_path / "done.zip")
    assert done.returncode == 0 and "Still open" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--in", "nowhere"), "There is no folder 'nowhere'"),
        (("--in", "tests"), "There is no step folder in"),
        (("--output", "nowhere/mine.zip", "--no-check"), "cannot be written"),
        (("--output",), "requires an argument"),
        (("01",), "unexpected extra argument"),
    ],
)
def test_wrong_uses(arguments: tuple[str, ...], says: str) -> None:
    done = run(ROOT, "hand-in", *arguments)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert says in done.stderr


@pytest.mark.parametrize(("files", "size"), [(25, MOST_OF_A_FILE), (MOST_FILES + 1, 1)])
def test_too_much_of_everything(work: Path, files: int, size: int) -> None:
    for number in range(files):
        (work / STEP_01 / f"{number}.bin").write_bytes(b"x" * size)
    with pytest.raises(WorkbookError, match="more than 2000 files, or more than 20 MB"):
        pack(work)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_that_not_every_system_can_have(work: Path) -> None:
    for name in (b"two\nlines.py", b"a\\b.py", b"latin-\xe9.py", b"c:d.py", "\u202egnp.py".encode()):
        (work / STEP_01 / os.fsdecode(name)).write_text("x", encoding="utf-8")
    (work / STEP_01 / "größe 王.py").write_text("x", encoding="utf-8")
    packed = pack(work)
    assert set(packed.files) == {*expected(), f"chapters/{STEP_01}/größe 王.py"}
    assert len(packed.left_out) == 5 and all(line.isprintable() for line in packed.left_out)
    done = run(ROOT, "hand-in", "--in", work, "--no-check", PYTHONIOENCODING="ascii:replace")
    assert done.returncode == 0, done.stderr


def test_the_archive_is_checked_as_the_work_is(work: Path, tmp_path: Path) -> None:
    """Unpacked, it is a folder of step folders."""
    with zipfile.ZipFile(write(pack(work), work)) as archive:
        archive.extractall(tmp_path / "unpacked")
    done = run(ROOT, "check", "00", "--in", tmp_path / "unpacked" / "chapters")
    assert done.returncode == 0, done.stdout
