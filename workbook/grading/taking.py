"""Takes the files of one student's work out of folders and archives, into a folder where nothing else is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .archives import is_packed, is_packed_otherwise, open_archive
from .found_steps import step_of
from .limits import Budget, Limits, TooMuch
from .names import shown_path
from .paths import VENV, LeadsOut, Parts, TooLong, is_no_work, parts_of, same
from .sources import CannotRead, Entry, Source
from .submissions import Note, NoteKind

# So many names are given of those that were left out for one reason.
_NAMED = 5
_CREATE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


def raw_parts(name: str) -> tuple[str, ...]:
    """The parts of a name as they stand in a source. They are not to be trusted."""
    return tuple(part for part in name.split("/") if part not in ("", "."))


@dataclass(frozen=True)
class Wanted:
    """A file to be taken, or an archive to be opened, and its place."""

    parts: Parts
    packed: bool


class Taking:
    """The work of one student, on its way into the folder `raw`, which must be there and empty.

    Only files that stand in a folder with the name of a step are kept, and archives outside of these are opened. What
    leads out, or is too much, is left out and noted; what is no part of the work is left out. `scratch` is a folder for
    the archives. `modified` has the time of each file that was kept, by its place. An OSError means that `raw` cannot
    be written.
    """

    def __init__(self, raw: Path, scratch: Path, limits: Limits, steps: Iterable[str]) -> None:
        self.modified: dict[Parts, float] = {}
        self.newest = 0.0
        self._raw = raw
        self._scratch = scratch
        self._limits = limits
        self._steps = tuple(steps)
        self._budget = Budget(limits)
        self._left_out: dict[tuple[NoteKind, str], list[str]] = {}
        self._notes: list[Note] = []
        self._beside: list[str] = []
        self._spelled: dict[Parts, tuple[Parts, bool]] = {}
        self._full = False

    @property
    def notes(self) -> list[Note]:
        """What was left out and why; what there is where no step was found is in `beside`."""
        left_out = [
            Note(kind, f"Left out, {reason}: {_some(names)}.")
            for (kind, reason), names in self._left_out.items()
        ]
        return [*self._notes, *left_out]

    @property
    def beside(self) -> str:
        """The names of files that are in no step folder."""
        return _some(self._beside) if self._beside else ""

    def note(self, note: Note) -> None:
        """Notes something of the submission as a whole, once."""
        if note not in self._notes:
            self._notes.append(note)

    def _take_archive(self, path: Path, name: str, prefix: Parts, nested: int) -> None:
        try:
            self._budget.archive()
            source = open_archive(path, self._limits)
        except TooMuch as much:
            self._stop(much, name)
            return
        except CannotRead as error:
            self.note(Note("unread", str(error)).of(name))
            return
        for remark in source.remarks:
            self.note(remark.of(name))
        take_all(source, [(self, self.plan(source.entries, prefix=prefix))], nested)

    def plan(
        self, entries: Iterable[Entry], strip: int = 0, prefix: Parts = (), renamed: str = ""
    ) -> dict[int, Wanted]:
        """What is to be taken of these entries, by their numbers. `strip`: so many parts at the beginning of their
        names are not the student's. `prefix` is put in front of what is left; `renamed` is in its place."""
        with self._budget.at_work():
            return self._plan(entries, strip, prefix, renamed)

    def _plan(self, entries: Iterable[Entry], strip: int, prefix: Parts, renamed: str) -> dict[int, Wanted]:
        own = [(entry, raw_parts(entry.name)) for entry in entries]
        venvs = {parts[:-1] for _, parts in own if parts and parts[-1] == VENV}
        wanted: dict[int, Wanted] = {}
        for entry, raw in own:
            if len(raw) <= strip or any(is_no_work(part) for part in raw[strip:]):
                continue
            if venvs and any(raw[:cut] in venvs for cut in range(strip + 1, len(raw))):
                continue
            try:
                self._budget.look()
            except TooMuch as much:
                self._stop(much, entry.name)
                break
            name = renamed or ("/".join(raw[strip:]) if strip else entry.name)
            found = self._planned(entry, name, prefix)
            if found is not None:
                wanted[entry.number] = found
        return wanted

    def _planned(self, entry: Entry, name: str, prefix: Parts) -> Wanted | None:
        place = "/".join((*prefix, name))
        if entry.kind == "unreadable":
            self.leave_out("unread", "it cannot be read", place)
            return None
        if entry.kind not in ("file", "folder"):
            self.leave_out("led out", f"a {entry.kind}" if entry.kind != "other" else "no file", place)
            return None
        try:
            parts = (*prefix, *parts_of(name, self._limits))
            parts_of("/".join(parts), self._limits)
        except TooLong as reason:
            self.leave_out("limit", str(reason), place)
            return None
        except LeadsOut as reason:
            self.leave_out("led out", str(reason), place)
            return None
        if entry.kind == "folder":
            return None
        self.newest = max(self.newest, entry.modified)
        if any(step_of(part, self._steps) for part in parts[:-1]):
            return Wanted(parts, packed=False)
        if is_packed(parts[-1]):
            return Wanted(parts, packed=True)
        if is_packed_otherwise(parts[-1]):
            self.leave_out("unread", "an archive that is neither zip nor tar", place)
        self._beside.append(place)
        return None

    def leave_out(self, kind: NoteKind, reason: str, name: str) -> None:
        """Notes a name that was left out."""
        self._left_out.setdefault((kind, reason), []).append(name)

    def receive(self, entry: Entry, wanted: Wanted, pieces: Iterator[bytes], nested: int) -> None:
        """Keeps one file, or opens one archive."""
        if self._full:
            return
        place = "/".join(wanted.parts)
        try:
            with self._budget.at_work():
                if wanted.packed:
                    self._unpack(wanted.parts, pieces, nested)
                elif self._has_room(wanted.parts):
                    self._keep(wanted.parts, pieces, entry.modified)
        except TooMuch as much:
            self._stop(much, place)
        except CannotRead as error:
            self.leave_out("unread", f"it {error}", place)

    def _unpack(self, parts: Parts, pieces: Iterator[bytes], nested: int) -> None:
        place = "/".join(parts)
        if nested > self._limits.nested:
            self.leave_out("limit", f"archives in more than {self._limits.nested} archives", place)
            return
        packed = self._scratch / f"{nested}"
        try:
            with packed.open("wb") as file:
                for piece in pieces:
                    self._budget.read(len(piece))
                    self._budget.pack(len(piece))
                    file.write(piece)
            # What is in it is as if in a folder with the archive's name.
            self._take_archive(packed, place, parts, nested + 1)
        finally:
            packed.unlink(missing_ok=True)

    def _keep(self, parts: Parts, pieces: Iterator[bytes], modified: float) -> None:
        file = self._raw.joinpath(*parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        if parts in self.modified:
            self.leave_out("twice", "the same name again later in the archive", "/".join(parts))
            file.unlink()
        size = 0
        whole = False
        try:
            with os.fdopen(os.open(file, _CREATE, 0o644), "wb") as opened:
                for piece in pieces:
                    self._budget.read(len(piece))
                    size += len(piece)
                    if size > self._limits.file:
                        self.leave_out("limit", "larger than one file may be", "/".join(parts))
                        return
                    opened.write(piece)
            self._budget.file()
            self._budget.keep(size)
            whole = True
        finally:
            if not whole:
                file.unlink(missing_ok=True)
                self.modified.pop(parts, None)
        self.modified[parts] = modified

    def _has_room(self, parts: Parts) -> bool:
        """Whether no other name is the same on some system, and no file is where a folder is to be."""
        for length in range(1, len(parts) + 1):
            part, is_file = parts[:length], length == len(parts)
            spelled, was_file = self._spelled.setdefault(tuple(same(one) for one in part), (part, is_file))
            if spelled != part:
                self.leave_out("twice", "a name that differs from another only in case", "/".join(parts))
                return False
            if was_file != is_file:
                self.leave_out("twice", "a file and a folder of one name", "/".join(parts))
                return False
        return True

    def _stop(self, much: TooMuch, name: str) -> None:
        self._full = True
        self.note(
            Note("limit", f"It is too much ({much}): {shown_path(name)}, and what came after, was left out.")
        )


def take_all(source: Source, plans: Iterable[tuple[Taking, Mapping[int, Wanted]]], nested: int = 1) -> None:
    """Goes through a source once, for one student or for many, and gives to each what was planned. `nested`: in how
    many archives an archive in it is, itself counted."""
    receivers = {number: (taking, one) for taking, plan in plans for number, one in plan.items()}
    contents = source.contents(set(receivers))
    try:
        for entry, pieces in contents:
            taking, wanted = receivers.pop(entry.number)
            taking.receive(entry, wanted, pieces, nested)
    except (TooMuch, CannotRead) as error:
        for taking, wanted in receivers.values():
            reason = (
                f"the archive {error} before it" if isinstance(error, CannotRead) else f"too much ({error})"
            )
            taking.leave_out("unread", reason, "/".join(wanted.parts))
    finally:
        with contextlib.suppress(AttributeError):
            contents.close()  # type: ignore[attr-defined]


def _some(names: list[str]) -> str:
    some = ", ".join(shown_path(name) for name in names[:_NAMED])
    return some + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
