"""A class whose files are looked at: students' folders, taken in by the intake, and the remarks on each."""

from __future__ import annotations

import functools
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.submissions.submitting import Submission as Patch
from tests.submissions.submitting import submissions
from workbook.course.steps import all_steps
from workbook.grading.intake import take_in
from workbook.grading.remarks import remarks_on
from workbook.grading.submissions import Intake

from .making import Files, solution, written

_MARKER = re.compile(r"\s*(#|\{#|%%|--) ?(exercise \d+\.\d+: |end \d+\.\d+|stub:)")


def class_of(tmp: Path, students: Mapping[str, Files]) -> Intake:
    """The students' folders, by the students' names, as intake takes them in."""
    for name, files in students.items():
        written(tmp / "class" / name, files)
    return take_in([tmp / "class"], tmp / "into")


def remarks(tmp: Path, students: Mapping[str, Files]) -> dict[str, str]:
    """The remarks on each student, by name, one on each line; an empty string where there are none."""
    found = class_of(tmp, students).submissions
    said = remarks_on(found)
    assert all("\n" not in line and line.endswith(".") for lines in said.values() for line in lines)
    return {one.student: "\n".join(said.get(one.key, ())) for one in found}


def done(step: str) -> dict[str, bytes]:
    """The solution of a step as a student could have written it: without markers."""
    return {name: _without_markers(content) for name, content in solution(step).items()}


def rights() -> list[Patch]:
    """The right submissions of all steps."""
    return [patch for step in all_steps() for patch in submissions(step.number, "right")]


@functools.cache
def changed(patch: Patch) -> dict[str, bytes]:
    """The files that a submission has changed or added, without markers, by their places below the step folders."""
    names = re.findall(r"^\+\+\+ b/(\S+)", patch.file.read_text(encoding="utf-8"), re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        place = patch.write(Path(folder))
        return {
            f"{patch.step}/{name}": _without_markers((place / patch.step / name).read_bytes())
            for name in names
            if (place / patch.step / name).is_file()
        }


def _without_markers(content: bytes) -> bytes:
    lines = content.decode(errors="surrogateescape").splitlines(keepends=True)
    return "".join(line for line in lines if not _MARKER.match(line)).encode(errors="surrogateescape")
