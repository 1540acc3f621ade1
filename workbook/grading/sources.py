"""What a folder and an archive have in common: entries with names and kinds, and what is in those that are files."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from .submissions import Note

Kind = Literal[
    "file", "folder", "symbolic link", "hard link", "device", "pipe", "socket", "unreadable", "other"
]

# So many bytes are read at once.
CHUNK = 16 * 1024


@dataclass(frozen=True)
class Entry:
    """One entry: its number in the source, its name as it was given, with "/" between folders, its kind, and when it
    was changed last (seconds since 1970). Neither the name nor the kind is to be trusted."""

    number: int
    name: str
    kind: Kind
    modified: float = 0.0


class CannotRead(Exception):
    """An archive, or a file in it, cannot be read. Its text says why, for a note: "it needs a password"."""


class Source(Protocol):
    """A folder or an archive. Nothing in it is followed, and nothing is run.

    `entries`: what is in it. `remarks`: what there is to say of it as a whole, as the
    end of a sentence that begins with its name: "is damaged; what comes after app.py was left out".
    """

    entries: list[Entry]
    remarks: list[Note]

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[Entry, Iterator[bytes]]]:
        """The wanted files, by their numbers, in the order of the source, each with what is in it, piece by piece.

        CannotRead comes out of a file's pieces where that file cannot be read, and from the iterator itself where
        nothing after can be; TooMuch where the source grows beyond its limits.
        """
        ...


def kind_of(mode: int) -> Kind:
    """The kind of a file by its mode, as `stat` and zip archives have it."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISLNK(mode):
        return "symbolic link"
    if stat.S_ISFIFO(mode):
        return "pipe"
    if stat.S_ISSOCK(mode):
        return "socket"
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        return "device"
    return "other"
