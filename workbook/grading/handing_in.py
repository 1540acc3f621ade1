"""Packs a student's own files into one archive: the same files give the same archive, byte for byte."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatch
from itertools import count
from pathlib import Path

from workbook.course.errors import WorkbookError
from workbook.course.starters import NOT_SOURCE, TEXTS
from workbook.course.steps import all_steps

# The largest file of a student that is packed, and the size of all of them together (bytes). The largest file of the
# finished apps has 20 kB.
MOST_OF_A_FILE = 1_000_000
MOST_OF_ALL = 20_000_000
# The most files of a student. All finished apps together have 140.
MOST_FILES = 2_000
# Windows has no such characters in names.
_NOT_IN_NAMES = frozenset('\\:*?"<>|')
# Left out without a word: what running an app or an editor leaves there, settings with secrets, and the chapter's text.
_NOT_THEIRS = (*NOT_SOURCE, *TEXTS, ".*", "venv", "env", "node_modules", "__MACOSX", "Thumbs.db", "*~")
_DATABASES = ("*.db", "*.db-*", "*.sqlite", "*.sqlite3", "*.db.kept-*")
# The folder in the archive that has the step folders, whatever the student's folder is called.
_TOP = "chapters"
# The first time that a zip file can have.
_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_OF_ALL = stat.S_IFREG | 0o644
# As on Unix: the names in the archive have slashes.
_UNIX = 3


@dataclass(frozen=True)
class Packed:
    """An archive: its content, its files with their sizes (bytes), and what was left out, each with the reason."""

    content: bytes
    files: dict[str, int]
    left_out: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of the archive, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


def pack(folder: Path) -> Packed:
    """Packs the step folders in `folder`.

    WorkbookError if there is no step folder, if a file cannot be read, or if all files together are too large.
    """
    steps = [folder / step.name for step in all_steps()]
    if not any(step.is_dir() for step in steps):
        raise WorkbookError(
            f"There is no step folder in {folder}. `--in DIR` names the folder that has them."
        )
    left_out: list[str] = []
    found: dict[str, bytes] = {}
    for step in steps:
        for file in _own_files(step, folder, left_out):
            try:
                content = file.read_bytes()
            except OSError as error:
                raise WorkbookError(f"{file} cannot be read ({error.strerror}).") from None
            found[f"{_TOP}/{file.relative_to(folder).as_posix()}"] = content
            if len(found) > MOST_FILES or sum(map(len, found.values())) > MOST_OF_ALL:
                raise WorkbookError(
                    f"{folder} has more than {MOST_FILES} files, or more than {MOST_OF_ALL // 1_000_000} MB. Move the "
                    "files that are not your work to another folder."
                )
    return Packed(_zipped(found), {name: len(found[name]) for name in sorted(found)}, tuple(sorted(left_out)))


def _own_files(place: Path, folder: Path, left_out: list[str]) -> Iterator[Path]:
    """The files below a folder that are packed; the others of which a student should know are added to `left_out`."""

    def leave(path: Path, why: str) -> None:
        name = path.relative_to(folder).as_posix()
        left_out.append(f"{name if name.isprintable() else ascii(name)}: {why}")

    if place.is_symlink():
        leave(place, "a symbolic link")
        return
    if not place.is_dir():
        return
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError as error:
        raise WorkbookError(f"{place} cannot be read ({error.strerror}).") from None
    for entry in entries:
        path = Path(entry.path)
        if any(fnmatch(entry.name, pattern) for pattern in _NOT_THEIRS):
            continue
        if entry.is_symlink():
            leave(path, "a symbolic link")
        elif not entry.name.isprintable() or _NOT_IN_NAMES & set(entry.name):
            leave(path, "a name that not every system can have")
        elif entry.is_dir(follow_symlinks=False):
            yield from _own_files(path, folder, left_out)
        elif not entry.is_file(follow_symlinks=False):
            leave(path, "no file")
        elif any(fnmatch(entry.name, pattern) for pattern in _DATABASES):
            leave(path, "a database")
        elif entry.stat(follow_symlinks=False).st_size > MOST_OF_A_FILE:
            leave(path, f"larger than {MOST_OF_A_FILE // 1_000_000} MB")
        else:
            yield path


def _zipped(files: dict[str, bytes]) -> bytes:
    """A zip file. It is not compressed, because the same files would compress differently on different machines."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            about = zipfile.ZipInfo(name, _TIME)
            about.external_attr, about.create_system = _FILE_OF_ALL << 16, _UNIX
            archive.writestr(about, files[name])
    return buffer.getvalue()


def write(packed: Packed, folder: Path, output: Path | None = None) -> Path:
    """Writes the archive to `output`, or else beside `folder`, under a name with today's date; gives the place.

    Another file is never overwritten. If the same archive is there already, it stays. WorkbookError if `output` is
    another file, or if the place cannot be written.
    """
    if output is not None:
        if not _written(packed, output):
            raise WorkbookError(f"{output} is there already. Name a new file with --output.")
        return output
    day = date.today().isoformat()
    names = (f"hand-in-{day}{f'-{n}' if n > 1 else ''}.zip" for n in count(1))
    return next(file for name in names if _written(packed, file := folder.resolve().parent / name))


def _written(packed: Packed, file: Path) -> bool:
    """Writes the archive; whether it is there now. False if something else is."""
    try:
        with file.open("xb") as opened:
            try:
                opened.write(packed.content)
                opened.flush()
            except BaseException:
                file.unlink()
                raise
    except FileExistsError:
        return file.is_file() and file.read_bytes() == packed.content
    except OSError as error:
        raise WorkbookError(f"{file} cannot be written ({error.strerror}).") from None
    return True
