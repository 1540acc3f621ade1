"""Where a name in an archive or a folder leads, and which names are no part of anybody's work."""

from __future__ import annotations

import functools
import re
import unicodedata
from fnmatch import translate

from workbook.course.starters import NOT_SOURCE

from .limits import Limits

Parts = tuple[str, ...]

# What tools leave beside a student's work, by the name of the file or folder. It is left out without a word.
NO_WORK = (
    *NOT_SOURCE,
    "__MACOSX",
    "._*",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "venv",
    "env",
    "node_modules",
    ".git*",
    ".hg",
    ".svn",
    ".idea",
    ".vscode",
    ".workbook",
    ".*_cache",
    "*.egg-info",
    "*.db",
    "*.db-*",
    "*.sqlite",
    "*.sqlite3",
)
# The file by which a virtual environment is known, whatever its folder is called.
VENV = "pyvenv.cfg"

# Windows has other uses for these names, with any suffix, and for these characters:
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_CONTROL = {"Cc", "Zl", "Zp"}


class LeadsOut(Exception):
    """A name that is not taken. Its text says why: "an absolute path"."""


class TooLong(LeadsOut):
    """A name that leads nowhere else, and is longer or deeper than the limits allow."""


_NO_WORK = re.compile("|".join(translate(pattern) for pattern in NO_WORK), re.IGNORECASE)


@functools.lru_cache(maxsize=100_000)
def is_no_work(part: str) -> bool:
    """Whether a file or folder of this name is left out without a word."""
    return _NO_WORK.match(part) is not None


def parts_of(name: str, limits: Limits) -> Parts:
    """The parts of a path below the folder that it is meant for, from a name with "/" between them.

    LeadsOut for every name that could lead out of the folder, on whatever system, or that not every system can have.
    """
    if "\0" in name:
        raise LeadsOut("a NUL in the name")
    if any("\ud800" <= char <= "\udfff" for char in name):
        raise LeadsOut("a name that is no Unicode")
    if any(unicodedata.category(char) in _CONTROL for char in name):
        raise LeadsOut("a control character or a line break in the name")
    if name.startswith("/"):
        raise LeadsOut("an absolute path")
    if re.match(r"[A-Za-z]:", name):
        raise LeadsOut("a path with a drive letter")
    if "\\" in name:
        raise LeadsOut("a backslash in the name")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise LeadsOut("a path with ..")
    for part in parts:
        if _RESERVED.fullmatch(part) or _FORBIDDEN.search(part) or part[-1] in ". ":
            raise LeadsOut("a name that Windows does not allow")
        if len(part.encode()) > limits.part:
            raise TooLong(f"a name of more than {limits.part} bytes")
    if len(parts) > limits.depth:
        raise TooLong(f"more than {limits.depth} folders in one another")
    if len("/".join(parts)) > limits.path:
        raise TooLong(f"a path of more than {limits.path} characters")
    return parts


def same(part: str) -> str:
    """How a name is compared: two names that are one on some system are the same."""
    return unicodedata.normalize("NFC", part).casefold()
