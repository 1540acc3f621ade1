"""The roster: who is in the class, from a CSV file as an LMS, a spreadsheet or a person writes it."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbook.course.errors import WorkbookError

from .names import key_of, shown
from .submissions import Intake, Note, Submission, digest_of

_MOST = 20 * 1024 * 1024

# The titles of columns, in small letters without spaces and signs.
_NAME = (
    "name",
    "student",
    "studentname",
    "fullname",
    "displayname",
    "sortablename",
    "participant",
    "nameofstudent",
)
_FIRST = ("firstname", "first", "givenname", "givennames", "forename", "vorname", "prenom", "nombre")
_LAST = ("lastname", "last", "surname", "familyname", "nachname", "nom", "apellido", "apellidos")
_EMAIL = ("email", "emailaddress", "mail", "studentemail", "correo")
_ID = (
    "id",
    "studentid",
    "sid",
    "sisuserid",
    "sisid",
    "sisloginid",
    "idnumber",
    "studentnumber",
    "matriculationnumber",
    "matrikelnummer",
    "userid",
    "username",
    "login",
    "loginid",
    "identifier",
    "orgdefinedid",
    "netid",
    "uid",
)


@dataclass(frozen=True)
class Student:
    """One line of the roster. `ids`: all that stands in columns of identifiers. `first` and `last` are "" where the
    roster has the name in one column."""

    name: str
    first: str = ""
    last: str = ""
    email: str = ""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roster:
    """The students in the order of the file, and what there is to say of it."""

    students: tuple[Student, ...]
    notes: tuple[Note, ...] = ()


def read_roster(path: Path) -> Roster:
    """The roster in a CSV file: columns found by their titles; `,`, `;` or a tab between them; UTF-8 with or without
    its mark, UTF-16, and else Latin-1, which is noted. WorkbookError says in one line why it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise WorkbookError(f"The roster {path} cannot be read ({error.strerror}).") from None
    if len(data) > _MOST:
        raise WorkbookError(
            f"The roster {path} has more than {_MOST // 1024 // 1024} MB. Is it the right file?"
        )
    text, notes = _text(data, path)
    rows = _rows(text, path)
    if not rows:
        raise WorkbookError(f"The roster {path} is empty. Its first line has the titles: name,email,id")
    columns = _columns(rows[0], path)
    students: list[Student] = []
    for row in rows[1:]:
        student = _student(row, columns)
        if student is None:
            continue
        if student in students:
            notes.append(
                Note("roster", f"{shown(student.name)} is on the roster twice; the second line was left out.")
            )
            continue
        students.append(student)
    if not students:
        raise WorkbookError(f"The roster {path} has titles and no students.")
    return Roster(tuple(students), tuple(notes))


def _text(data: bytes, path: Path) -> tuple[str, list[Note]]:
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16"), []
        if data[1:2] == b"\0":
            return data.decode("utf-16-le"), []
        if data[:1] == b"\0":
            return data.decode("utf-16-be"), []
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        # Latin-1 has a character for every byte; Windows-1252 is what is meant nearly always, and has five gaps.
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
        said = f"The roster {path.name} is not saved as UTF-8 and was read as Latin-1. Are the names right?"
        return text, [Note("roster", said)]


def _rows(text: str, path: Path) -> list[list[str]]:
    first, _, rest = text.lstrip("\r\n").partition("\n")
    between = ""
    if match := re.fullmatch(r"sep=(.)\r?", first):  # Excel's own line
        between, text = match[1], rest
        first = rest.partition("\n")[0]
    between = between or max(",;\t", key=lambda sign: _titles(first, sign))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=between))
    except csv.Error as error:
        raise WorkbookError(f"The roster {path} is no CSV file ({error}).") from None
    return [row for row in rows if any(cell.strip() for cell in row)]


def _titles(line: str, between: str) -> tuple[int, int]:
    """How many titles that are known a line has with this sign between them, and how many in all."""
    titles = [_title(title.strip('"')) for title in line.split(between)]
    return sum(title in {*_NAME, *_FIRST, *_LAST, *_EMAIL, *_ID} for title in titles), len(titles)


def _title(text: str) -> str:
    """A title as the lists above have it."""
    return re.sub(r"[\W_]+", "", _plain(text))


@dataclass(frozen=True)
class _Columns:
    name: int | None
    first: int | None
    last: int | None
    email: int | None
    ids: tuple[int, ...]


def _columns(titles: Sequence[str], path: Path) -> _Columns:
    known = [_title(title) for title in titles]

    def column(wanted: Iterable[str]) -> int | None:
        return next((known.index(title) for title in wanted if title in known), None)

    found = _Columns(
        column(_NAME),
        column(_FIRST),
        column(_LAST),
        column(_EMAIL),
        tuple(i for i, t in enumerate(known) if t in _ID),
    )
    # "Nom" and "Name" beside a first name are the last name.
    if found.name is not None and found.first is not None and found.last is None:
        found = replace(found, name=None, last=found.name)
    named = found.name is not None or (found.first is not None and found.last is not None)
    if not named and found.email is None and not found.ids:
        there = ", ".join(shown(title, 30) for title in titles[:12])
        raise WorkbookError(
            f"The roster {path} has no column with names: call one 'name', or two 'first name' and 'last name'. "
            f"Its first line has: {there}."
        )
    return found


def _student(row: Sequence[str], columns: _Columns) -> Student | None:
    def cell(number: int | None) -> str:
        return row[number].strip() if number is not None and number < len(row) else ""

    first, last, email = cell(columns.first), cell(columns.last), cell(columns.email)
    ids = tuple(value for number in columns.ids if (value := cell(number)))
    name = cell(columns.name) or " ".join(part for part in (first, last) if part)
    # The second line of Canvas's gradebook has the points, and is nobody.
    if name == "Points Possible":
        return None
    name = name or email or (ids[0] if ids else "")
    return Student(name, first, last, email, ids) if name else None


def with_roster(intake: Intake, roster: Roster, into: Path) -> Intake:
    """The submissions in the order of the roster, then those that are not on it, each with its note.

    A student from whom nothing came is a submission without a step, with an empty folder in `into`. A submission that
    could be two students' on the roster, and a student of whom two submissions could be, are matched with none, and
    say so.
    """
    matches = _matches(intake.submissions, roster.students)
    found: list[Submission] = []
    for number, student in enumerate(roster.students):
        mine = [submission for submission in intake.submissions if matches[submission.key] == [number]]
        if len(mine) == 1:
            one = mine[0]
            id, email = one.id or _first_id(student), one.email or student.email
            found.append(replace(one, student=shown(student.name), id=id, email=email, listed=True))
        else:
            found.append(_nothing(student, into, mine))
    settled = {submission.key for submission in found}
    for submission in intake.submissions:
        if submission.key not in settled:
            found.append(_unlisted(submission, [roster.students[n] for n in matches[submission.key]]))
    return Intake(tuple(found), (*intake.notes, *roster.notes))


def _nothing(student: Student, into: Path, mine: Sequence[Submission]) -> Submission:
    key = key_of(student.name, "roster", student.email, *student.ids)
    folder = into / key
    folder.mkdir(parents=True, exist_ok=True)
    note = Note("nothing", "Nothing was handed in.")
    if mine:
        names = ", ".join(f"{one.student} ({one.source})" for one in mine)
        note = Note(
            "roster", f"{len(mine)} submissions could be this student's: {names}. None was taken for it."
        )
    return Submission(
        shown(student.name),
        key,
        folder,
        (),
        (note,),
        digest_of(folder),
        "",
        _first_id(student),
        student.email,
        listed=True,
        handed_in=False,
    )


def _unlisted(submission: Submission, could_be: Sequence[Student]) -> Submission:
    if len(could_be) > 1:
        names = " and ".join(_who(student) for student in could_be)
        text = f"The roster has {len(could_be)} students of whom this could be: {names}. It was matched with none."
    elif could_be:
        text = f"There are several submissions that could be {_who(could_be[0])}'s; this one was matched with nobody."
    else:
        text = "The roster does not have this student."
    return replace(submission, notes=(*submission.notes, Note("roster", text)), listed=False)


def _first_id(student: Student) -> str:
    return student.ids[0] if student.ids else ""


def _who(student: Student) -> str:
    more = student.email or _first_id(student)
    return shown(student.name) + (f" ({shown(more)})" if more else "")


def _matches(submissions: Sequence[Submission], students: Sequence[Student]) -> dict[str, list[int]]:
    """The students of the roster, by their numbers, that each submission could be, by its key.

    A name comes first: the numbers of an LMS and those of a roster may be of two kinds, and equal by chance. Email
    address and number choose between two of one name. What an LMS has no name for goes by the email address, or by an
    identifier that is the submission's name: "s123456", "Participant 7".
    """
    names = _table(_names(student) for student in students)
    plain = _table({_plain(form) for form in _names(student)} for student in students)
    emails = _table({_squeezed(student.email)} for student in students)
    ids = _table(
        {_squeezed(id) for id in (*student.ids, student.email.partition("@")[0])} for student in students
    )
    found: dict[str, list[int]] = {}
    for one in submissions:
        name, email = _squeezed(one.student), _squeezed(one.email)
        could_be = names.get(name) or plain.get(_plain(name)) or []
        if len(could_be) > 1:
            told = [*emails.get(email, ()), *ids.get(_squeezed(one.id), ())]
            could_be = [number for number in could_be if number in told] or could_be
        found[one.key] = (
            could_be
            or emails.get(email)
            or emails.get(name)
            or ids.get(name)
            or ids.get(_squeezed(one.student + one.id))
            or []
        )
    return found


def _table(forms: Iterable[set[str]]) -> dict[str, list[int]]:
    """The numbers of those that have a form, by the form."""
    found: dict[str, list[int]] = {}
    for number, keys in enumerate(forms):
        for key in keys - {""}:
            found.setdefault(key, []).append(number)
    return found


def _names(student: Student) -> set[str]:
    """The name in each order of its words that an LMS could write: "Anna Maria Berg", "Berg, Anna Maria"."""
    if student.first and student.last:
        return {_squeezed(student.first + student.last), _squeezed(student.last + student.first)}
    words = student.name.replace(",", " ").split()
    return {_squeezed("".join(words[cut:] + words[:cut])) for cut in range(max(len(words), 1))}


def _squeezed(name: str) -> str:
    """Letters and digits alone, small: what two spellings of one name have in common."""
    return "".join(char for char in unicodedata.normalize("NFC", name).casefold() if char.isalnum())


def _plain(name: str) -> str:
    """Without accents, small."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
