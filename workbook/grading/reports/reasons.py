"""Groups messages by the fault that they tell of: what differs by chance is taken away."""

from __future__ import annotations

import re

from .texts import LONGEST_PART, cut, is_our_failure, visible, without_paths

_WORD = "WORD"
_NUMBER = "N"
# So many characters of a message say what its fault is: three parts of the length that is shown.
_MOST = 3 * LONGEST_PART

# Words of chance: tokens, states, digests, identifiers in hexadecimal. A word of a programmer's has no digit among its
# letters, or is short, or is in small letters with underscores.
_CHANCE = (
    (re.compile(r"\b(127\.0\.0\.1|localhost|\[::1\]):\d+"), r"\1:PORT"),
    # A value that was cut, such as a code: AQZzTz2Q…
    (re.compile(r"(?<![\w.%~-])[\w.%~-]+…"), _WORD),
    # An email address: its host says which kind it is, and the name before may be of chance.
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@([\w-]+\.)+\w+"), "ADDRESS"),
    (re.compile(r"(?<![\w.%~-])(?=[\w.%~-]*\d)(?=[\w.%~-]*[A-Za-z])[\w%~-][\w.%~-]{14,}[\w%~=-]=*"), _WORD),
    (re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*[_-])[\w-]{20,}"), _WORD),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b"), _WORD),
    (re.compile(r"\b\d{6,}\b"), _WORD),
)
# A value in quotes. An apostrophe in a word is none.
_QUOTED = re.compile(r"""(?<!\w)(?:'([^'\n]*)'|"([^"\n]*)"|“([^”\n]*)”|`([^`\n]*)`)(?!\w)""")
# A quoted name, as in KeyError: 'email', says which fault it is.
_NAME = re.compile(r"[A-Za-z_][A-Za-z_.]*")
# Numbers that say which fault it is: statuses, the providers' codes for errors, the first digit of a path.
_TELLING = re.compile(
    r"(?<=status )\d{3}\b|\b(?:[45]\d\d|30[1-8])\b(?! bytes)|(?<=error )\d+\b|(?<=/)\d(?!\d)(?:\.\d\b)?"
)
_DIGITS = re.compile(r"(?<![A-Za-z_\d.])\d+(?:\.\d+)*")
# The words of the student's own page, up to what the check says besides. An error's page says which error it is.
_PAGE = re.compile(r"(\b(?:says|read)(?= ?:)|\bstatus [123]\d\d(?=:))( ?: ).*?(?= It raised |\n|$)")
# The place in the student's file, and the line of code that is there.
_PLACE = re.compile(r"\bIn your code: [^\n]*")


def reason_of(message: str) -> str:
    """The reason for which an exercise is not passed: what a message says without what differs from run to run, and
    from student to student. The same fault has the same reason, and two faults have two.

    Ports, random words, email addresses, numbers, quoted values, the words of the student's page, the line of the
    student's code and the drawing are taken away. Names in quotes, and the numbers of statuses and errors, are kept.
    """
    if is_our_failure(message):
        # The last line is the error; all before it are places.
        return message.strip().splitlines()[-1]
    text = visible(without_paths(cut(message.partition("\n\n")[0], _MOST)))
    text = _PAGE.sub(r"\1\2…", _PLACE.sub("", text))
    for pattern, instead in _CHANCE:
        text = pattern.sub(instead, text)
    text = _QUOTED.sub(_without_value, text)
    return " ".join(_without_numbers(text).split())


def _without_value(found: re.Match[str]) -> str:
    value = next(group for group in found.groups() if group is not None)
    return found[0] if _NAME.fullmatch(value) and value != _WORD else "'…'"


def _without_numbers(text: str) -> str:
    pieces: list[str] = []
    end = 0
    for told in _TELLING.finditer(text):
        pieces += [_DIGITS.sub(_NUMBER, text[end : told.start()]), told[0]]
        end = told.end()
    return "".join([*pieces, _DIGITS.sub(_NUMBER, text[end:])])
