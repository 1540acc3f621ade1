"""How learning management systems name what they export, and the students that these names mean.

Each form is the one that the system's own source writes, or, where that is not public, the one that others read:

- **Moodle**, "Download all submissions": mod/assign/classes/downloader.php in github.com/moodle/moodle
  (`get_student_prefix`, `load_submissionplugin_filelist`; in versions before 4.1 mod/assign/locallib.php,
  `download_submissions`). A folder `Name Surname_123_assignsubmission_file` (older versions end it with one more `_`),
  or, without "Download submissions in folders", a file `Name Surname_123_assignsubmission_file_work.zip`. The number is
  the participant's in this assignment. In the name, every `_` is a space. Under blind marking the name is
  "Participant", in the site's language; a group's has the group's name and number. A text typed into the page is
  `…_assignsubmission_onlinetext`.
- **Canvas**, "Download Submissions": lib/content_zipper.rb in github.com/instructure/canvas-lms (`get_filename`,
  `add_upload_submission`, `add_text_or_url`). A file `surnamename_123_456_work.zip`, or
  `surnamename_LATE_123_456_work.zip`: the sortable name in small letters without spaces and signs, the user's number
  and the attachment's. Older versions write `late`. Anonymous: `anon_a1B2c_456_work.zip`. A text or a link is
  `surnamename_123_text.html` or `surnamename_123_link.html`.
- **Gradescope**, "Export Submissions": no source or documentation of the form was found. What several public tools read
  (among them one that renames the folders by `[':submitters'][0][':sid']`) is: a folder for each submission and a file
  `submission_metadata.yml`, which has for each folder's name `:submitters:`, a list of `:name:`, `:sid:` and `:email:`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

METADATA = "submission_metadata.yml"

_MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>[a-z][a-z0-9]*)(?:_(?P<file>.*))?", re.DOTALL
)
# Numbers of one or two digits are rather a date, or an exercise, in a name that somebody else gave.
_CANVAS = re.compile(
    r"(?P<name>\w+?)(?:_(?P<late>LATE|late))?_(?P<id>\d{3,})_(?P<attachment>\d{3,})_(?P<file>.+)", re.DOTALL
)
_CANVAS_ANONYMOUS = re.compile(
    r"(?:(?P<late>LATE|late)_)?anon_(?P<id>[A-Za-z0-9]+)_(?P<attachment>\d{3,})_(?P<file>.+)", re.DOTALL
)
_CANVAS_TYPED = re.compile(
    r"(?P<name>\w+?)(?:_(?P<late>LATE|late))?_(?P<id>\d{3,})_(?P<typed>text|link)\.html", re.DOTALL
)


@dataclass(frozen=True)
class Person:
    """A student, as far as an LMS tells: the name, its own number or the student's, the email address."""

    name: str
    id: str = ""
    email: str = ""


@dataclass(frozen=True)
class Handed:
    """What one name in an export says: which student handed it in, and whether late.

    `file` is the name of the student's own file, "" where it is a folder. `order` is larger for what came later; it is
    0 where the system does not tell. `typed`: a text that was typed into the page, or a link. `doubtful`: the name can
    be read in two ways, and could have been made to look like another student's.
    """

    system: str
    person: Person
    file: str = ""
    late: bool = False
    order: int = 0
    typed: bool = False
    doubtful: bool = False


def handed(name: str) -> Handed | None:
    """What the name of a file or folder in an export of Moodle or Canvas says; None where it is of another form."""
    if match := _MOODLE.fullmatch(name):
        number = match["id"] or ""
        return Handed(
            "Moodle",
            Person(match["name"], number),
            match["file"] or "",
            typed=match["plugin"] == "onlinetext",
        )
    if match := _CANVAS_ANONYMOUS.fullmatch(name):
        person = Person(f"anon {match['id']}", match["id"])
        return Handed("Canvas", person, match["file"], bool(match["late"]), int(match["attachment"]))
    if match := _CANVAS.fullmatch(name):
        person = Person(match["name"], match["id"])
        late, order = bool(match["late"]), int(match["attachment"])
        # `ben_123_456_789_a.zip` is a file `789_a.zip` of ben's, or `a.zip` of one who calls himself `ben_123`.
        doubtful = re.match(r"\d{3,}_", match["file"]) is not None
        return Handed("Canvas", person, match["file"], late, order, doubtful=doubtful)
    if match := _CANVAS_TYPED.fullmatch(name):
        person = Person(match["name"], match["id"])
        return Handed("Canvas", person, f"{match['typed']}.html", bool(match["late"]), typed=True)
    return None


def gradescope(metadata: bytes) -> Mapping[str, tuple[Person, ...]]:
    """The submitters of each folder, from the text of submission_metadata.yml; ValueError where it is of another
    form."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """Reads plain data. What carries a tag of Ruby's is None: nothing is made from it."""

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    try:
        data = yaml.load(metadata, Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError("It is no YAML.") from error
    if not isinstance(data, dict):
        raise ValueError("It is no list of submissions.")
    found = {}
    for folder, record in data.items():
        submitters = record.get(":submitters") if isinstance(record, dict) else None
        if isinstance(submitters, list):
            people = tuple(_person(one) for one in submitters if isinstance(one, dict))
            if people:
                found[str(folder)] = people
    if not found:
        raise ValueError("It names no submitters.")
    return found


def _person(submitter: Mapping[Any, Any]) -> Person:
    name, number, email = (str(submitter.get(key) or "") for key in (":name", ":sid", ":email"))
    return Person(name or email or number, number, email)
