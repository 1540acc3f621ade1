"""The files of a submission as intake has kept them, read without following a link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from .folders import Folder
from .limits import Limits
from .names import shown_path
from .sources import CannotRead
from .submissions import Submission


@dataclass(frozen=True)
class WorkFile:
    """A file: the step's folder that it is in, its place in this folder with "/" between folders, and its content."""

    step: str
    place: str
    data: bytes

    @property
    def name(self) -> str:
        """Its name, without the folders."""
        return PurePosixPath(self.place).name

    @property
    def suffix(self) -> str:
        """The ending of its name, in small letters, such as ".py"."""
        return PurePosixPath(self.place).suffix.lower()

    @property
    def shown(self) -> str:
        """Its path in the submission, on one line."""
        return shown_path(f"{self.step}/{self.place}")


def files_of(submission: Submission) -> Iterator[WorkFile]:
    """The files of a submission's steps, in order. A file that cannot be read is left out; one that is longer than
    intake keeps is cut."""
    limits = Limits()
    for step in submission.steps:
        folder = submission.folder / step
        if folder.is_symlink() or not folder.is_dir():
            continue
        try:
            source = Folder(folder, limits)
        except CannotRead:
            continue
        wanted = [entry.number for entry in source.entries if entry.kind == "file"]
        for entry, chunks in source.contents(wanted):
            try:
                yield WorkFile(step, entry.name, _joined(chunks, limits.file))
            except CannotRead:
                continue


def _joined(chunks: Iterator[bytes], most: int) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) >= most:
            break
    return bytes(found[:most])
