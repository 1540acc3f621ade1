"""The result of grading one submission, and the file with all of them: one line of JSON each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO, get_args

from workbook.checks.verdicts import Verdict
from workbook.course.points import Points, points_of
from workbook.course.steps import Exercise, all_steps

from .submissions import Note, NoteKind


@dataclass(frozen=True)
class StepResult:
    """The verdicts of one step, in the order of its exercises.

    `trouble` says in one line why exercises without a verdict could not be checked; "" where each has a verdict.
    `left_behind` is the number of processes that the app had started and that still ran at the end. `seconds` and
    `cpu`: how long the checks took, and how much processor time (0.0 where that is not known).
    """

    step: str
    verdicts: tuple[Verdict, ...]
    trouble: str = ""
    left_behind: int = 0
    seconds: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class Result:
    """One student's result.

    `key`, `student`, `id`, `email`, `late`, `listed`, `handed_in`, `source` and `notes` are the submission's, and so is
    `digest`. `graded_with`: the digest of the workbook and of the options that verdicts depend on. `isolated_by`: what
    kept the app apart from the machine, in one line; "" where nothing was run. `steps`: one for each graded step, also
    for one that was not handed in.
    """

    key: str
    student: str
    digest: str
    graded_with: str
    steps: tuple[StepResult, ...]
    isolated_by: str = ""
    id: str = ""
    email: str = ""
    late: bool = False
    listed: bool | None = None
    handed_in: bool = True
    source: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """Every verdict, by the ID of its exercise."""
        return {verdict.id: verdict for step in self.steps for verdict in step.verdicts}

    @property
    def troubles(self) -> tuple[StepResult, ...]:
        """The steps in which something could not be checked."""
        return tuple(step for step in self.steps if step.trouble)

    def points(self, step: str | None = None) -> Points:
        """The points of one step, or of all that were graded. An exercise without a verdict has none."""
        graded = {one.step for one in self.steps if step in (None, one.step)}
        wanted = [e for one in all_steps() if one.name in graded for e in one.exercises]
        return points_of(wanted, {id: verdict.passed for id, verdict in self.verdicts.items()})

    def unchecked(self) -> tuple[Exercise, ...]:
        """The exercises of graded steps that have no verdict."""
        graded = {one.step for one in self.steps}
        known = self.verdicts
        return tuple(
            e for one in all_steps() if one.name in graded for e in one.exercises if e.id not in known
        )

    def to_json(self) -> dict[str, Any]:
        """The form of a line of results.jsonl."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """The result that to_json gave. KeyError, TypeError or ValueError where it is no such thing."""
        steps = tuple(
            StepResult(**{**step, "verdicts": tuple(Verdict(**verdict) for verdict in step["verdicts"])})
            for step in data["steps"]
        )
        return cls(**{**data, "steps": steps, "notes": tuple(map(_note, data["notes"]))})


def _note(data: dict[str, str]) -> Note:
    if data["kind"] not in get_args(NoteKind):
        raise ValueError(data["kind"])
    return Note(**data)  # type: ignore[arg-type]


class ResultsFile:
    """results.jsonl: each result is on the disk as soon as it is known. Use it in a `with`.

    A run that was killed may leave half a line at the end; it is cut off, and that submission is graded again. Later
    lines of one key replace earlier ones. OSError where the file cannot be written.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.known = read_results(place)
        self._file: TextIO | None = None

    def __enter__(self) -> ResultsFile:
        self.place.parent.mkdir(parents=True, exist_ok=True)
        # What is read is what will be there: without lines that were replaced, and without half a line.
        self._write_whole(self.known.values())
        self._file = self.place.open("a", encoding="utf-8")
        return self

    def __exit__(self, *unused: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, result: Result) -> None:
        """Writes a result; it is on the disk when this returns."""
        assert self._file is not None, "use it in a with"
        self._file.write(f"{json.dumps(result.to_json())}\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.known[result.key] = result

    def order(self, keys: Iterable[str]) -> None:
        """Sorts the lines as the keys are, and drops those of other keys: two runs of one class leave the same file."""
        wanted = [self.known[key] for key in keys if key in self.known]
        if self._file is not None:
            self._file.close()
        self._write_whole(wanted)
        self._file = self.place.open("a", encoding="utf-8")

    def _write_whole(self, results: Iterable[Result]) -> None:
        # A place of its own and a rename: whoever kills this process leaves the old file or the new one.
        half = self.place.with_name(f".{self.place.name}.new")
        with half.open("w", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(result.to_json())}\n" for result in results)
            file.flush()
            os.fsync(file.fileno())
        half.replace(self.place)


def read_results(place: Path) -> dict[str, Result]:
    """The results in a file, by the keys of their submissions; none where there is no file. Lines that cannot be read
    are left out."""
    found: dict[str, Result] = {}
    if not place.exists():
        return found
    for line in place.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            result = Result.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue
        found[result.key] = result
    return found
