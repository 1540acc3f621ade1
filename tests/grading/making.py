"""What students, an LMS and attackers hand in, made for a test: folders and archives of every kind."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from workbook.course.places import SOLUTIONS
from workbook.course.starters import source_files, starter_files
from workbook.grading.intake import take_in
from workbook.grading.limits import Limits
from workbook.grading.submissions import Submission

STEP = "01_twitter_login"
SECOND = "02_inside_the_session"

Files = Mapping[str, str | bytes]


def app(who: str, step: str = STEP) -> dict[str, str]:
    """A step's folder with an app that says whose it is."""
    return {f"{step}/app.py": f"# {who}\n", f"{step}/templates/index.html": f"<p>{who}</p>\n"}


def within(folder: str, files: Files) -> dict[str, str | bytes]:
    """The same files in a folder."""
    return {f"{folder}/{name}": content for name, content in files.items()}


def starter(step: str = STEP) -> dict[str, bytes]:
    """The untouched starter of a step, in its folder."""
    return {f"{step}/{place.as_posix()}": data for place, data in starter_files(SOLUTIONS / step).items()}


def solution(step: str = STEP) -> dict[str, bytes]:
    """The solution of a step, in its folder."""
    folder = SOLUTIONS / step
    return {
        f"{step}/{file.relative_to(folder).as_posix()}": file.read_bytes() for file in source_files(folder)
    }


def written(place: Path, files: Files, at: float | None = None) -> Path:
    """A folder with these files, all changed at one time where it is given."""
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_bytes(content))
        if at is not None:
            os.utime(file, (at, at))
    return place


def zipped(files: Files, at: tuple[int, int, int] = (2026, 11, 1), mode: int = 0o644) -> bytes:
    """A zip of these files; a name that ends with "/" is a folder."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zip_entry(name, at, stat.S_IFREG | mode), _bytes(content), zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def zip_entry(
    name: str, at: tuple[int, int, int] = (2026, 11, 1), mode: int = stat.S_IFREG | 0o644
) -> zipfile.ZipInfo:
    """An entry with its name as it is: ZipInfo itself cuts a name at a NUL."""
    info = zipfile.ZipInfo("x", (*at, 12, 0, 0))
    info.filename = info.orig_filename = name
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def zip_of_entries(*entries: tuple[zipfile.ZipInfo, str | bytes]) -> bytes:
    """A zip of entries that are made by hand."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in entries:
            archive.writestr(info, _bytes(content), zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def tarred(files: Files, packed: str = "", more: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    """A tar of these files, packed by "gz", "bz2", "xz" or not at all; `more` are members without content."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode=f"w:{packed}") as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(_bytes(content))
            info.mtime = 1_790_000_000
            archive.addfile(info, io.BytesIO(_bytes(content)))
        for info in more:
            archive.addfile(info)
    return whole.getvalue()


def tar_entry(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    """A member that is no file: a link, a device, a pipe."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def taken(path: Path, tmp: Path, limits: Limits | None = None) -> Submission:
    """The one submission that a path is."""
    (one,) = take_in([path], tmp / "into", limits).submissions
    return one


def from_bytes(data: bytes, tmp: Path, name: str = "anna.zip", limits: Limits | None = None) -> Submission:
    """The one submission that an archive is."""
    file = tmp / name
    file.write_bytes(data)
    return taken(file, tmp, limits)


def files_of(submission: Submission) -> dict[str, str]:
    """What was kept, by its place below the submission's folder."""
    folder = submission.folder
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8", errors="replace")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def said(submission: Submission) -> str:
    """All notes, a line each, with their kinds."""
    return "\n".join(f"{note.kind}: {note.text}" for note in submission.notes)


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder as it is: modes, and contents or where links lead."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            mode = path.lstat().st_mode
            content = b""
            if path.is_symlink():
                content = os.fsencode(path.readlink())
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            found[str(path.relative_to(folder))] = (mode, content)
    return found


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
