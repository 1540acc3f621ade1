"""Intake: folders, archives, folders of these and an LMS's export become submissions. Nothing in them is run.

Each submission is copied to a folder of its own. Nothing in it is followed, and nothing is written anywhere else.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from workbook.course.errors import WorkbookError
from workbook.course.steps import all_steps

from .archives import is_packed, is_packed_otherwise, open_archive, without_suffix
from .classes import Shape, Top, file_name, shape_of, student_of, tops
from .folders import Folder
from .found_steps import move_steps
from .limits import MEGABYTE, Limits
from .lms import METADATA, Handed, Person, gradescope, handed
from .names import is_shown_whole, key_of, shown, shown_path
from .paths import same
from .sources import CannotRead, Entry, Source
from .submissions import Intake, Note, Submission, digest_of
from .taking import Taking, raw_parts, take_all

# The beginning of the name of the folder in which an intake works.
_SCRATCH = ".intake-"


class _Piece(NamedTuple):
    """A part of what one student handed in: entries of a source. The rest is as `Taking.plan` takes it."""

    source: Source
    entries: list[Entry]
    strip: int = 0
    prefix: tuple[str, ...] = ()
    renamed: str = ""


@dataclass(eq=False)
class _Found:
    """What one student, or one group, handed in at once. `identity`: the same for the same student, with a name in its
    second place."""

    people: tuple[Person, ...]
    identity: tuple[str, ...]
    source: str
    late: bool = False
    order: int = 0
    pieces: list[_Piece] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    newest: float = 0.0


def take_in(
    paths: Iterable[Path], into: Path, limits: Limits | None = None, steps: Iterable[str] | None = None
) -> Intake:
    """Takes in what a teacher names: folders, archives, folders of these, or an LMS's export.

    One path is a student's work where step folders (or a folder `chapters`) are in it, and else a class: each folder,
    each archive and each name that an LMS has made is a student. Of several paths each is a student, unless every one
    of them shows that it is a class. An archive or a folder in a class is always one student's, whatever is in it:
    nobody can hand in for somebody else.

    `into` is made where it is not there; a submission that was taken in there before is made anew, and what an intake
    that was killed has left there goes. Two intakes at once need two folders. `steps`: names of step folders (default:
    those of the course).

    WorkbookError says in one line what is wrong with a path or with `into`. What is wrong with one submission is a note
    in it, and never an error.
    """
    limits = limits or Limits()
    names = tuple(steps) if steps is not None else tuple(step.name for step in all_steps())
    given = _given(paths, into)
    try:
        into.mkdir(parents=True, exist_ok=True)
        for left in into.glob(f"{_SCRATCH}*"):
            _remove(left)
        with tempfile.TemporaryDirectory(dir=into, prefix=_SCRATCH) as scratch:
            found, notes = _whose(given, limits, names)
            if not found:
                there = ", ".join(shown_path(str(path)) for path in given)
                raise WorkbookError(f"There is no submission in {there}: no folder and no archive.")
            return Intake(tuple(_taken(found, into, Path(scratch), limits, names)), tuple(notes))
    except OSError as error:
        place = shown_path(str(error.filename or into))
        raise WorkbookError(
            f"Nothing was graded: {place} could not be written ({error.strerror or error})."
        ) from None


def _given(paths: Iterable[Path], into: Path) -> list[Path]:
    given = list(dict.fromkeys(Path(path) for path in paths))
    if not given:
        raise WorkbookError("Name what was handed in: folders or archives.")
    for path in given:
        try:
            there = path.exists()
        except (OSError, ValueError):  # a name that no file can have
            there = False
        if not there:
            raise WorkbookError(f"There is no {shown_path(str(path))}.")
        if path.is_dir() and into.resolve().is_relative_to(path.resolve()):
            raise WorkbookError(
                f"{into} is inside of {path}, and would be handed in itself. Choose another folder."
            )
    return given


def _whose(given: Sequence[Path], limits: Limits, steps: tuple[str, ...]) -> tuple[list[_Found], list[Note]]:
    """What was handed in, and by whom."""
    opened: list[tuple[Path, Source | CannotRead, Shape]] = []
    for path in given:
        try:
            if len(given) > 1 and path.is_symlink():
                # `class/*` names what students have put there, too.
                raise CannotRead(
                    "is a symbolic link, and was not followed: name it alone, or name where it leads"
                )
            whole = _opened(path, limits.of_a_class())
            opened.append((path, whole, shape_of(whole, steps)))
        except CannotRead as error:
            opened.append((path, error, Shape("one")))
    if len(opened) == 1:
        opened = [_alone(*opened[0])]
    classes = all(shape.kind == "class" for _, _, shape in opened) or (
        len(opened) == 1 and opened[0][2].kind != "one"
    )
    found: list[_Found] = []
    notes: list[Note] = []
    names = Counter(path.absolute().name for path in given)
    for path, source, shape in opened:
        if isinstance(source, CannotRead):
            found.append(_one(path, Shape("one"), names))
            found[-1].notes.append(Note("unread", str(source)).of(path.name))
        elif classes:
            of_class, more = _class(path, source, shape, limits)
            found += of_class
            notes += more
        else:
            one = _one(path, shape if len(given) == 1 else Shape(shape.kind), names)
            try:  # again, with the limits of one student
                own = _opened(path, limits)
                one.pieces.append(_Piece(own, own.entries, prefix=_around(path, limits)))
                remarks = own.remarks
            except CannotRead as error:
                remarks = [Note("unread", str(error))]
            one.notes += [remark.of(path.name) for remark in remarks]
            if shape.kind == "class":
                inside = ", ".join(shown(name) for name in list(tops(source, shape.below))[:3])
                text = (
                    f"It looks like the work of several students ({inside}), and was taken as one's, for others that "
                    "were named with it are one student's each. If it is a class, grade it by itself."
                )
                one.notes.append(Note("other", text))
            found.append(one)
    return found, notes


def _alone(path: Path, source: Source | CannotRead, shape: Shape) -> tuple[Path, Source | CannotRead, Shape]:
    """What a path is that was named alone: an archive in which there is one archive is one student's."""
    if not isinstance(source, CannotRead) and shape.kind == "perhaps" and not path.is_dir():
        here = tops(source, shape.below)
        if sum(top.is_folder or _is_archive(name) for name, top in here.items()) == 1:
            shape = Shape("one", shape.below)
    return path, source, shape


def _opened(path: Path, limits: Limits) -> Source:
    if not path.is_dir() and not path.is_file():
        raise CannotRead("is no file and no folder")
    return Folder(path, limits) if path.is_dir() else open_archive(path, limits)


def _around(path: Path, limits: Limits) -> tuple[str, ...]:
    """The folder in which the contents of what a teacher named are: for `01_twitter_login.zip` it is the step's."""
    told = handed(path.name)
    return (file_name((told.file if told else "") or path.name, limits),)


def _one(path: Path, shape: Shape, names: Counter[str]) -> _Found:
    """One student's work, by the name of the path. Two paths of one name are told apart by the folders around them."""
    path = path.absolute()
    source = shown_path(str(path))
    if told := handed(path.name):
        return _of_lms(told, source)
    name = student_of(path.name, shape.below)
    if names[path.name] > 1:
        name = f"{path.parent.name}/{name}"
    return _Found((Person(name),), ("", same(name)), source)


def _of_lms(told: Handed, source: str) -> _Found:
    identity = (told.system, told.person.name, told.person.id, *([told.file] if told.doubtful else ()))
    return _Found((told.person,), identity, source, told.late, told.order)


def _class(path: Path, source: Source, shape: Shape, limits: Limits) -> tuple[list[_Found], list[Note]]:
    """Whose each name at the top of a class is. Two names of one student in an LMS's export belong together."""
    notes = [remark.of(path.name) for remark in source.remarks]
    out = sorted({entry.name for entry in source.entries if ".." in raw_parts(entry.name)})
    if out:
        notes.append(
            Note("led out", f"Left out of {shown_path(path.name)}: {shown_path(out[0])} leads out of it.")
        )
    here = tops(source, shape.below)
    submitters = _submitters(source, here, notes)
    found: list[_Found] = []
    by_lms: dict[tuple[str, ...], _Found] = {}
    for name, top in here.items():
        told = handed(name)
        label = f"{shown_path(path.name)}: {shown_path('/'.join((*shape.below, name)))}"
        if name in submitters:
            one = _Found(submitters[name], ("Gradescope", name), label)
        elif told:
            one = _of_lms(told, label)
            one = by_lms.setdefault(one.identity, one)
            one.late, one.order = one.late or told.late, max(one.order, told.order)
        elif top.own is not None and top.own.kind == "file" and not _is_archive(name):
            if name != METADATA:
                notes.append(Note("other", f"{label} is nobody's: no folder, no archive, no LMS's file."))
            continue
        else:
            plain = name if top.is_folder else without_suffix(name)
            one = _Found((Person(plain),), ("", same(plain)), label)
        if one not in found:
            found.append(one)
        if told and told.typed:
            text = f"{label} is a text or a link that was typed into the page of {told.system}."
            one.notes.append(Note("other", text))
        elif top.is_folder:
            _add_folder(one, path, source, top, (*shape.below, name), limits)
        elif top.own is not None:
            renamed = file_name((told.file if told else "") or name, limits)
            one.pieces.append(_Piece(source, [top.own], len(shape.below), renamed=renamed))
    if len(by_lms) > 2 and len({one.people[0].name for one in by_lms.values()}) == 1:
        # Blind marking: Moodle calls everybody by one word, in the site's language.
        for one in by_lms.values():
            (person,) = one.people
            one.people = (replace(person, name=f"{person.name} {person.id}"),)
    return found, notes


def _is_archive(name: str) -> bool:
    return is_packed(name) or is_packed_otherwise(name)


def _add_folder(
    one: _Found, path: Path, source: Source, top: Top, below: tuple[str, ...], limits: Limits
) -> None:
    """A student's folder. In a real one nothing is followed and all is counted for this student alone."""
    if not isinstance(source, Folder):
        one.pieces.append(_Piece(source, top.entries, len(below)))
        return
    try:
        own = Folder(path, limits, below)
    except CannotRead as error:
        one.notes.append(Note("unread", str(error)).of(top.name))
        return
    one.notes += [remark.of(top.name) for remark in own.remarks]
    one.pieces.append(_Piece(own, own.entries))


def _submitters(source: Source, here: dict[str, Top], notes: list[Note]) -> dict[str, tuple[Person, ...]]:
    """The students of each folder of Gradescope's export; none where it is no such export."""
    top = here.get(METADATA)
    if top is None or top.own is None or top.own.kind != "file":
        return {}
    try:
        for _entry, pieces in source.contents({top.own.number}):
            data = b""
            for piece in pieces:
                data += piece
                if len(data) > 50 * MEGABYTE:
                    raise CannotRead("is too large")
            return dict(gradescope(data))
    except CannotRead as error:
        notes.append(Note("other", f"{METADATA} {error}; the folders' own names were taken."))
    except ValueError as error:
        notes.append(
            Note("other", f"{METADATA} could not be understood: {error} The folders' own names were taken.")
        )
    return {}


def _taken(
    found: Sequence[_Found], into: Path, scratch: Path, limits: Limits, steps: tuple[str, ...]
) -> Iterator[Submission]:
    """The submissions, in the order of their names; of two of one student the later."""
    takings: list[Taking] = []
    for number in range(len(found)):
        raw = scratch / f"{number}.raw"
        raw.mkdir()
        takings.append(Taking(raw, scratch, limits, steps))
    _take_pieces(found, takings)
    made: dict[tuple[str, ...], list[tuple[_Found, Submission]]] = {}
    for number, (one, taking) in enumerate(zip(found, takings, strict=True)):
        one.newest = taking.newest
        submission = _submission(one, taking, scratch, number, steps)
        made.setdefault(one.identity, []).append((one, submission))
    every: list[Submission] = []
    for several in made.values():
        one, submission = _later(several)
        every += _for_each(one, submission, into)
    names = Counter(submission.student for submission in every)
    for submission in sorted(every, key=lambda one: (same(one.student), one.key)):
        if names[submission.student] > 1:
            text = f"{names[submission.student]} submissions have this name; this one is {submission.source}."
            submission = replace(submission, notes=(*submission.notes, Note("name", text)))
        yield submission


def _take_pieces(found: Sequence[_Found], takings: Sequence[Taking]) -> None:
    """Goes through each source once."""
    by_source: dict[int, list[tuple[Taking, _Piece]]] = {}
    for one, taking in zip(found, takings, strict=True):
        for note in one.notes:
            taking.note(note)
        for piece in one.pieces:
            by_source.setdefault(id(piece.source), []).append((taking, piece))
    for pieces in by_source.values():
        take_all(pieces[0][1].source, [(taking, taking.plan(*piece[1:])) for taking, piece in pieces])


def _submission(
    one: _Found, taking: Taking, scratch: Path, number: int, steps: tuple[str, ...]
) -> Submission:
    """What became of one student's files, for the first of the people whose they are."""
    raw, folder = scratch / f"{number}.raw", scratch / f"{number}.steps"
    folder.mkdir()
    there, chosen = move_steps(raw, folder, steps, taking.modified)
    shutil.rmtree(raw)
    notes = [*taking.notes, *chosen]
    if not there:
        beside = f" It has: {taking.beside}." if taking.beside else ""
        notes.append(
            Note("nothing", f"No step folder was found, such as {steps[0] if steps else '?'}.{beside}")
        )
    person = one.people[0]
    return Submission(
        shown(person.name),
        key_of(one.identity[1], *one.identity),
        folder,
        there,
        tuple(notes),
        digest_of(folder),
        one.source,
        person.id,
        person.email,
        one.late,
    )


def _later(several: Sequence[tuple[_Found, Submission]]) -> tuple[_Found, Submission]:
    """Of the submissions of one student the later one, of those in which there is a step."""
    *others, (one, submission) = sorted(
        several, key=lambda pair: (bool(pair[1].steps), pair[0].order, pair[0].newest, pair[0].source)
    )
    if not others:
        return one, submission
    if all(other.digest == submission.digest for _, other in others):
        text = f"Handed in {len(several)} times, with the same files."
    else:
        rest = "; ".join(other.source for _, other in others)
        why = "It is the later one" if all(other.steps for _, other in others) else "It has step folders"
        text = f"Handed in {len(several)} times. {submission.source} was taken. {why}. Left out: {rest}."
    return one, replace(submission, notes=(*submission.notes, Note("twice", text)))


def _for_each(one: _Found, submission: Submission, into: Path) -> Iterator[Submission]:
    """The submission in its folder below `into`: for each of the people a copy of its own."""
    people = list(dict.fromkeys(one.people))
    names = " and ".join(shown(person.name) for person in people)
    for number, person in enumerate(people, start=1):
        key = submission.key
        if len(people) > 1:
            key = key_of(person.name, *one.identity, person.name, person.id, person.email)
        folder = into / key
        if folder.exists() or folder.is_symlink():
            _remove(folder)
        if number == len(people):
            submission.folder.rename(folder)
        else:
            shutil.copytree(submission.folder, folder)
        notes = list(submission.notes)
        if not is_shown_whole(person.name):
            notes.append(
                Note("name", "The name is shown without invisible characters and line breaks, or cut.")
            )
        if len(people) > 1:
            notes.append(Note("other", f"Handed in by {names} together."))
        yield replace(
            submission,
            student=shown(person.name),
            key=key,
            folder=folder,
            notes=tuple(notes),
            id=shown(person.id) if person.id else "",
            email=shown(person.email) if person.email else "",
        )


def _remove(folder: Path) -> None:
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink()
    else:
        shutil.rmtree(folder)
