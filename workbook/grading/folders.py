"""A folder as a source: walked and read without ever following a link, and only where a regular file is."""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from .limits import Budget, Limits, TooMuch
from .paths import is_no_work
from .sources import CHUNK, CannotRead, Entry, Kind, kind_of
from .submissions import Note

# Windows has no openat: there, a folder that becomes a link between two looks would be followed.
_BELOW = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# A pipe that took the place of a file would keep its reader waiting.
_FILE = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)
_FOLDER = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_DIRECTORY", 0)

# What Windows has for links: https://learn.microsoft.com/windows/win32/fileio/reparse-point-tags
_REPARSE_LINKS = {0xA000000C, 0xA0000003}


class Folder:
    """The folder `below` the one at `path`, which may itself be a link: the person who named it means it.

    Below what is no work, and below more folders in one another than the limits allow, nothing is looked at.
    CannotRead where the folder cannot be read at all.
    """

    def __init__(self, path: Path, limits: Limits, below: tuple[str, ...] = ()) -> None:
        self._path = path
        self._below = below
        self.remarks: list[Note] = []
        self.entries: list[Entry] = []
        self._stats: list[os.stat_result] = []
        budget = Budget(limits)
        try:
            self._walk(limits, budget)
        except TooMuch as much:
            self.remarks.append(Note("limit", f"is too much ({much}); the rest was left out"))
        except OSError as error:
            raise CannotRead(f"cannot be read ({error.strerror})") from None
        self._leave_out_hard_links()

    def _walk(self, limits: Limits, budget: Budget) -> None:
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            parts = waiting.pop()
            try:
                with self._open_folder(parts) as place:
                    found = sorted(_listed(place))
            except OSError:
                if not parts:
                    raise
                self._add("/".join(parts), "unreadable", os.stat_result((0,) * 10))
                continue
            below: list[tuple[str, ...]] = []
            for name, status in found:
                if is_no_work(name):
                    continue
                budget.look()
                kind = _kind_of(status)
                self._add("/".join((*parts, name)), kind, status)
                if kind == "folder" and len(parts) < limits.depth:
                    below.append((*parts, name))
            waiting += reversed(below)

    def _add(self, name: str, kind: Kind, status: os.stat_result) -> None:
        self.entries.append(Entry(len(self.entries), name, kind, status.st_mtime))
        self._stats.append(status)

    def _leave_out_hard_links(self) -> None:
        """A file that has more names than there are in this folder is also somebody else's."""
        seen = Counter(
            (status.st_dev, status.st_ino)
            for entry, status in zip(self.entries, self._stats, strict=True)
            if entry.kind == "file"
        )
        for number, (entry, status) in enumerate(zip(self.entries, self._stats, strict=True)):
            if entry.kind == "file" and status.st_nlink > max(seen[status.st_dev, status.st_ino], 1):
                self.entries[number] = Entry(number, entry.name, "hard link", entry.modified)

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[Entry, Iterator[bytes]]]:
        for number in sorted(wanted):
            yield self.entries[number], self._contents(number)

    def _contents(self, number: int) -> Iterator[bytes]:
        try:
            file = self._open_file(tuple(self.entries[number].name.split("/")))
        except OSError as error:
            raise CannotRead(f"cannot be read ({error.strerror})") from None
        with os.fdopen(file, "rb") as opened:
            now, seen = os.fstat(file), self._stats[number]
            if not stat.S_ISREG(now.st_mode) or (now.st_dev, now.st_ino) != (seen.st_dev, seen.st_ino):
                raise CannotRead("became another file while it was read")
            try:
                while chunk := opened.read(CHUNK):
                    yield chunk
            except OSError as error:
                raise CannotRead(f"cannot be read ({error.strerror})") from None

    @contextlib.contextmanager
    def _open_folder(self, parts: tuple[str, ...]) -> Iterator[int | Path]:
        """The folder, as what os.scandir takes. No part of the way below the root is followed where it is a link."""
        if not _BELOW:
            yield self._without_links(parts)
            return
        here = os.open(self._path, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
        try:
            for part in (*self._below, *parts):
                below = os.open(part, _FOLDER, dir_fd=here)
                os.close(here)
                here = below
            yield here
        finally:
            os.close(here)

    def _open_file(self, parts: tuple[str, ...]) -> int:
        with self._open_folder(parts[:-1]) as place:
            if isinstance(place, int):
                return os.open(parts[-1], _FILE, dir_fd=place)
            return os.open(self._without_links(parts), _FILE)

    def _without_links(self, parts: tuple[str, ...]) -> Path:
        place = self._path
        for part in (*self._below, *parts):
            place = place / part
            if _kind_of(os.lstat(place)) == "symbolic link":
                raise OSError(0, "a link", str(place))
        return place


def _listed(place: int | Path) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(place) as entries:
        for entry in entries:
            if isinstance(place, int):
                yield entry.name, os.stat(entry.name, dir_fd=place, follow_symlinks=False)
            else:
                yield entry.name, os.lstat(entry.path)


def _kind_of(status: os.stat_result) -> Kind:
    is_link = getattr(status, "st_reparse_tag", 0) in _REPARSE_LINKS
    return "symbolic link" if is_link else kind_of(status.st_mode)
