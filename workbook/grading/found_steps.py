"""The step folders in what a student handed in, at whatever depth, and the choice where there are two of one step."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.course.places import SOLUTIONS
from workbook.course.starters import TEXTS, source_files, starter_files

from .archives import without_suffix
from .names import shown_path
from .paths import Parts, same
from .submissions import Note

# A folder of this name in a workbook holds the finished steps, which are nobody's work.
_FINISHED = "solutions"


@functools.lru_cache(maxsize=100_000)
def step_of(part: str, steps: tuple[str, ...]) -> str | None:
    """The step whose folder has this name, or this name with something after it: "01_twitter_login (1)"."""
    return next(
        (step for step in steps if re.fullmatch(re.escape(same(step)) + r"([\W_].*)?", same(part))), None
    )


@dataclass(frozen=True)
class _Candidate:
    """One folder that could be a step's: where it is in the submission, and what tells it from others."""

    folder: Path
    place: Parts
    exact: bool
    finished: bool
    has_work: bool
    differs: bool
    newest: float

    @property
    def rank(self) -> tuple[bool, bool, bool, bool, float]:
        return not self.finished, self.has_work, self.differs, self.exact, self.newest


def move_steps(
    raw: Path, into: Path, steps: Iterable[str], modified: Mapping[Parts, float]
) -> tuple[tuple[str, ...], list[Note]]:
    """Moves one folder for each step that is found below `raw` to `into`, under the step's name. Gives the steps that
    there are, and notes where there was a choice.

    `modified` has the time of each file by its place below `raw`. Where a step is there several times, the folder that
    is not the untouched starter is taken, and the newest of several; a folder below `solutions` only where there is no
    other.
    """
    names = tuple(steps)
    chosen: list[tuple[str, _Candidate]] = []
    notes: list[Note] = []
    for step, found in _candidates(raw, names, modified).items():
        best, *others = sorted(found, key=lambda candidate: candidate.rank, reverse=True)
        chosen.append((step, best))
        others = [other for other in others if best.finished or not other.finished]
        if others:
            places = ", ".join(_shown(other) for other in others)
            text = f"{step} is there {len(others) + 1} times. {_shown(best)} was taken: {_why(best, others)}."
            notes.append(Note("twice", f"{text} The rest was left out: {places}."))
        elif best.finished:
            notes.append(Note("other", f"{step} was taken from a folder '{_FINISHED}': {_shown(best)}."))
        elif not best.exact:
            notes.append(Note("other", f"{step} was taken from the folder {_shown(best)}."))
    # What is inside of another one is moved out of it first.
    for step, candidate in sorted(chosen, key=lambda one: len(one[1].place), reverse=True):
        shutil.move(candidate.folder, into / step)
    return tuple(sorted(step for step, _ in chosen)), notes


def _why(best: _Candidate, others: Sequence[_Candidate]) -> str:
    """What sets the chosen one apart from the next best."""
    second = others[0]
    if best.has_work != second.has_work:
        return "it has files of the step's app"
    if best.differs != second.differs:
        return "it differs from the starter"
    if best.exact != second.exact:
        return "its name is the step's"
    return "it is the newest" + ("" if all(o.differs for o in others) else " that differs from the starter")


def _shown(candidate: _Candidate) -> str:
    return shown_path("/".join(candidate.place))


def _candidates(
    raw: Path, steps: tuple[str, ...], modified: Mapping[Parts, float]
) -> dict[str, list[_Candidate]]:
    found: dict[str, list[_Candidate]] = {}
    for folder in sorted(path for path in raw.rglob("*") if path.is_dir()):
        step = step_of(folder.name, steps)
        if step is None:
            continue
        place = folder.relative_to(raw).parts
        files = [
            file for file in source_files(folder) if not _is_in_another(file.relative_to(folder).parts, step)
        ]
        if not files:
            continue
        found.setdefault(step, []).append(
            _Candidate(
                folder,
                place,
                exact=same(without_suffix(folder.name)) == same(step),
                finished=_FINISHED in (same(part) for part in place),
                has_work=any(file.relative_to(folder) in _starter(step) for file in files),
                differs=_differs(folder, files, step),
                newest=max(modified.get((*place, *file.relative_to(folder).parts), 0.0) for file in files),
            )
        )
    return found


def _is_in_another(parts: Parts, step: str) -> bool:
    """Whether a file is rather in a folder of the same step inside: `01_twitter_login/01_twitter_login/app.py`."""
    return any(step_of(part, (step,)) for part in parts[:-1])


def _differs(folder: Path, files: Iterable[Path], step: str) -> bool:
    """Whether a file is not as in the starter of the step, or not in it at all."""
    starter = _starter(step)
    return any(
        starter.get(place) != file.read_bytes().replace(b"\r\n", b"\n")
        for file in files
        if (place := file.relative_to(folder)).as_posix() not in TEXTS
    )


@functools.cache
def _starter(step: str) -> Mapping[Path, bytes]:
    """The files of a step's starter; none where the workbook has no solutions to derive it from."""
    solution = SOLUTIONS / step
    if not solution.is_dir():
        return {}
    return {place: content.replace(b"\r\n", b"\n") for place, content in starter_files(solution).items()}
