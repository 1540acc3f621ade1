"""Traces in a student's files: markers of the solution that were left in, arrows of recorded diagrams, and words of the
checker. Each is named with its file and line."""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS
from workbook.course.starters import TEXTS
from workbook.course.steps import find_step
from workbook.exercises.recorded import flow_names
from workbook.flow.mermaid import MermaidError, from_mermaid
from workbook.flow.stored import stored

from .checker_words import FILES, OF_OWN_TESTS, OWN_TESTS, Word, words
from .given import given
from .names import shown
from .normal_form import text_of
from .submissions import Submission
from .works import WorkFile, files_of

# So much of a file is looked at (bytes). A longer file is named: no step needs it.
LONGEST = 1024 * 1024
# Only files with these endings are looked at: pictures have any words. So are those without an ending.
SOURCE = {
    ".py",
    ".html",
    ".js",
    ".toml",
    ".mmd",
    ".sql",
    ".txt",
    ".md",
    ".ini",
    ".cfg",
    ".mako",
    ".css",
    ".pth",
    ".sh",
}
# So many arrows with the very words of the recorded diagram are no chance: a label of one's own has other words.
ARROWS = 3
# A longer line has no marker (characters), and a longer diagram is not read (bytes).
_LONGEST_LINE, _LONGEST_DIAGRAM = 500, 64 * 1024
_LONGEST_WORD = 40
# So many lines are named for a file, so many files for a word, and so many words for a submission.
_LINES, _FILES, _REMARKS = 4, 4, 20

_MARKER = re.compile(r"\s*(?:#|\{#|%%|--) ?(exercise (\d+\.\d+): (\S.*)|end \d+\.\d+(?: ?#\})?\s*|stub:.*)")
_TODO = re.compile(r"(?:#|\{#|%%|--) ?TODO (\d+\.\d+): (\S.*)")
_CLOSER = re.compile(r" ?#\}\s*$")


@dataclass(frozen=True)
class Trace:
    """What was found, as a sentence without its end: `"ctypes" calls the system directly`. `lines` are the numbers of
    the lines where it is, counted from 1; a whole file has none."""

    says: str
    lines: tuple[int, ...] = ()

    def at(self, file: WorkFile) -> str:
        """The file, and the lines."""
        if not self.lines:
            return file.shown
        some = ", ".join(map(str, self.lines[:_LINES])) + (", …" if len(self.lines) > _LINES else "")
        return f"{file.shown}, line{'s' if len(self.lines) > 1 else ''} {some}"


class Traces:
    """Takes the files of submissions in, one after the other, and looks at equal ones once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, bytes], tuple[Trace, ...]] = {}
        # By the key of a submission, what was found in it, and where.
        self._found: dict[str, dict[str, list[str]]] = {}

    def add(self, key: str, file: WorkFile) -> None:
        """Takes a file of the submission with this key in."""
        known = (file.step, file.place, hashlib.sha256(file.data).digest())
        if known not in self._known:
            self._known[known] = traces_in(file)
        for trace in self._known[known]:
            self._found.setdefault(key, {}).setdefault(trace.says, []).append(trace.at(file))

    def remarks(self) -> dict[str, list[str]]:
        """What there is to say, by the keys of the submissions: a line for each thing, with its places."""
        return {key: _lines(found) for key, found in self._found.items()}


def _lines(found: Mapping[str, Sequence[str]]) -> list[str]:
    lines = []
    for says, places in list(found.items())[:_REMARKS]:
        more = len(places) - _FILES
        last = f"; {more} more file{'s' if more > 1 else ''}" if more > 0 else ""
        lines.append(f"{says}: {'; '.join(places[:_FILES])}{last}.")
    more = len(found) - _REMARKS
    return [*lines, f"{more} more traces were found in the files."] if more > 0 else lines


def traces(submissions: Iterable[Submission]) -> dict[str, list[str]]:
    """The traces in the files of submissions, by their keys."""
    found = Traces()
    for submission in submissions:
        for file in files_of(submission):
            found.add(submission.key, file)
    return found.remarks()


def traces_in(file: WorkFile) -> tuple[Trace, ...]:
    """The traces in a file."""
    if file.place in TEXTS or given(file.step).files.get(file.place) == file.data:
        return ()
    found = list(_by_name(file))
    if file.suffix and file.suffix not in SOURCE:
        return tuple(found)
    if len(file.data) > LONGEST:
        found.append(Trace(f"Only the first {LONGEST // 1024} kB of a large file were looked at"))
    text = text_of(file.data[:LONGEST])
    return (*found, *markers_in(text, file.step), *words_in(text, file), *arrows_in(file))


def markers_in(text: str, step: str) -> Iterator[Trace]:
    """The markers of the solution. A comment that only begins as a marker does is none: a student may number their own
    code. A marker has the task's words, as the starter's TODO has them, or ends an exercise."""
    if not any(word in text for word in ("exercise ", "end ", "stub:")):
        return
    tasks = _tasks(step)
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        marker = _MARKER.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        if marker and (marker[2] is None or (marker[2], _CLOSER.sub("", marker[3]).strip()) in tasks):
            lines.append(number)
    if lines:
        yield Trace("Markers that only the solution has were left in", tuple(lines))


def words_in(text: str, file: WorkFile) -> Iterator[Trace]:
    """The words of the checker, without those that students of the step were given."""
    small = text.lower()
    own_tests = OWN_TESTS.fullmatch(file.name)
    for word in _words_not_in(file.step):
        places = list(itertools.islice(word.places(small), _LINES + 1))
        if not places or (own_tests and places[0][0] in OF_OWN_TESTS):
            continue
        lines = dict.fromkeys(small.count("\n", 0, place.end()) + 1 for place in places)
        yield Trace(f'"{shown(places[0][0], _LONGEST_WORD)}" {word.reason}', tuple(lines))


def arrows_in(file: WorkFile) -> Iterator[Trace]:
    """The arrows of a diagram whose words are those of a recorded flow of the step."""
    if file.suffix != ".mmd" or len(file.data) > _LONGEST_DIAGRAM:
        return
    try:
        drawn = {(arrow.title, arrow.details) for arrow in from_mermaid(text_of(file.data)) if arrow.details}
    except (MermaidError, RecursionError):
        return
    best = max(_recorded(file.step).items(), key=lambda one: len(drawn & one[1]), default=("", frozenset()))
    if len(same := drawn & best[1]) >= ARROWS:
        yield Trace(f"{len(same)} arrows have the very words of the recorded diagram {best[0]}")


def _by_name(file: WorkFile) -> Iterator[Trace]:
    first = file.place.partition("/")[0]
    if file.suffix == ".pth":
        yield Trace("A file whose name ends in .pth can be run by Python before the app")
    for name in dict.fromkeys((first, file.name, first.removesuffix(".py"))):
        if name in FILES and not _has(file.step, first):
            yield Trace(f'A file or folder named "{name}" {FILES[name]}')


@functools.cache
def _has(step: str, name: str) -> bool:
    """Whether a step's starter has a file or folder of this name at its top."""
    return any(place.partition("/")[0] == name for place in given(step).files)


@functools.cache
def _tasks(step: str) -> frozenset[tuple[str, str]]:
    """The exercises and tasks of a step's TODOs."""
    return frozenset(
        (id, _CLOSER.sub("", task).strip())
        for content in given(step).files.values()
        for id, task in _TODO.findall(text_of(content))
    )


@functools.cache
def _words_not_in(step: str) -> tuple[Word, ...]:
    """The words of the checker, without those that students of a step were given."""
    starter = "\n".join(text_of(content) for content in given(step).files.values()).lower()
    place = CHAPTERS / step / "README.md"
    chapter = place.read_text(encoding="utf-8").lower() if place.is_file() else ""
    return tuple(
        word
        for word in words()
        if not any(word.places(starter)) and not (word.in_chapters and any(word.places(chapter)))
    )


@functools.cache
def _recorded(step: str) -> dict[str, frozenset[tuple[str, tuple[tuple[str, str], ...]]]]:
    """The arrows with details of the step's recorded flows, by the places of their files."""
    found = {}
    try:
        names = flow_names(find_step(step))
    except WorkbookError:
        return {}
    for name in names:
        try:
            drawn = from_mermaid(stored(f"{step}.{name}"))
        except (OSError, MermaidError):
            continue
        found[f"diagrams/{step}.{name}.mmd"] = frozenset(
            (one.title, one.details) for one in drawn if one.details
        )
    return found
