"""A file of a report is there whole, or as it was before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbook.grading.reports.gradebooks import FORMATS, Format, write_gradebook
from workbook.grading.reports.junit import write_junit
from workbook.grading.reports.tables import write_grades
from workbook.grading.reports.whole_files import write_whole

from .results_examples import a_class

SIZE = 2_000_000

WRITES_FOR_EVER = f"""
import itertools, sys
from pathlib import Path
from workbook.grading.reports.whole_files import write_whole
for letter in itertools.cycle((b"a", b"b")):
    write_whole(Path(sys.argv[1]), letter * {SIZE})
    print(letter, flush=True)
"""

WRITES_TOO_MUCH = """
import resource, sys
from pathlib import Path
from workbook.grading.reports.whole_files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), b"new" * 1000)
except OSError as error:
    print("OSError")
"""


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "file"
    write_whole(place, b"one")
    write_whole(place, b"two")
    assert place.read_bytes() == b"two" and list(place.parent.iterdir()) == [place]


def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    place = tmp_path / "file"
    for written in (3, 4, 5, 6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER, str(place)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(written):
                assert process.stdout.readline()
            # It is in the middle of the next one.
            process.kill()
        content = place.read_bytes()
        assert content in (b"a" * SIZE, b"b" * SIZE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a file that is read from being replaced.")
def test_a_reader_never_finds_half_a_file(tmp_path: Path) -> None:
    place = tmp_path / "file"
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_FOR_EVER, str(place)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        found = {place.read_bytes() for _ in range(100)}
        process.kill()
    assert found <= {b"a" * SIZE, b"b" * SIZE}


@pytest.mark.skipif(sys.platform == "win32", reason="The limit is POSIX's.")
def test_where_there_is_no_room_the_old_file_stays(tmp_path: Path) -> None:
    place = tmp_path / "file"
    write_whole(place, b"old")
    said = subprocess.run(
        [sys.executable, "-c", WRITES_TOO_MUCH, str(place)], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["OSError"]
    assert place.read_bytes() == b"old" and list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("format", FORMATS)
def test_a_folder_that_cannot_be_written_is_an_oserror(tmp_path: Path, format: Format) -> None:
    (tmp_path / "report").write_text("no folder", encoding="utf-8")
    with pytest.raises(OSError):
        write_gradebook(format, a_class(), tmp_path / "report")
    with pytest.raises(OSError):
        write_grades(a_class(), tmp_path / "report" / "grades.csv")
    with pytest.raises(OSError):
        write_junit(a_class(), tmp_path / "report" / "junit.xml")
    assert (tmp_path / "report").read_text(encoding="utf-8") == "no folder"


def test_a_folder_in_the_place_of_a_file_is_an_oserror(tmp_path: Path) -> None:
    (tmp_path / "grades.csv").mkdir()
    with pytest.raises(OSError):
        write_grades(a_class(), tmp_path / "grades.csv")
    assert [entry.name for entry in tmp_path.iterdir()] == ["grades.csv"]
