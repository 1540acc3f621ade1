"""Submissions: patches onto a solution, so that they cannot rot unseen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workbook.course.places import ROOT, SOLUTIONS
from workbook.course.starters import source_files
from workbook.course.steps import find_step
from workbook.exercises.known_causes import CAUSES, Cause

HERE = ROOT / "tests" / "submissions"


@dataclass(frozen=True)
class Submission:
    """A patch: its title, and the texts that its verdict has to contain."""

    file: Path

    @property
    def step(self) -> str:
        """The name of the step that it belongs to."""
        return find_step(self.file.relative_to(HERE).parts[0]).name

    @property
    def exercise(self) -> str:
        """The exercise at which it has to fail: "1.4"."""
        return self.file.name.partition("-")[0]

    @property
    def title(self) -> str:
        """Its title: its first line."""
        return self.file.read_text(encoding="utf-8").partition("\n")[0]

    @property
    def says(self) -> str:
        """The texts that its message has to contain."""
        found = re.search(r"^Says: (.+)$", self.file.read_text(encoding="utf-8"), re.MULTILINE)
        assert found, f"{self.file} does not tell what its message says"
        return found[1]

    @property
    def proves(self) -> list[Cause]:
        """The known causes that it proves: its message has to name the same places as they do."""
        name = self.file.relative_to(HERE).with_suffix("").as_posix()
        return [cause for cause in CAUSES if cause.proof == name]

    def write(self, folder: Path) -> Path:
        """Writes it, in full, into a folder of step folders; returns that folder."""
        place = folder / self.step
        for file in source_files(SOLUTIONS / self.step):
            copy = place / file.relative_to(SOLUTIONS / self.step)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        # Without a repository around it git patches plain files; it must not look for one above.
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", str(self.file)],
            cwd=place,
            env={"GIT_CEILING_DIRECTORIES": str(folder), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{self.file.name} does not fit the solution any more: {done.stderr}"
        return folder


def submissions(step: str, kind: str) -> list[Submission]:
    """The submissions of a step ("01") of a kind: "wrong", "right", "broken" or "felt"."""
    return [Submission(file) for file in sorted((HERE / step / kind).glob("*.patch"))]
