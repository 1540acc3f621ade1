"""A submission: one student's work, in a folder of its own, ready to be run apart from all else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .names import shown_path

# `led out`: a link, a device, a path that leads out of the submission. `limit`: more than the limits allow. `unread`:
# damaged, packed with a password, no archive. `twice`: there was a choice between two. `nothing`: no work was found.
# `name`: the name is shown in another way, or is the name of two. `roster`: the student is not on it, or could be
# two on it. `other`: all else that a teacher should know.
NoteKind = Literal["led out", "limit", "unread", "twice", "nothing", "name", "roster", "other"]


@dataclass(frozen=True)
class Note:
    """What was left out or chosen at intake, and why, in one line that can be shown as it is."""

    kind: NoteKind
    text: str

    def __str__(self) -> str:
        return self.text

    def of(self, name: str) -> Note:
        """A whole sentence of what says something of a name: "is damaged" of "anna.zip"."""
        return Note(self.kind, f"{shown_path(name)} {self.text}.")


@dataclass(frozen=True)
class Submission:
    """The work of one student.

    `student`: the name, fit to be shown. `key`: fit to name a folder; the same at every run, and another for every
    submission. `folder`: a folder of its own with nothing in it but step folders, under their names in the course.
    `steps`: which of them there are. `notes`: what was left out or chosen, and why. `digest`: of all that is in
    `folder`; two submissions with the same files have the same one. `source`: where it was taken from. `id`, `email`
    and `late`: what the LMS or the roster tells, "" and False where they do not. `listed`: whether the student is on
    the roster; None where there is none. `handed_in`: False for a student of the roster from whom nothing came.
    """

    student: str
    key: str
    folder: Path
    steps: tuple[str, ...]
    notes: tuple[Note, ...]
    digest: str
    source: str
    id: str = ""
    email: str = ""
    late: bool = False
    listed: bool | None = None
    handed_in: bool = True


@dataclass(frozen=True)
class Intake:
    """All that came in. `notes` say what concerns no single student: a file that is nobody's work."""

    submissions: tuple[Submission, ...]
    notes: tuple[Note, ...] = ()


def digest_of(folder: Path) -> str:
    """The digest of all files below a folder that intake has made: their places and what is in them, and not when they
    were changed."""
    whole = hashlib.sha256()
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    for place, file in sorted(files.items()):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        whole.update(f"{len(place.encode())} {place} {content}\n".encode())
    return whole.hexdigest()
