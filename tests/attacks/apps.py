"""Apps to attack: finished ones, submissions, and both with a few lines changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbook.course.places import SOLUTIONS
from workbook.course.steps import find_step
from workbook.lab.running import copied

from ..submissions.submitting import HERE, Submission


@dataclass(frozen=True)
class App:
    """`name` is a step ("08", its finished app) or a submission ("08/right/authlib"). `changed` has texts that are
    replaced in its files: the file, the old text and the new one. A file that is not there is made, from an empty old
    text."""

    name: str
    changed: tuple[tuple[str, str, str], ...] = ()
    called: str = ""

    def __str__(self) -> str:
        return f"{self.name}, {self.called}" if self.called else self.name

    def write(self, folder: Path) -> Path:
        """Writes the app into a folder of step folders; returns its own folder."""
        step = find_step(self.name.partition("/")[0])
        if "/" in self.name:
            Submission(HERE / f"{self.name}.patch").write(folder)
        else:
            copied(SOLUTIONS / step.name, folder)
        place = folder / step.name
        for name, old, new in self.changed:
            file = place / name
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            assert old in text, f"{self}: {name} has no {old!r} any more"
            file.write_text(text.replace(old, new) if old else text + new, encoding="utf-8")
        return place
