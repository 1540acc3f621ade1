"""How much of one submission is taken: limits against archives that grow without end, and what is used of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The limits of one submission, archives in archives included. Sizes are in bytes.

    `kept`, `file` and `files`: what all its files come to, what one file has, and how many there are. `depth`, `path`
    and `part`: how many folders are in one another, how many characters a path has, and how many bytes a name in it.
    `packed`, `archives` and `nested`: what its archives come to, how many there are, and how many in one another.
    `ratio`: how many times larger than itself an archive may become (from `ratio_from` bytes on). `entries` and `read`:
    what is looked at, and what is unpacked, whether it is kept or not. `seconds`: how long taking it in may last.
    """

    kept: int = 50 * MEGABYTE
    file: int = 10 * MEGABYTE
    files: int = 2_000
    depth: int = 20
    path: int = 200
    part: int = 200
    packed: int = 500 * MEGABYTE
    archives: int = 50
    nested: int = 3
    ratio: int = 200
    ratio_from: int = MEGABYTE
    entries: int = 100_000
    read: int = 1024 * MEGABYTE
    seconds: float = 120.0

    def of_a_class(self) -> Limits:
        """The limits within which an archive of all students' work is looked through. What is taken from it for each
        student is held against that student's own limits."""
        return replace(
            self,
            entries=self.entries * 20,
            read=self.read * 1000,
            ratio=self.ratio * 10_000,
            seconds=self.seconds * 60,
        )


class TooMuch(Exception):
    """A limit is reached. Its text says which: "more than 2000 files"."""


class Budget:
    """What one submission has used of its limits. Each method raises TooMuch where the limit is reached."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._kept = self._files = self._packed = self._archives = self._read = self._entries = 0
        self._left = limits.seconds
        self._end: float | None = None

    def look(self) -> None:
        """One more entry is looked at."""
        self._entries += 1
        _hold(self._entries, self.limits.entries, f"more than {self.limits.entries} entries")
        self.go_on()

    def read(self, size: int) -> None:
        """So many bytes more came out of a file or an archive."""
        self._read += size
        _hold(self._read, self.limits.read, f"more than {_size(self.limits.read)} to unpack")
        self.go_on()

    def file(self) -> None:
        """One more file is kept."""
        self._files += 1
        _hold(self._files, self.limits.files, f"more than {self.limits.files} files")

    def keep(self, size: int) -> None:
        """So many bytes more are kept."""
        self._kept += size
        _hold(self._kept, self.limits.kept, f"more than {_size(self.limits.kept)} in all files")

    def archive(self) -> None:
        """One more archive is opened."""
        self._archives += 1
        _hold(self._archives, self.limits.archives, f"more than {self.limits.archives} archives")

    def pack(self, size: int) -> None:
        """So many bytes more of archives are taken."""
        self._packed += size
        _hold(self._packed, self.limits.packed, f"more than {_size(self.limits.packed)} in archives")

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """What is done in it takes of this submission's time."""
        if self._end is not None:
            yield
            return
        self._end = time.monotonic() + self._left
        try:
            yield
        finally:
            self._left = self._end - time.monotonic()
            self._end = None

    def go_on(self) -> None:
        """Whether there is time left."""
        if self._end is not None and time.monotonic() > self._end:
            raise TooMuch(f"not taken in within {self.limits.seconds:g} seconds")


def _hold(value: int, most: int, said: str) -> None:
    if value > most:
        raise TooMuch(said)


def _size(size: int) -> str:
    return f"{size // MEGABYTE} MB" if size >= MEGABYTE else f"{size} bytes"
