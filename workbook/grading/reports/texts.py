"""Texts that a student's work has a part in, made fit to be shown: nothing invisible, and no path of this machine."""

from __future__ import annotations

import re
import sys
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbook.course.places import ROOT

from ..names import shown

# A part of a message is shown with so many characters at most, a drawing with so many lines of so many characters.
LONGEST_PART = 1500
# A note is one line.
LONGEST_NOTE = 400
MOST_LINES = 200
LONGEST_LINE = 400

# Control characters, invisible ones (among them those that turn the direction of writing), halves of characters, line
# and paragraph separators, characters without a meaning: https://www.unicode.org/reports/tr44/#General_Category_Values
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
# Line breaks and tabs are seen. The two others join letters, in Persian and in emoji.
_SEEN = {"\n", "\t", "\u200c", "\u200d"}
# More marks on one letter than four would cover the lines above it. These are the blocks of combining marks, and
# those of Cyrillic, Hebrew, Arabic and Thai, which stack, too: https://www.unicode.org/charts/
_MARK = (
    r"[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_MARKS = re.compile(f"({_MARK}{{4}}){_MARK}+")

# The beginnings of absolute paths: on Linux, on a Mac, and on Windows also with its backslashes doubled, as repr shows
# them. A URL's path is no file's, so folders whose names are likely in one are not here.
_FOLDERS = r"/(?:home|root|Users|Volumes|tmp|var|private|usr|opt|mnt|media|srv|nix|snap)(?=/)"
_DRIVE = r"[A-Za-z]:(?=[\\/])|\\{2,4}(?=[\w.$-]+\\)"
# A file's own name, and the folder of a step, say nothing about the machine.
_TELLS = re.compile(r"[\w. -]+\.\w{1,5}|\d\d_\w+")
_LABEL = re.compile(r"(What should happen|What [^:.]{1,80}|Where to look): ")
# The workbook's checks print their own failures in Python's way.
_TRACEBACK = "Traceback (most recent call last):"


class _Escapes(dict[int, int | str]):
    """For str.translate: each character as it is shown. Every text has few different ones."""

    def __missing__(self, number: int) -> int | str:
        char = chr(number)
        hidden = char not in _SEEN and unicodedata.category(char) in _UNSEEN
        self[number] = char.encode("unicode_escape").decode("ascii") if hidden else number
        return self[number]


_ESCAPES = _Escapes()


def visible(text: str) -> str:
    """The text with its line breaks, in which each character that cannot be seen is written as its escape."""
    return _MARKS.sub(r"\1", text.replace("\r\n", "\n").translate(_ESCAPES))


def without_paths(text: str) -> str:
    """The text without this machine's folders: of an absolute path, only the name of a file or of a step is left."""
    quoted, bare = _paths()
    return bare.sub(_shortened, quoted.sub(lambda found: found[1] + _shortened(found) + found[1], text))


def name_of(student: str) -> str:
    """A student's name, fit for a page."""
    return visible(shown(student))


def line_of(text: str) -> str:
    """A text on one line, fit for a page."""
    return " ".join(cut(visible(without_paths(text)), LONGEST_NOTE).split())


def cut(text: str, most: int) -> str:
    """The text; of a long one the beginning, and how much is left out."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"


def _shortened(found: re.Match[str]) -> str:
    last = re.split(r"[\\/]", found["path"].rstrip("\\/"))[-1]
    return f"…/{last}" if _TELLS.fullmatch(last) else "…"


@cache
def _paths() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What matches a path in quotes, in which there may be spaces, and any other."""
    here = {str(place) for place in (ROOT, Path.home(), Path(tempfile.gettempdir()), Path(sys.prefix))}
    known = [re.escape(place) for place in sorted(here, key=len, reverse=True) if len(place) > 1]
    # A path of this machine is known by its whole beginning, so a folder with a space in its name is found, too.
    begin = rf"(?:(?:{'|'.join(known)})(?![\w-]|\.\w)|{_FOLDERS}|{_DRIVE})"
    # What comes before: a letter, as in http://localhost/home/, makes it a URL's path, or a piece of a relative one.
    before = r"(?<![\w.%~-])"
    other = r"[^\s'\"`<>|,;:()\[\]{}]"
    return (
        re.compile(rf"(?P<quote>['\"`])(?P<path>{begin}[^'\"`\n]*)\1"),
        # A sentence's full stop is none of it.
        re.compile(rf"{before}(?P<path>{begin}(?:{other}*(?![.!?…]){other})?)"),
    )


@dataclass(frozen=True)
class Part:
    """A part of a message: its label, such as "Where to look", or "" where it has none, and its text."""

    label: str
    text: str


@dataclass(frozen=True)
class Message:
    """A verdict's message in parts. `difference` says where the two flows differ, and `drawing` shows them; each is ""
    where there is none."""

    parts: tuple[Part, ...]
    difference: str
    drawing: str


def is_our_failure(message: str) -> bool:
    """Whether a message is no message, but the traceback of a check that has failed itself."""
    return message.lstrip().startswith(_TRACEBACK)


_OUR_FAILURE = Message(
    (Part("", "The check of this exercise ended with an error of its own. Your teacher sees it, too."),),
    "",
    "",
)


def message_of(verdict_message: str) -> Message:
    """A verdict's message (exercises/missed.py) as a page shows it."""
    if is_our_failure(verdict_message):
        return _OUR_FAILURE
    words, _, rest = visible(without_paths(verdict_message)).partition("\n\n")
    parts: list[Part] = []
    for line in words.split("\n"):
        label = _LABEL.match(line)
        if label:
            parts.append(Part(label[1], line[label.end() :]))
        elif parts:
            parts[-1] = Part(parts[-1].label, f"{parts[-1].text}\n{line}")
        elif line.strip():
            parts.append(Part("", line))
    difference, _, drawing = rest.partition("\n\n") if "\n\n" in rest else ("", "", rest)
    return Message(
        tuple(Part(part.label, cut(part.text, LONGEST_PART)) for part in parts),
        cut(difference, LONGEST_PART),
        _cut_drawing(drawing),
    )


def _cut_drawing(drawing: str) -> str:
    lines = drawing.strip("\n").split("\n")
    shown = [cut(line, LONGEST_LINE) for line in lines[:MOST_LINES]]
    more = len(lines) - MOST_LINES
    return "\n".join([*shown, f"… ({more} more lines)"] if more > 0 else shown)
