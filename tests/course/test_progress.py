"""The file of a student's progress survives what can happen to a small file."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.course import progress
from workbook.course.progress import Progress, read_progress


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file, in a folder of the test's own."""
    place = tmp_path / "state" / "progress.json"
    monkeypatch.setattr(progress, "FILE", place)
    return place


def test_without_a_file_nothing_is_known() -> None:
    assert read_progress() == Progress()


def test_what_was_noted_is_read_again() -> None:
    read_progress().note_verdicts({"1.1": True, "1.2": False})
    read_progress().note_hint("1.2", 2)
    read_progress().note_verdicts({"1.2": True})
    assert read_progress() == Progress({"1.1": True, "1.2": True}, {"1.2": 2})


@pytest.mark.parametrize(
    "damaged",
    [b"", b"{", b"[]", b'{"passed": []}', b'{"passed": {}, "hints": {"1.1": "many"}}', b"\xff\xfe\x00"],
)
def test_a_damaged_file_is_put_aside_and_said(file: Path, damaged: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(damaged)
    found = read_progress()
    assert found.passed == {} and "damaged" in found.remark and "check" in found.remark
    assert file.with_name("progress.damaged.json").read_bytes() == damaged
    found.note_hint("1.1", 1)
    assert read_progress().hints == {"1.1": 1}


def test_a_folder_that_cannot_be_written_is_a_remark_and_no_error(file: Path) -> None:
    file.parent.write_text("a file where the folder would be")
    found = read_progress()
    found.note_hint("1.1", 1)
    assert "cannot be written" in found.remark


def test_nothing_is_written_when_nothing_changes(file: Path) -> None:
    read_progress().note_verdicts({"1.1": True})
    before = file.stat().st_mtime_ns, file.stat().st_ino
    read_progress().note_verdicts({"1.1": True})
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before


def test_no_half_written_file_is_left(file: Path) -> None:
    for count in range(20):
        read_progress().note_hint("1.1", count)
    assert [place.name for place in file.parent.iterdir()] == [file.name]
