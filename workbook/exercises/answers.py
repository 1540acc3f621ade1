"""Reads a student's answers.toml, and compares an answer with the right one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from workbook.course.encodings import SAVE_AGAIN, not_utf8

from .answer_keys import answer_key
from .missed import Missed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# The student gives the answer, not the app.
SUBJECT = "you answered"


# A student's copy has the answers elsewhere, and sealed.
_ELSEWHERE: Mapping[str, str] = {}


def check_answer(folder: Path, name: str, right: str = "", wrong: Mapping[str, str] = _ELSEWHERE) -> None:
    """Raises Missed if the answer to the question `name` in the step's answers.toml is not the letter `right`.

    `wrong` gives for each other letter the reason why it is wrong. The message has this reason, but not the answer.
    In a student's copy neither is given, and the sealed key to the question is used.
    """
    key = answer_key(folder.name, name, right, wrong)
    answer = toml_of(folder, "answers.toml").get(name)
    letters = ", ".join(key.choices)
    letter = answer.strip().lower() if isinstance(answer, str) else answer
    reason = key.reason(letter)
    if reason == "":
        return
    if letter is None:
        did, look = f"there is no line that begins with {name} =.", f'write {name} = "…" there.'
    elif letter == "":
        did, look = "nothing yet.", "the question is in the chapter's README.md."
    elif reason is not None:
        did, look = f"{letter}. {reason}", "read the answers once more."
    else:
        did, look = f"{answer!r}.", "one letter, between the quotes."
    should = f"answers.toml answers the question '{name}', with one of the letters {letters}."
    if reason is not None:
        should = f"answers.toml has the right letter for the question '{name}'."
    raise Missed(should=should, did=did, look=look, subject=SUBJECT)


def check_word(
    folder: Path, name: str, right: str = "", wrong: Mapping[str, str] = _ELSEWHERE, *, look: str
) -> None:
    """Raises Missed if the answer is not the value `right`, whatever its case and the quotes around it.

    `wrong` gives for some wrong values their real meaning. `look` says how to find the right value. In a student's
    copy the answers are left out, as for check_answer.
    """
    answer = toml_of(folder, "answers.toml").get(name)
    word = str("" if answer is None else answer).strip().strip("'\"").lower()
    meaning = answer_key(folder.name, name, right.lower(), wrong).reason(word)
    if meaning == "":
        return
    did = (
        f"{answer!r}: {meaning or 'that is not the right value.'}"
        if word not in ("", "0")
        else "nothing yet."
    )
    should = f"answers.toml has the value that you found, as {name}."
    raise Missed(should=should, did=did, look=look, subject=SUBJECT)


def toml_of(folder: Path, name: str) -> dict[str, object]:
    """The content of a file with the student's answers; Missed if it is not there, or not TOML."""
    file = folder / name
    step = folder.name[:2]
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        did = f"there is no file {name}."
        look = (
            f"`python3 -m workbook reset {step}` makes the starter again, and keeps what you have beside it."
        )
    except UnicodeDecodeError:
        did, look = not_utf8(name), SAVE_AGAIN
    except OSError as error:
        did, look = f"{name} cannot be read: {error.strerror}.", "close it in other programs."
    except tomllib.TOMLDecodeError as error:
        did = f"{name} is not TOML: {error}{_line_of(error, file)}."
        look = 'each answer is a line such as code = "a", with the answer between straight quotes.'
    raise Missed(should=f"{name} holds your answers, in TOML.", did=did, look=look, subject=SUBJECT)


def _line_of(error: tomllib.TOMLDecodeError, file: Path) -> str:
    """The line that an error names, to be put after it; nothing if it names none."""
    place = re.search(r"at line (\d+)", str(error))
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    if place is None or int(place[1]) > len(lines):
        return ""
    return f". That line is {lines[int(place[1]) - 1].strip()}"
