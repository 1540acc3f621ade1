"""What a folder or an archive is that a teacher names: one student's work, or that of a class."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from .archives import is_packed, is_packed_otherwise, without_suffix
from .found_steps import step_of
from .limits import Limits
from .lms import METADATA, handed
from .paths import LeadsOut, is_no_work, parts_of, same
from .sources import Entry, Source
from .taking import raw_parts

# Names of folders that are no student's.
_GENERIC = re.compile(
    r"(flask[-_ ]?)?(oauth[-_ ]?)?workbook.*|chapters|solutions|work|src|main|master|submissions?|class|students?"
    r"|hand-?in.*|homework|project|downloads?|archive|\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Shape:
    """`one`: one student's work; `class`: of a class, which its names say; `perhaps`: of a class, as nothing says that
    it is not. `below`: the folders around it all."""

    kind: Literal["one", "class", "perhaps"]
    below: tuple[str, ...] = ()


@dataclass
class Top:
    """One name at the top of a class, with the entries below it and its own."""

    name: str
    own: Entry | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, by itself or because something is in it."""
        return bool(self.entries) if self.own is None else self.own.kind == "folder"


def tops(source: Source, below: tuple[str, ...] = ()) -> dict[str, Top]:
    """The names right below a folder of the source, in order, without those that are no work."""
    found: dict[str, Top] = {}
    for entry in source.entries:
        parts = raw_parts(entry.name)
        if len(parts) <= len(below) or parts[: len(below)] != below or ".." in parts:
            continue
        name = parts[len(below)]
        if is_no_work(name):
            continue
        top = found.setdefault(name, Top(name))
        if len(parts) == len(below) + 1:
            top.own = entry
        else:
            top.entries.append(entry)
    return dict(sorted(found.items()))


def shape_of(source: Source, steps: Iterable[str]) -> Shape:
    """What a source is, by the names in it."""
    steps = tuple(steps)
    below: tuple[str, ...] = ()
    while True:
        here = tops(source, below)
        if any(step_of(without_suffix(name), steps) for name in here):
            return Shape("one", below)
        if METADATA in here or any(handed(name) for name in here):
            return Shape("class", below)
        inside = {name: _steps_in(top, len(below) + 1, steps) for name, top in here.items() if top.is_folder}
        if any(same(name) in ("chapters", "solutions") and found for name, found in inside.items()):
            return Shape("one", below)
        if len(here) == 1 and len(inside) == 1:
            below = (*below, *here)
            continue
        packed = [name for name, top in here.items() if not top.is_folder and is_packed(name)]
        full = [found for found in inside.values() if found]
        if len(packed) + len(full) >= 2 and (packed or len(set().union(*full)) < sum(map(len, full))):
            return Shape("class", below)
        if len(full) >= 2 and len(full) == len(inside):
            return Shape("one", below)  # each has other steps: a student's weeks
        loose = any(not top.is_folder for top in here.values())
        if not packed and not full and loose and not any(is_packed_otherwise(name) for name in here):
            return Shape("one", below)
        return Shape("perhaps", below)


def file_name(name: str, limits: Limits) -> str:
    """A name of a file as one that can be taken: of one that cannot, only its end is kept."""
    try:
        return "/".join(parts_of(name, limits)) or "handed-in"
    except LeadsOut:
        plain = without_suffix(name)
        return f"handed-in{name[len(plain) :]}" if is_packed(name) else "handed-in"


def _steps_in(top: Top, strip: int, steps: tuple[str, ...]) -> set[str]:
    return {
        step
        for entry in top.entries
        for part in raw_parts(entry.name)[strip:]
        if (step := step_of(part, steps)) is not None
    }


def student_of(name: str, below: Iterable[str] = ()) -> str:
    """Whose work it is, by the name of what the teacher named, and the folders around the work in it."""
    names = [without_suffix(name), *below]
    return next((one for one in names if not _GENERIC.fullmatch(one)), names[0])
